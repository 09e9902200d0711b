#include "core/line.hpp"

#include "core/array_spec.hpp"
#include "tests/catch.hpp"

#include <limits>

namespace line = gaggle::line;
using gaggle::tests::has_text;

namespace {

struct Sample {
    static constexpr std::string_view tag = "sample";
    std::string text;
    std::int64_t number = 0;
    std::vector<std::pair<unsigned, std::string>> pairs;

    bool operator==(const Sample&) const = default;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.text);
        visit(self.number);
        visit(self.pairs);
    }
};

Sample round_trip(const Sample& sample)
{
    std::string text = line::write(sample);
    REQUIRE(text.back() == '\n');
    REQUIRE(text.find('\n') == text.size() - 1);
    text.pop_back();
    return line::read<Sample>(text);
}

}  // namespace

TEST_CASE("a line holds any bytes in one line")
{
    const Sample hostile{"tab\t newline\n return\r back\\slash \\t\xff",
                         std::numeric_limits<std::int64_t>::min(),
                         {{0, ""}, {4294967295U, "\n\n"}, {7, "ü"}}};
    CHECK(round_trip(hostile) == hostile);
    CHECK(round_trip({}) == Sample{});
    CHECK(line::write(Sample{"a\tb", -5, {{1, "x"}}}) == "sample\ta\\tb\t-5\t1\t1\tx\n");
}

TEST_CASE("a line that is not what was expected says which field")
{
    const auto [text, message] = GENERATE(table<std::string, std::string>({
        {"other\ta\t1\t0", "expected a 'sample' line, found 'other'"},
        {"sample\ta", "the line ends after 2 fields"},
        {"sample\ta\tx\t0", "field 3: expected an integer in range, found 'x'"},
        {"sample\ta\t9223372036854775808\t0", "field 3: expected an integer in range"},
        {"sample\ta\t1\t0\tmore", "unexpected fields after field 4"},
        {"sample\ta\\q\t1\t0", "unknown escape '\\q'"},
        {"sample\ta\\", "a field ends in the middle of an escape"},
        {"sample\ta\t1\t1000000000000", "a list of 1000000000000 items is longer than its line"},
        {"sample\ta\t1\t1\t-1\tx", "field 5: expected an integer in range, found '-1'"},
        {"", "expected a 'sample' line, found ''"},
    }));
    CAPTURE(text);
    CHECK_THROWS_WITH(line::read<Sample>(text), has_text(message));
}

TEST_CASE("an array specification survives its line")
{
    gaggle::ArraySpec spec;
    spec.token = "0123";
    spec.experiment = "e";
    spec.nodes = 2;
    spec.interpreters = 16;
    spec.repetition_of = {{0, 3}, {1, 1}};
    spec.start = gaggle::Start::AsLaunched;
    spec.cache = gaggle::CacheState::warm;
    spec.environment = {.name = "py",
                        .kind = "squashfs",
                        .language = "python",
                        .command = {"{mount}/bin/python", "-s"},
                        .variables = {{"A", "b\tc"}},
                        .image = "/i m.sqfs",
                        .imports = {"numpy", "a.b"},
                        .setup = "module load x\nexport Y=1",
                        .stage = {"tar -xf a", "b"},
                        .unstage = {"rm -r c"},
                        .controls = {{"null", {"{mount}/bin/python", "-c", "pass"}}},
                        .cache_paths = {"/i m.sqfs", "{mount}"}};
    std::string text = line::write(spec);
    text.pop_back();
    CHECK(line::read<gaggle::ArraySpec>(text) == spec);
}
