// bench-gate N PROGRAM ARGUMENTS...: the least that a gated start can cost: N children sleep to one instant, then exec.
// What start-spread calls the limit.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>

int main(int argc, char** argv)
{
    const int children = argc > 2 ? std::atoi(argv[1]) : 0;
    if (children < 1) {
        return 2;
    }
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t at_ns = now.tv_sec * second + now.tv_nsec + 50'000'000 + children * std::int64_t{1'000'000};
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
    for (int status = 0; wait(&status) > 0;) {
        failed |= status;
    }
    return failed == 0 ? 0 : 1;
}
