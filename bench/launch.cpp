// bench-launch HOW RUNS PROGRAM ARGUMENTS...: starts the program and waits for it, RUNS times, each after a pause of 0.1 s
// in which nothing runs. Prints how long each took, ns.
//   spawn  what hyperfine does: from before its spawn to its exit
//   gate   what gaggle does, and nothing else: a child that has slept through the pause, from before its exec to its exit
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace {

std::int64_t now_ns()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

void pause_a_while()
{
    const timespec pause{0, 100'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
}

/// Both: the pid, or −1; `begin` is when the program's time begins.
pid_t spawn(char** program, volatile std::int64_t& begin)
{
    pause_a_while();
    begin = now_ns();
    pid_t pid = -1;
    return posix_spawn(&pid, program[0], nullptr, nullptr, program, environ) == 0 ? pid : -1;
}

pid_t start_gated(char** program, volatile std::int64_t& begin)
{
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_TIMERSLACK, 1);
        pause_a_while();
        prctl(PR_SET_TIMERSLACK, 0);
        begin = now_ns();
        execve(program[0], program, environ);
        _exit(127);
    }
    return pid;
}

}  // namespace

int main(int argc, char** argv)
{
    constexpr int own_arguments = 3;
    const int runs = argc > own_arguments ? std::atoi(argv[2]) : 0;
    void* const shared = mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (runs < 1 || shared == MAP_FAILED) {
        return 2;
    }
    const auto start = std::string_view{argv[1]} == "gate" ? start_gated : spawn;
    volatile std::int64_t& begin = *static_cast<std::int64_t*>(shared);
    for (int i = 0; i < runs; ++i) {
        const pid_t pid = start(argv + own_arguments, begin);
        int status = 0;
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            return 1;
        }
        std::printf("%lld\n", static_cast<long long>(now_ns() - begin));
    }
    return 0;
}
