#include "tests/support/killing.hpp"

#include "tests/catch.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/temporary.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <thread>

namespace gaggle::tests {

Moments::Moments() : seed_(seed_or(std::random_device{}())), generator_(seed_) {}

std::chrono::microseconds Moments::before(std::chrono::microseconds end)
{
    return std::chrono::microseconds{std::uniform_int_distribution<std::int64_t>{0, end.count()}(generator_)};
}

pid_t start(const std::string& log, const std::function<int()>& work)
{
    std::cout.flush();
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid > 0) {
        return pid;
    }
    const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(output, 1);
    dup2(output, 2);
    int status = 99;
    try {
        status = work();
    } catch (const std::exception& trouble) {
        std::cerr << trouble.what() << std::endl;
    }
    std::cout.flush();
    _exit(status);
}

int end_of(pid_t pid)
{
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int kill_after(pid_t pid, std::chrono::microseconds moment)
{
    std::this_thread::sleep_for(moment);  // the moment is what is tested
    kill(pid, SIGKILL);
    return end_of(pid);
}

int kill_when(pid_t pid, const std::function<bool()>& condition)
{
    siginfo_t ended{};
    while (waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0) {
        if (condition()) {
            kill(pid, SIGKILL);
            break;
        }
    }
    return end_of(pid);
}

std::chrono::microseconds duration_of(const std::string& log, const std::function<int()>& work)
{
    const auto begin = std::chrono::steady_clock::now();
    const int status = end_of(start(log, work));
    INFO(read_text(log));
    REQUIRE(status == 0);
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
}

}  // namespace gaggle::tests
