// bench-launch HOW RUNS PROGRAM ARGUMENTS...: starts the program and waits for it, RUNS times, each after a pause of 0.1 s.
// Prints how long each took, ns, from the last clock reading before exec to its exit; and from before its fork.
//   spawn  what hyperfine does: the pause is a program, `sleep`, and the child that of a vfork
//   gate   what gaggle does, and nothing else: the pause is a child's that sleeps, before it execs
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

constexpr long pause_ns = 100'000'000;

void sleep_for(long ns)
{
    const timespec time{0, ns};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
}

pid_t spawn(char** program, volatile std::int64_t& begin)
{
    const pid_t pid = vfork();
    if (pid == 0) {
        begin = now_ns();
        execve(program[0], program, environ);
        _exit(127);
    }
    return pid;
}

/// As gaggle's gate: awake once before the instant comes.
pid_t start_gated(char** program, volatile std::int64_t& begin)
{
    const pid_t pid = fork();
    if (pid == 0) {
        constexpr long early_ns = 200'000;
        prctl(PR_SET_TIMERSLACK, 1);
        sleep_for(pause_ns - early_ns);
        sleep_for(early_ns);
        prctl(PR_SET_TIMERSLACK, 0);
        begin = now_ns();
        execve(program[0], program, environ);
        _exit(127);
    }
    return pid;
}

bool wait_for(pid_t pid)
{
    int status = 0;
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
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
    const bool is_gated = std::string_view{argv[1]} == "gate";
    char* pause[] = {const_cast<char*>("/bin/sleep"), const_cast<char*>("0.1"), nullptr};
    volatile std::int64_t& begin = *static_cast<std::int64_t*>(shared);
    for (int i = 0; i < runs; ++i) {
        if (!is_gated && !wait_for(spawn(pause, begin))) {
            return 1;
        }
        const std::int64_t before = now_ns();
        if (!wait_for((is_gated ? start_gated : spawn)(argv + own_arguments, begin))) {
            return 1;
        }
        const std::int64_t end = now_ns();
        std::printf("%lld %lld\n", static_cast<long long>(end - begin), static_cast<long long>(end - before));
    }
    return 0;
}
