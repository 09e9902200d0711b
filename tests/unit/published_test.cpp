#include "orchestrator/published.hpp"

#include "core/error.hpp"
#include "tests/catch.hpp"
#include "tests/support/temporary.hpp"

namespace gaggle::tests {

namespace {

std::string complaint(const std::string& text)
{
    try {
        static_cast<void>(published::parse(text, "a.bcp"));
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::Usage);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("published times are read to the nanosecond")
{
    CHECK(published::parse("a b|16|320|5120|132.397\nc|1|2|2|7", "a.bcp") ==
          std::vector<store::ImportedTime>{{"a b", 320, 16, 1, 132'397'000'000}, {"c", 2, 1, 2, 7'000'000'000}});
    CHECK(published::parse("c|1|2|2|0.000000001\n", "a.bcp").front().time_ns == 1);
}

TEST_CASE("a published file that is not one says where and what was expected")
{
    CHECK(complaint("") == "a.bcp:1:1: expected lines interpreter|n.per.node|n.nodes|n.total|time.s, found nothing");
    CHECK(complaint("a|1|1|1|2\n\n") ==
          "a.bcp:2:1: expected five fields interpreter|n.per.node|n.nodes|n.total|time.s, found 1");
    CHECK_THAT(complaint("a|1|1|2.5\n"), has_text("a.bcp:1:10: expected five fields ") && has_text(", found 4"));
    CHECK_THAT(complaint("a|1|1|1|2.5|\n"), has_text("a.bcp:1:12: expected five fields ") && has_text(", found more"));
    CHECK(complaint("|1|1|1|2\n") == "a.bcp:1:1: interpreter: expected a name, found ''");
    CHECK(complaint("a|1|1|1|2\na|0|1|1|2\n") == "a.bcp:2:3: n.per.node: expected a whole number from 1, found '0'");
    CHECK(complaint("a|1|-4|1|2\n") == "a.bcp:1:5: n.nodes: expected a whole number from 1, found '-4'");
    CHECK(complaint("a|1|1x|1|2\n") == "a.bcp:1:5: n.nodes: expected a whole number from 1, found '1x'");
    CHECK(complaint("a|2|3|7|2\n") == "a.bcp:1:7: n.total: expected 2 × 3 = 6, found '7'");
    for (const std::string time :
         {"", "0", "0.0", "-1", "1,5", "1e3", ".5", "5.", "1.0000000001", "99999999999", "nan"}) {
        CHECK(complaint("a|1|1|1|" + time) ==
              "a.bcp:1:9: time.s: expected seconds, greater than 0 and with at most nine decimals, found '" + time +
                  "'");
    }
    CHECK_THAT(complaint("a|1|1|1|2.5\r\n"), has_text("a.bcp:1:9: ") && has_text("found '2.5\\r'"));
}

TEST_CASE("what a published file holds is told by its name, and there is one of each")
{
    const TemporaryDirectory folder;
    const auto overall = folder.write("overall_time.bcp", "a|1|1|1|2\n");
    const auto individual = folder.write("individual.txt", "b|1|1|1|3\nb|1|1|1|4\n");
    const store::Imported both = published::read_files({individual, overall});
    CHECK(both.overall.size() == 1);
    CHECK(both.individual.size() == 2);
    CHECK(both.kept.at("individual.txt") == "b|1|1|1|3\nb|1|1|1|4\n");
    CHECK_THROWS_WITH(published::read_files({folder.write("times.bcp", "a|1|1|1|2\n")}),
                      has_text("times.bcp: expected a name that begins with overall"));
    CHECK_THROWS_WITH(published::read_files({overall, folder.write("overall_2", "a|1|1|1|2\n")}),
                      has_text("overall_2: expected one file of overall times, found a second"));
    CHECK_THROWS_WITH(published::read_files({folder.path() / "overall_none"}), has_text("cannot read "));
}

}  // namespace gaggle::tests
