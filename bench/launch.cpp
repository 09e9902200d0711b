// bench-launch RUNS PROGRAM ARGUMENTS...: sleeps 0.1 s, spawns the program and waits for it, RUNS times. Prints how long
// each took from before its spawn to its exit, ns. What hyperfine does with a pause, but that no other program has ended
// just before.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

std::int64_t now_ns()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

}  // namespace

int main(int argc, char** argv)
{
    const int runs = argc > 2 ? std::atoi(argv[1]) : 0;
    const timespec pause{0, 100'000'000};
    for (int i = 0; i < runs; ++i) {
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
        const std::int64_t begin = now_ns();
        pid_t pid = -1;
        int status = 0;
        if (posix_spawn(&pid, argv[2], nullptr, nullptr, argv + 2, environ) != 0 || waitpid(pid, &status, 0) != pid ||
            status != 0) {
            return 1;
        }
        std::printf("%lld\n", static_cast<long long>(now_ns() - begin));
    }
    return runs > 0 ? 0 : 2;
}
