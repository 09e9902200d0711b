#include "tests/process/attempt.hpp"

#include <algorithm>

using namespace gaggle;
using namespace gaggle::tests;

namespace {

using Words = std::vector<std::string>;

/// An interpreter behind a wrapper.
struct WrappedAttempt : Attempt {
    explicit WrappedAttempt(const Words& wrap)
    {
        spec.interpreters = 2;
        spec.environment.command.insert(spec.environment.command.begin(), "{enter}");
        spec.environment.command.insert(spec.environment.command.begin(), wrap.begin(), wrap.end());
    }

    /// Of interpreter `index`, without imports.
    [[nodiscard]] Words phases(unsigned index) const
    {
        Words names;
        for (const record::Phase& phase : reading.record->phases) {
            if (phase.interpreter == index && !phase.name.starts_with("import ")) {
                names.push_back(phase.name);
            }
        }
        return names;
    }
    [[nodiscard]] std::int64_t duration(const std::string& name) const
    {
        const auto phase = std::ranges::find(reading.record->phases, name, &record::Phase::name);
        REQUIRE(phase != reading.record->phases.end());
        return phase->end_ns - phase->begin_ns;
    }
};

const Words marked{"spawn", "exec", "runtime", "ready", "exit"};
const Words unmarked{"spawn", "exec", "ready", "exit"};

}  // namespace

TEST_CASE("a wrapper's own time is a phase of each interpreter")
{
    const Words wrap = GENERATE(Words{"nice", "-n", "1"}, Words{"env", "-u", "HOME"}, Words{"taskset", "-c", "0"},
                                Words{"/bin/sh", "-c", "sleep 0.3; exec \"$0\" \"$@\""});
    const Start start = GENERATE(Start::Synchronised, Start::AsLaunched);
    CAPTURE(wrap, to_string(start));
    WrappedAttempt attempt{wrap};
    attempt.spec.start = start;
    attempt.run();
    CHECK(attempt.reason().empty());
    CHECK(attempt.phases(0) == marked);
    CHECK(attempt.phases(1) == marked);
    if (wrap.front() == "/bin/sh") {
        CHECK(attempt.duration("runtime") + attempt.duration("exec") > 300'000'000);
    }
    CHECK(attempt.duration("runtime") >= 0);  // 0 where the worker learns of the exec only later
    CHECK(attempt.duration("ready") > 0);
    for (std::size_t i = 1; i < attempt.reading.record->phases.size(); ++i) {
        const record::Phase& before = attempt.reading.record->phases[i - 1];
        const record::Phase& phase = attempt.reading.record->phases[i];
        CHECK((phase.name == "spawn" || before.name == "spawn" || phase.begin_ns == before.end_ns));
    }
}

TEST_CASE("behind the mark, a language without a clock finds the timer, and a program without probe its arguments")
{
    WrappedAttempt attempt{{"nice"}};
    SECTION("timer")
    {
        attempt.spec.environment.language = "sh";
        attempt.spec.environment.command = {"nice", "{enter}", "sh"};
        attempt.spec.environment.imports = {};
        attempt.run();
        CHECK(attempt.reason().empty());
        CHECK(attempt.phases(1) == marked);
        REQUIRE(attempt.reading.record->probes.size() == 1);
        CHECK(attempt.reading.record->probes.front().clock == "timerfd");
        CHECK(attempt.duration("ready") > 0);
        CHECK(attempt.duration("ready") < 60'000'000'000);
    }
    SECTION("arguments")
    {
        attempt.use_script("");
        attempt.spec.environment.command = {"nice", "{enter}", "sh", "-c", "test \"$1\" = 'a  b'", "sh", "a  b"};
        attempt.run();
        CHECK(attempt.reason().empty());
        CHECK(attempt.phases(0) == Words{"spawn", "exec", "runtime", "exit"});
    }
    SECTION("what cannot be started is said")
    {
        attempt.spec.environment.command = {"nice", "{enter}", "no-such-python"};
        attempt.run();
        CHECK_THAT(attempt.reason(), has_text("Exited 127: cannot start no-such-python: No such file or directory"));
    }
}

TEST_CASE("where the entry cannot be marked, all are started again without, and the attempt says so")
{
    const Start start = GENERATE(Start::Synchronised, Start::AsLaunched);
    const CacheState cache = GENERATE(CacheState::as_is, CacheState::warm, CacheState::hot);
    CAPTURE(to_string(start), to_string(cache));
    WrappedAttempt attempt{{"/bin/sh", "-c", "exec 4<&-; exec \"$0\" \"$@\""}};
    attempt.spec.nodes = 2;
    attempt.spec.start = start;
    attempt.spec.cache = cache;
    attempt.spec.environment.controls = {{"null", attempt.spec.environment.command}};
    attempt.spec.environment.controls.front().command.insert(attempt.spec.environment.controls.front().command.end(),
                                                             {"-c", "pass"});
    attempt.run();
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.reason() ==
          "no interpreter could mark that its runtime was entered, so they were started without (no phase 'runtime')");
    const record::Record& got = *attempt.reading.record;
    CHECK(got.interpreters.size() == 4);
    CHECK(std::ranges::all_of(got.interpreters, [](const auto& one) { return one.status == 0; }));
    CHECK(std::ranges::none_of(got.phases, [](const auto& phase) { return phase.name == "runtime"; }));
    CHECK(std::ranges::count(got.phases, "import json", &record::Phase::name) == 4);
    CHECK(got.caches.size() == (cache == CacheState::as_is ? 0 : 2));
    CHECK(std::ranges::all_of(got.controls, [](const auto& one) { return one.process.status == 0; }));
    CHECK(got.controls.size() == 4);
}

TEST_CASE("a wrapper that fails whatever it starts fails")
{
    WrappedAttempt attempt{{"/bin/sh", "-c", "echo no licence >&2; exit 3"}};
    attempt.run();
    CHECK_THAT(attempt.reason(), has_text("2 of 2 interpreters failed") && has_text("Exited 3: no licence"));
    CHECK(attempt.phases(0) == Words{"spawn", "exec", "exit"});
}
