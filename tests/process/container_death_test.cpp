#include "tests/catch.hpp"
#include "tests/process/parent_of.hpp"
#include "tests/process/study.hpp"

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// The process above an interpreter that a node's worker started itself: the runtime's.
int runtime_of(int interpreter)
{
    const auto is_node = [](int pid) {
        const std::string command = read_text("/proc/" + std::to_string(pid) + "/cmdline");
        return command.ends_with(std::string{"\0node\0", 6});
    };
    int pid = interpreter;
    while (!is_node(parent_of(pid))) {
        pid = parent_of(pid);
        REQUIRE(pid > 1);
    }
    return pid;
}

/// False for a zombie, too.
bool runs_still(int pid)
{
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
    return !error && !program.empty();
}

/// Two nodes of two interpreters each, which wait in their second import until they are told to go on.
struct Waiting {
    TemporaryDirectory shared;
    Study study;

    Waiting(const std::string& kind, const std::string& per)
        : study{environment("c", lines(kind, per, shared)),
                "[\"json\", \"waits\"]\ncontrols = false\ninterpreter_timeout = \"10m\"", "[2]"}
    {
        shared.write("waits.py",
                     "import os, time\n"
                     "folder = os.path.dirname(__file__)\n"
                     "open(folder + '/running.%d' % os.getpid(), 'w').close()\n"
                     "end = time.monotonic() + 100\n"
                     "while not os.path.exists(folder + '/go') and time.monotonic() < end:\n"
                     "    time.sleep(0.01)\n");
    }

    static std::string lines(const std::string& kind, const std::string& per, const TemporaryDirectory& shared)
    {
        const std::string runtime =
            kind == "apptainer" ? "\nruntime = \"" + (images / "apptainer/usr/bin/apptainer").string() + "\"" : "";
        return "kind = \"" + kind + "\"" + runtime + "\nper = \"" + per + "\"\nimage = \"" +
               (images / (kind == "apptainer" ? "tree.sif" : "tree")).string() + "\"\nenv = { PYTHONPATH = \"" +
               shared.path().string() + "\", PYTHONDONTWRITEBYTECODE = \"1\" }";
    }

    [[nodiscard]] std::vector<int> running() const
    {
        std::vector<int> pids;
        for (const auto& entry : std::filesystem::directory_iterator{shared.path()}) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with("running.")) {
                pids.push_back(std::stoi(name.substr(name.find('.') + 1)));
            }
        }
        return pids;
    }

    /// Kills the runtime of one interpreter while all run; the others then go on. What gaggle said at the end, which comes
    /// long before the interpreters' time-out.
    [[nodiscard]] Finished run_and_kill()
    {
        Finished ran;
        std::thread beside{[&] { ran = study.gaggle({"run", study.path("e.toml").string()}); }};
        const bool all_run = eventually([&] { return running().size() == 4; }, std::chrono::seconds{100});
        if (all_run) {
            const int interpreter = running().front();
            const int victim = runtime_of(interpreter);
            CHECK(kill(victim, SIGKILL) == 0);
            CHECK(eventually([&] { return !runs_still(interpreter); }));
        }
        shared.write("go", "");
        beside.join();
        INFO(ran.err);
        REQUIRE(all_run);
        return ran;
    }
};

}  // namespace

TEST_CASE("a container that dies takes its own interpreters along, and the attempt says how and keeps the rest")
{
    const std::string kind = GENERATE("charliecloud", "apptainer");
    const std::string per = GENERATE("node", "interpreter");
    CAPTURE(kind, per);
    if (!runs(kind)) {
        return;
    }
    Waiting waiting{kind, per};
    const Finished ran = waiting.run_and_kill();
    INFO(ran.err);
    CHECK(ran.status == 1);
    const std::string attempt = waiting.study.value("SELECT state || ': ' || reason FROM attempt");
    const std::string well =
        waiting.study.value("SELECT count(*) FROM interpreter WHERE outcome = 'Exited' AND status = 0");
    if (per == "node") {
        CHECK_THAT(attempt,
                   has_text("INCOMPLETE: node ") &&
                       has_text("Failed: lost the container while its interpreters ran: it was killed by signal 9") &&
                       has_text("2 of 4 interpreters have a result"));
        CHECK(well == "2");
    } else {
        CHECK_THAT(attempt, has_text("FAILED: 1 of 4 interpreters failed; ") && has_text("Signaled 9"));
        CHECK(well == "3");
    }
}
