#include "core/array_spec.hpp"
#include "core/line.hpp"
#include "core/record.hpp"
#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace gaggle;
using namespace gaggle::tests;

namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// An interpreter with two imports that it has. "{}" in a variable or an import is a folder with `modules` in it.
struct Interpreter {
    std::string name;
    std::string language;
    std::vector<std::string> command;
    std::vector<std::string> imports;
    std::string missing;  ///< an import that it does not have,
    std::string error;    ///< and what it says of that
    std::string clock;
    std::vector<std::string> version;  ///< the command that tells it; empty: it has none
    Variables variables = {};
    Variables modules = {};    ///< file name, text
    bool in_debian_12 = true;  ///< then it must be there; else it is tested where it is
};

std::vector<Interpreter> interpreters()
{
    const std::string lua_error = "import no.such: module 'no.such' not found:";
    const Variables lua_path{{"LUA_PATH", "{}/?.lua"}};
    const Variables lua_modules{{"one.lua", "return {}"}, {"sub/two.lua", "return {}"}};
    const Variables sh_modules{{"one.sh", "set -- its own arguments; IFS=x\n"}, {"two 2.sh", "false || :\n"}};
    return {
        {"python 3",
         "python",
         {"/usr/bin/python3"},
         {"json", "xml.dom"},
         "no_such",
         "import no_such: ModuleNotFoundError: No module named 'no_such'",
         "CLOCK_MONOTONIC",
         {"/usr/bin/python3", "--version"}},
        {"python 3 without a monotonic clock, as before 3.7",
         "python",
         {"/usr/bin/python3"},
         {"json", "xml.dom"},
         "no_such",
         "import no_such: ModuleNotFoundError: No module named 'no_such'",
         "timerfd",
         {"/usr/bin/python3", "--version"},
         {{"PYTHONPATH", "{}"}},
         {{"sitecustomize.py", "import time; del time.clock_gettime_ns"}}},
        {"python 2.7",
         "python",
         {GAGGLE_PYTHON2},
         {"json", "xml.dom"},
         "no_such",
         "import no_such: ImportError: No module named no_such",
         "timerfd",
         {GAGGLE_PYTHON2, "--version"},
         {},
         {},
         false},
        {"R",
         "R",
         {"Rscript"},
         {"stats4", "splines"},
         "no.such",
         "import no.such: there is no package called",
         "timerfd",
         {"Rscript", "--version"}},
        {"R's own command",
         "R",
         {"R", "--vanilla", "--no-echo"},
         {"stats4", "splines"},
         "no.such",
         "import no.such: there is no package called",
         "timerfd",
         {"Rscript", "--version"}},
        {"perl",
         "perl",
         {"perl"},
         {"POSIX", "List::Util"},
         "No::Such",
         "import No::Such: Can't locate No/Such.pm in @INC",
         "CLOCK_MONOTONIC",
         {"perl", "-v"}},
        {"ruby",
         "ruby",
         {"ruby"},
         {"json", "net/http"},
         "no_such",
         "import no_such: LoadError: cannot load such file -- no_such",
         "CLOCK_MONOTONIC",
         {"ruby", "--version"}},
        {"node, a CommonJS module and one that is an ES module only",
         "node",
         {"node"},
         {"@scope/common", "es"},
         "no-such",
         "import no-such: Error: Cannot find module 'no-such'",
         "CLOCK_MONOTONIC",
         {"node", "--version"},
         {{"NODE_PATH", "{}"}},
         {{"@scope/common/index.js", "module.exports = 1;"},
          {"es/package.json", R"({"type": "module", "exports": "./index.js"})"},
          {"es/index.js", "await 1; export default 1;"}}},
        {"lua 5.1",
         "lua",
         {"lua5.1"},
         {"one", "sub.two"},
         "no.such",
         lua_error,
         "timerfd",
         {"lua5.1", "-v"},
         lua_path,
         lua_modules},
        {"lua 5.4",
         "lua",
         {"lua5.4"},
         {"one", "sub.two"},
         "no.such",
         lua_error,
         "timerfd",
         {"lua5.4", "-v"},
         lua_path,
         lua_modules},
        {"luajit",
         "lua",
         {"luajit"},
         {"one", "sub.two"},
         "no.such",
         lua_error,
         "timerfd",
         {"luajit", "-v"},
         lua_path,
         lua_modules},
        {"dash",
         "sh",
         {"dash"},
         {"{}/one.sh", "{}/two 2.sh"},
         "/no/such.sh",
         "cannot open /no/such.sh",
         "timerfd",
         {},
         {},
         sh_modules},
        {"bash",
         "sh",
         {"bash"},
         {"{}/one.sh", "{}/two 2.sh"},
         "/no/such.sh",
         "/no/such.sh: No such file or directory",
         "timerfd",
         {"bash", "--version"},
         {},
         sh_modules},
        {"julia",
         "julia",
         {"julia"},
         {"Dates", "LinearAlgebra"},
         "NoSuch",
         "import NoSuch: ArgumentError: Package NoSuch not found",
         "CLOCK_MONOTONIC",
         {"julia", "--version"},
         {},
         {},
         false},
    };
}

/// One attempt of the real worker on one "node" with two interpreters.
struct Attempt {
    TemporaryDirectory folder;
    Finished finished;
    record::Record record;

    explicit Attempt(const Interpreter& one, const std::vector<std::string>& more_imports = {})
    {
        for (const auto& [name, text] : one.modules) {
            folder.write(name, text);
        }
        ArraySpec spec;
        spec.token = "token";
        spec.nodes = 1;
        spec.interpreters = 2;
        spec.repetition_of = {{0, 1}};
        spec.environment = {one.name, "command", one.language, one.command, one.variables, "", one.imports};
        EnvironmentSpec& environment = spec.environment;
        environment.imports.insert(environment.imports.end(), more_imports.begin(), more_imports.end());
        std::ranges::transform(environment.imports, environment.imports.begin(),
                               [this](const std::string& name) { return filled(name); });
        for (auto& [name, value] : environment.variables) {
            value = filled(value);
        }
        const std::string file = folder.write("spec", line::write(spec)).string();
        finished = run({GAGGLE_WORKER_BINARY, "coordinate", "--spec", file, "--records", folder.path().string(),
                        "--task", "0", "--local"});
        CAPTURE(finished.err);
        const record::Reading reading = record::read(read_text(folder.path() / record::file_name(0, 0)));
        REQUIRE(reading.closed);
        record = *reading.record;
    }

    [[nodiscard]] std::string filled(const std::string& text) const
    {
        const std::size_t at = text.find("{}");
        return at == std::string::npos ? text : text.substr(0, at) + folder.path().string() + text.substr(at + 2);
    }

    [[nodiscard]] std::vector<record::Phase> phases_of(unsigned index) const
    {
        std::vector<record::Phase> phases;
        std::ranges::copy_if(record.phases, std::back_inserter(phases),
                             [index](const record::Phase& phase) { return phase.interpreter == index; });
        return phases;
    }
};

/// False, and says so, for one that Debian 12 does not have and this machine neither.
bool is_there(const Interpreter& one)
{
    if (!one.in_debian_12 && run(one.version).status != 0) {
        WARN("no " << one.name << " on this machine: its probe is not tested");
        return false;
    }
    CAPTURE(one.command.front());
    REQUIRE(run({"sh", "-c", "command -v \"$1\"", "sh", one.command.front()}).status == 0);
    return true;
}

/// The names, after checking that phases follow one another and fill the time from start to exit.
std::vector<std::string> checked_phases(const Attempt& attempt, const record::Interpreter& one)
{
    std::vector<std::string> names;
    std::int64_t sum = 0;
    std::int64_t last = one.start_ns;
    for (const record::Phase& phase : attempt.phases_of(one.index)) {
        names.push_back(phase.name);
        CAPTURE(phase.name);
        CHECK(phase.end_ns >= phase.begin_ns);
        if (phase.name != "spawn") {
            CHECK(phase.begin_ns == last);
            sum += phase.end_ns - phase.begin_ns;
            last = phase.end_ns;
        }
    }
    CHECK(sum == one.exit_ns - one.start_ns);
    return names;
}

}  // namespace

TEST_CASE("every language's probe times ready and each import by the worker's clock, and says how")
{
    for (const Interpreter& one : interpreters()) {
        DYNAMIC_SECTION(one.name)
        {
            if (!is_there(one)) {
                return;
            }
            const Attempt attempt{one};
            REQUIRE(attempt.record.interpreters.size() == 2);
            for (const record::Interpreter& result : attempt.record.interpreters) {
                CHECK(result.outcome == record::InterpreterOutcome::Exited);
                CHECK(result.status == 0);
                CHECK(result.error.empty());
                CHECK(checked_phases(attempt, result) ==
                      std::vector<std::string>{"spawn", "exec", "ready", "import " + attempt.filled(one.imports[0]),
                                               "import " + attempt.filled(one.imports[1]), "exit"});
            }
            REQUIRE(attempt.record.probes.size() == 1);
            const record::Probe& probe = attempt.record.probes[0];
            CHECK(probe.node == 0);
            CHECK(probe.clock == one.clock);
            CHECK(probe.resolution_ns >= 1);
            CHECK(probe.resolution_ns <= 1000);
            CHECK(probe.version.empty() == one.version.empty());
            if (!one.version.empty()) {
                const Finished said = run(one.version);
                CHECK_THAT(said.out + said.err, has_text(probe.version));
            }
        }
    }
}

TEST_CASE("every language's failed import is a row with the language's own words, after those that went well")
{
    for (const Interpreter& one : interpreters()) {
        DYNAMIC_SECTION(one.name)
        {
            if (!is_there(one)) {
                return;
            }
            const Attempt attempt{one, {one.missing}};
            CHECK(attempt.finished.status == 1);
            REQUIRE(attempt.record.interpreters.size() == 2);
            for (const record::Interpreter& result : attempt.record.interpreters) {
                CHECK(result.outcome == record::InterpreterOutcome::Exited);
                CHECK(result.status != 0);
                CHECK_THAT(result.error, has_text(one.error));
                CHECK(checked_phases(attempt, result) ==
                      std::vector<std::string>{"spawn", "exec", "ready", "import " + attempt.filled(one.imports[0]),
                                               "import " + attempt.filled(one.imports[1]), "exit"});
            }
        }
    }
}

TEST_CASE("a name is data to every probe, never code")
{
    for (Interpreter& one : interpreters()) {
        DYNAMIC_SECTION(one.name)
        {
            if (!is_there(one)) {
                return;
            }
            const TemporaryDirectory elsewhere;
            const std::string evil = (elsewhere.path() / "evil").string();
            one.imports = {"x'; touch " + evil + "; $(touch " + evil + ") `touch " + evil + "` #{`touch " + evil +
                           "`} \"); system(\"touch " + evil + "\"); os.execute(\"touch " + evil + "\"); //"};
            const Attempt attempt{one};
            CHECK(attempt.record.interpreters.at(0).status != 0);
            CHECK_FALSE(attempt.record.interpreters.at(0).error.empty());
            CHECK_FALSE(std::filesystem::exists(evil));
        }
    }
}

TEST_CASE("an import's time is its own, by a clock that the language reads and by the timer")
{
    const Interpreter python{"python",
                             "python",
                             {"/usr/bin/python3"},
                             {"slow", "json"},
                             "",
                             "",
                             "CLOCK_MONOTONIC",
                             {},
                             {{"PYTHONPATH", "{}"}},
                             {{"slow.py", "import time; time.sleep(0.2)"}}};
    const Interpreter sh{"sh", "sh", {"sh"}, {"{}/slow.sh"}, "", "", "timerfd", {}, {}, {{"slow.sh", "sleep 0.2"}}};
    for (const Interpreter& one : {python, sh}) {
        const Attempt attempt{one};
        for (const record::Phase& phase : attempt.record.phases) {
            CAPTURE(one.name, phase.name);
            if (phase.name == "import " + attempt.filled(one.imports[0])) {
                CHECK(phase.end_ns - phase.begin_ns >= 200'000'000);
            }
        }
        REQUIRE(attempt.phases_of(0).size() == 4 + one.imports.size());
    }
}
