#include "orchestrator/commands/bars.hpp"
#include "orchestrator/commands/eta.hpp"
#include "tests/catch.hpp"

#include <cstdlib>
#include <ctime>

using namespace gaggle;
using namespace gaggle::commands;
using namespace std::chrono_literals;
using gaggle::tests::has_text;

namespace {

store::ElementRow element(unsigned cell, AttemptState state, std::optional<std::int64_t> start,
                          std::optional<std::int64_t> end)
{
    store::ElementRow row;
    row.cell = cell;
    row.array.value = cell;
    row.state = state;
    row.start_unix_s = start;
    row.end_unix_s = end;
    return row;
}

const EnvironmentProgress half_done{
    .environment = "py_conda", .attempts = 10, .completed = 4, .failed = 1, .running = 2};

}  // namespace

TEST_CASE("what is left takes as long as what went before it in the same cell, with the pauses between")
{
    CHECK_FALSE(time_left({}, 0));
    const auto waits = element(1, AttemptState::Pending, {}, {});
    CHECK_FALSE(time_left({waits}, 0));  // nothing to go by yet
    const auto first = element(1, AttemptState::Completed, 100, 110);
    const auto second = element(1, AttemptState::Failed, 114, 124);
    const auto long_one = element(2, AttemptState::Completed, 200, 300);
    CHECK_FALSE(time_left({first, second}, 0));  // nothing is left
    CHECK(time_left({first, second, waits}, 124) == 14s);
    CHECK(time_left({first, second, waits, waits, long_one}, 300) == 28s);
    CHECK(time_left({first, second, long_one, element(2, AttemptState::Pending, {}, {})}, 300) == 104s);
    CHECK(time_left({first, second, element(3, AttemptState::Pending, {}, {})}, 300) == 14s);  // a cell like no other
    CHECK(time_left({first, second, element(1, AttemptState::Running, 130, {})}, 137) == 3s);
    CHECK(time_left({first, second, element(1, AttemptState::Running, 130, {})}, 999) == 0s);
    CHECK_FALSE(time_left({first, element(1, AttemptState::Planned, {}, {})}, 124));  // nobody will submit it
}

TEST_CASE("where two ran at a time, two will")
{
    const auto one = element(1, AttemptState::Completed, 100, 200);
    const auto other = element(2, AttemptState::Completed, 100, 200);
    const auto waits = element(1, AttemptState::Pending, {}, {});
    CHECK(time_left({one, other, waits, waits}, 200) == 100s);
}

TEST_CASE("an end is told by the clock of the place, and with its date if that is another day")
{
    setenv("TZ", "UTC", 1);
    tzset();
    CHECK(words_of_end(90s, 1'700'000'000) == "ends about 22:14 (in 2 min)");
    CHECK(words_of_end(3h, 1'700'000'000) == "ends about 2023-11-15 01:13 (in 3 h)");
    CHECK_THAT(words_of_end(100h, 1'700'000'000), has_text("(in 4 days)"));
    unsetenv("TZ");
    tzset();
}

TEST_CASE("a bar is as wide as the terminal lets it be, and gives way to the numbers")
{
    const auto line = [](Terminal terminal) { return bars({half_done}, terminal).front(); };
    const std::string wide =
        "py_conda  [####################xxxxx>>>>>>>>>>...............]  4/10  1 failed  2 running";
    CHECK(line({.columns = 120, .rows = 24, .has_colours = false}) == wide);
    const std::string narrow = line({.columns = 60, .rows = 24, .has_colours = false});
    CHECK(narrow.size() == 59);
    CHECK_THAT(narrow, has_text("]  4/10  1 failed  2 running"));
    CHECK(line({.columns = 20, .rows = 24, .has_colours = false}) == "py_conda  4/10  1 f");
    const std::string coloured = line({.columns = 120, .rows = 24, .has_colours = true});
    CHECK_THAT(coloured, has_text("\x1b[32m####################\x1b[0m") && has_text("\x1b[31mxxxxx\x1b[0m"));
    CHECK_THAT(line({.columns = 120, .rows = 24, .has_colours = false}), !has_text("\x1b"));
}

TEST_CASE("bars of several environments stand below each other, and an empty one has no end")
{
    const EnvironmentProgress other{.environment = "image", .attempts = 3, .completed = 3};
    const auto lines = bars({half_done, other, {}}, {.columns = 120, .rows = 24, .has_colours = false});
    REQUIRE(lines.size() == 3);
    CHECK(lines[1].find('[') == lines[0].find('['));
    CHECK(lines[1].substr(lines[1].find('[')) == "[" + std::string(50, '#') + "]  3/3");
    CHECK_THAT(lines[2], has_text("[" + std::string(50, '.') + "]  0/0"));
}
