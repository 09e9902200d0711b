#include "tests/support/process.hpp"

#include "tests/catch.hpp"
#include "tests/support/temporary.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace gaggle::tests {

Finished run(const std::vector<std::string>& command, const std::vector<std::pair<std::string, std::string>>& variables,
             std::chrono::seconds deadline)
{
    // Files, not pipes: nothing to drain, and a grandchild that keeps them open holds nobody up.
    const TemporaryDirectory scratch;
    const std::string out = (scratch.path() / "out").string();
    const std::string err = (scratch.path() / "err").string();
    std::vector<char*> argv;
    for (const std::string& argument : command) {
        argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);

    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        dup2(open("/dev/null", O_RDONLY), 0);
        dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), 1);
        dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), 2);
        for (const auto& [name, value] : variables) {
            setenv(name.c_str(), value.c_str(), 1);
        }
        execvp(argv[0], argv.data());
        _exit(127);
    }
    int status = 0;
    const bool ended = eventually([&] { return waitpid(pid, &status, WNOHANG) == pid; }, deadline);
    if (!ended) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    Finished finished{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_text(out), read_text(err)};
    if (!ended) {
        FAIL("still running after " << deadline.count() << " s: " << command.front() << "\n"
                                    << finished.out << finished.err);
    }
    return finished;
}

bool eventually(const std::function<bool()>& condition, std::chrono::seconds deadline)
{
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return true;
}

}  // namespace gaggle::tests
