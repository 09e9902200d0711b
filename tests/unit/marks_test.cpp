#include "worker/marks.hpp"

#include "tests/catch.hpp"

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
                 "ready\t12\nimport a\t99999999999999999999\n");
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
