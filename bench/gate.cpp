// bench-gate N PROGRAM ARGUMENTS...: a gated start and nothing else: N children sleep to one instant, then exec.
// Prints how long after that instant the last of them exited, ns. What start-spread calls the limit, observer "off".
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t second = 1'000'000'000;

std::int64_t now_ns()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second + now.tv_nsec;
}

}  // namespace

int main(int argc, char** argv)
{
    const int children = argc > 2 ? std::atoi(argv[1]) : 0;
    if (children < 1) {
        return 2;
    }
    const std::int64_t at_ns = now_ns() + 50'000'000 + children * std::int64_t{1'000'000};
    const timespec at{at_ns / second, at_ns % second};
    for (int i = 0; i < children; ++i) {
        if (const pid_t pid = fork(); pid < 0) {
            return 1;
        } else if (pid == 0) {
            prctl(PR_SET_TIMERSLACK, 1);
            while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
            }
            prctl(PR_SET_TIMERSLACK, 0);
            execv(argv[2], argv + 2);
            _exit(127);
        }
    }
    int failed = 0;
    std::int64_t last_ns = at_ns;
    for (int status = 0; wait(&status) > 0;) {
        last_ns = now_ns();
        failed |= status;
    }
    std::printf("%lld\n", static_cast<long long>(last_ns - at_ns));
    return failed == 0 ? 0 : 1;
}
