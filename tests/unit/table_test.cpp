#include "orchestrator/table.hpp"

#include "tests/catch.hpp"

using gaggle::store::Table;
using gaggle::table::Format;
using gaggle::table::render;

namespace {

const Table mixed{.columns = {"name", "seconds", "note"},
                  .numeric = {false, true, false},
                  .rows = {{"é", "1.5", "a\nb"}, {"plain", "-20", std::nullopt}, {"Inf", "Inf", "say \"x\", y"}}};

}  // namespace

TEST_CASE("a table for eyes has its numbers to the right and one line per row")
{
    CHECK(render(mixed, Format::table) ==
          "name   seconds  note\n"
          "é          1.5  a b\n"
          "plain      -20\n"
          "Inf        Inf  say \"x\", y\n");
    CHECK(render({.columns = {"a"}, .numeric = {true}, .rows = {}}, Format::table) == "a\n");
}

TEST_CASE("csv is RFC 4180's")
{
    CHECK(render(mixed, Format::csv) ==
          "name,seconds,note\r\n"
          "é,1.5,\"a\nb\"\r\n"
          "plain,-20,\r\n"
          "Inf,Inf,\"say \"\"x\"\", y\"\r\n");
}

TEST_CASE("markdown is a table whatever is in a cell")
{
    CHECK(render(mixed, Format::markdown) ==
          "| name | seconds | note |\n"
          "| --- | ---: | --- |\n"
          "| é | 1.5 | a<br>b |\n"
          "| plain | -20 | |\n"
          "| Inf | Inf | say \"x\", y |\n");
    CHECK(render({.columns = {"a|b"}, .numeric = {false}, .rows = {{"c\\d"}}}, Format::markdown) ==
          "| a\\|b |\n| --- |\n| c\\\\d |\n");
}

TEST_CASE("json has numbers as numbers, NULL as null, columns in their order and no two of one name")
{
    CHECK(render(mixed, Format::json) == R"([
  {
    "name": "é",
    "seconds": 1.5,
    "note": "a\nb"
  },
  {
    "name": "plain",
    "seconds": -20,
    "note": null
  },
  {
    "name": "Inf",
    "seconds": "Inf",
    "note": "say \"x\", y"
  }
]
)");
    CHECK(render({.columns = {"x", "x"}, .numeric = {true, true}, .rows = {{"9223372036854775807", "2"}}},
                 Format::json) == "[\n  {\n    \"x\": 9223372036854775807,\n    \"x_2\": 2\n  }\n]\n");
    CHECK(render({.columns = {"x"}, .numeric = {false}, .rows = {}}, Format::json) == "[]\n");
}

TEST_CASE("bcp is the published format, and refuses what that cannot say")
{
    CHECK(render({.columns = {"a", "b", "c"}, .numeric = {}, .rows = {{"x y", std::nullopt, "1.5"}, {"", "2", "z"}}},
                 Format::bcp) == "x y||1.5\n|2|z\n");
    for (const std::string value : {"a|b", "a\nb", "a\rb"}) {
        CHECK_THROWS_WITH(render({.columns = {"note"}, .numeric = {}, .rows = {{value}}}, Format::bcp),
                          "--format bcp: a value of note has a | or a line break in it");
    }
}

TEST_CASE("json of bytes that are not UTF-8 is still json")
{
    CHECK(render({.columns = {"x"}, .numeric = {false}, .rows = {{"a\xff"}}}, Format::json) ==
          "[\n  {\n    \"x\": \"a\xEF\xBF\xBD\"\n  }\n]\n");
}
