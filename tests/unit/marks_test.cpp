#include "worker/marks.hpp"

#include "core/clock.hpp"
#include "tests/catch.hpp"

#include <fstream>

using gaggle::worker::Marks;
using gaggle::worker::parse_marks;
using gaggle::worker::telling_line;

TEST_CASE("marks are names and instants, in order")
{
    const Marks marks = parse_marks("ready\t12\nimport a.b\t34\n");
    CHECK(marks.marks == std::vector<Marks::Mark>{{"ready", 12}, {"import a.b", 34}});
    CHECK(marks.error.empty());
    CHECK(marks.trouble.empty());
}

TEST_CASE("what is left on the timer is an instant of the monotonic clock")
{
    const gaggle::worker::Descriptor timer = gaggle::worker::make_timer();
    const auto now_by_timer = [&] {
        std::ifstream info{"/proc/self/fdinfo/" + std::to_string(timer.get())};
        for (std::string text; std::getline(info, text);) {
            if (constexpr std::string_view key = "it_value: "; text.starts_with(key)) {
                return parse_marks("now\t" + text.substr(key.size()) + "\n").marks.at(0).at_ns;
            }
        }
        return std::int64_t{0};
    };
    const std::int64_t before = gaggle::clocks::monotonic_ns();
    const std::int64_t between = now_by_timer();
    const std::int64_t after = gaggle::clocks::monotonic_ns();
    CHECK(before < between);
    CHECK(between < after);
}

TEST_CASE("what a probe says of itself")
{
    const Marks marks = parse_marks("ready\t12\nprobe\ttimerfd\t1\tLua 5.4\t13\nimport a\t34\n");
    CHECK(marks.marks == std::vector<Marks::Mark>{{"ready", 12}, {"import a", 34}});
    CHECK(marks.probe == gaggle::record::Probe{0, "timerfd", 1, "Lua 5.4"});
    CHECK(parse_marks("probe\ttimerfd\t1\t\t13\n").probe == gaggle::record::Probe{0, "timerfd", 1, ""});
    const std::string broken = GENERATE("probe\t13\n", "probe\ttimerfd\t13\n", "probe\ttimerfd\tfine\tx\t13\n");
    CHECK(parse_marks(broken).probe == std::nullopt);
}

TEST_CASE("an error mark is told apart")
{
    const Marks marks = parse_marks("ready\t12\nerror\timport x: ImportError: no\t20\n");
    CHECK(marks.marks.size() == 1);
    CHECK(marks.error == "import x: ImportError: no");
}

TEST_CASE("what follows an unreadable mark is dropped, what came before is kept")
{
    const std::string text =
        GENERATE("ready\t12\nimport a", "ready\t12\nimport a\tx\n", "ready\t12\nnonsense\nimport b\t9\n",
                 "ready\t12\nimport a\t99999999999999999999\n", "ready\t12\nimport a\t(1)\n",
                 "ready\t12\nimport a\t(1, x)\n", "ready\t12\nimport a\t(9000000000, 0)\n",
                 "ready\t12\nimport a\t(1, 1000000000)\n", "ready\t12\nimport a\t(1, \n");
    const Marks marks = parse_marks(text);
    CHECK(marks.marks == std::vector<Marks::Mark>{{"ready", 12}});
    CHECK_FALSE(marks.trouble.empty());
}

TEST_CASE("the telling line of a standard error")
{
    CHECK(telling_line("").empty());
    CHECK(telling_line("\n \nsh: 1: x: not found\nmore\n") == "sh: 1: x: not found");
    CHECK(telling_line("Traceback (most recent call last):\n  File \"a\"\nImportError: b\n\n") == "ImportError: b");
    CHECK(telling_line(std::string(100'000, 'x')).size() == 500);
}
