#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/likeness.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/provenance.hpp"
#include "orchestrator/commands/sbatch_options.hpp"
#include "orchestrator/commands/turns.hpp"
#include "orchestrator/commands/waiting.hpp"
#include "orchestrator/commands/words.hpp"
#include "tests/catch.hpp"

using namespace gaggle::commands;
using namespace std::chrono_literals;
namespace record = gaggle::record;
using gaggle::tests::has_text;

namespace {

const Usage usage{.synopsis = "gaggle do FILE",
                  .description = "",
                  .options = {{"wait", "", ""}, {"script", "CELL", ""}},
                  .least_operands = 1,
                  .most_operands = 1};

std::string complaint(const std::vector<std::string>& arguments)
{
    try {
        static_cast<void>(parse(usage, arguments));
    } catch (const gaggle::Error& error) {
        CHECK(error.code() == gaggle::ExitCode::Usage);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("options stand before and after the file, and a value may begin with a number")
{
    const auto parsed = parse(usage, {"--wait", "file.toml", "--script", "2x4:env", "--store", "/s/../t"});
    REQUIRE(parsed);
    CHECK(parsed->operands == std::vector<std::string>{"file.toml"});
    CHECK(parsed->has("wait"));
    CHECK(parsed->value("script") == "2x4:env");
    CHECK(parsed->store() == "/t");
    CHECK_FALSE(parse(usage, {"file.toml"})->has("wait"));
}

TEST_CASE("a wrong command line says what is wrong and how it is used")
{
    CHECK_THAT(complaint({"file.toml", "--nosuch"}), has_text("nosuch") && has_text("usage: gaggle do FILE"));
    CHECK_THAT(complaint({"--wai", "file.toml"}), has_text("wai"));
    CHECK_THAT(complaint({"file.toml", "--script"}), has_text("script"));
    CHECK_THAT(complaint({}), has_text("usage: "));
    CHECK_THAT(complaint({"a", "b"}), has_text("usage: "));
}

TEST_CASE("numbers in a row become ranges")
{
    CHECK(ranges({}) == "-");
    CHECK(ranges({3}) == "3");
    CHECK(ranges({5, 1, 2, 3, 7, 8}) == "1-3,5,7-8");
    CHECK(ranges({2, 1, 2, 1, 4}) == "1-2,4");
}

TEST_CASE("SHA-256 is the standard's")
{
    CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("environments that are to be identical differ in interpreter, packages and files, by name")
{
    const auto record_of = [](const std::string& version, std::vector<std::string> packages,
                              const std::string& content) {
        record::Record record;
        record.inspections = {{.node = 0,
                               .version = version,
                               .facts = {},
                               .packages_sha256 = "known",
                               .packages = std::move(packages),
                               .trouble = ""}};
        record.files = {{0, "/opt", ""}};
        record.file_contents = {{0, "bin/python3", "-> python3.11"}, {0, "lib/a.py", content}};
        return record;
    };
    const record::Record one = record_of("3.11.2", {"numpy==2.4.6", "scipy==1.17.1"}, "aa");
    CHECK(difference(one, one, "plain").empty());
    CHECK(summary_of_files(one) == "2 files, SHA-256 " + sha256("-> python3.11  bin/python3\naa  lib/a.py\n"));
    CHECK(difference(one, record_of("3.11.4", {"numpy==2.4.5", "pip==23", "scipy==1.17.1"}, "ab"), "plain") ==
          "interpreter: 3.11.2, 3.11.4 in 'plain'; "
          "packages: numpy==2.4.6, ==2.4.5 in 'plain', pip is only in 'plain'; files: lib/a.py differs");
    record::Record unread = one;
    unread.files.front().trouble = "cannot open lib/a.py: Permission denied";
    CHECK(difference(one, unread, "plain") == "not known of 'plain': cannot open lib/a.py: Permission denied");
    unread.files.clear();
    CHECK(difference(unread, one, "plain") == "not known: its files were not listed");
}

TEST_CASE("a worker that is named has to be a program")
{
    CHECK(find_worker("/bin/sh") == "/bin/sh");
    CHECK_THROWS_WITH(find_worker("/etc/passwd"), has_text("--worker /etc/passwd is not an executable file"));
}

TEST_CASE("the controller is asked after 5 s, then ever more seldom, and soon when all records are in")
{
    Interval lucky{0};
    CHECK(lucky.current() == 5s);
    lucky.lengthen();
    CHECK(lucky.current() == 10s);
    for (int i = 0; i < 10; ++i) {
        lucky.lengthen();
    }
    CHECK(lucky.current() == 60s);
    lucky.all_records_in();
    CHECK(lucky.current() == 1s);

    Interval unlucky{1};
    for (int i = 0; i < 10; ++i) {
        unlucky.lengthen();
    }
    CHECK(unlucky.current() == 120s);
}

TEST_CASE("who watches has slurmctld asked at once, after 15 s, and ever more seldom up to two minutes")
{
    Interval lucky = Interval::for_watching(1);
    CHECK(lucky.current() == 0s);
    for (const auto expected : {15s, 30s, 60s, 120s, 120s}) {
        lucky.lengthen();
        CHECK(lucky.current() == expected);
    }
    Interval unlucky = Interval::for_watching(0);
    unlucky.lengthen();
    CHECK(unlucky.current() == 12s);
}

TEST_CASE("an option that is not one is named with the one that it resembles")
{
    CHECK_THAT(complaint({"--wiat", "f"}), has_text("'--wiat'; did you mean '--wait'?; usage: gaggle do FILE"));
    CHECK_THAT(complaint({"--nothing-like-it", "f"}), !has_text("did you mean"));
}

TEST_CASE("options of sbatch's are given in its letters, those of its own after --, and what gaggle decides is refused")
{
    const Usage takes{.synopsis = "gaggle do FILE",
                      .description = "",
                      .options = with_sbatch_options({{"time", "LIMIT", "its own", 't'}}),
                      .least_operands = 1,
                      .most_operands = 1,
                      .after_dashes = Usage::AfterDashes::verbatim};
    const auto given = [&](const std::vector<std::string>& arguments) {
        return given_sbatch_options(*parse(takes, arguments), {"time"});
    };
    CHECK(given({"f", "-p", "norm", "-Alab", "--exclusive", "-t", "x2"}) ==
          std::vector<std::string>{"--partition=norm", "--account=lab", "--exclusive"});
    CHECK(given({"-C", "a&b", "f", "--", "--switches=1", "-J", "n", "--mem=4G"}) ==
          std::vector<std::string>{"--constraint=a&b", "--switches=1", "-J", "n", "--mem=4G"});
    CHECK_THROWS_WITH(given({"f", "--", "--array=1-3"}),
                      has_text("no '--array' (gaggle numbers the tasks; the key `array` says what an array holds)"));
    CHECK_THROWS_WITH(given({"f", "--", "-N4"}), has_text("no '--nodes'"));
    CHECK_THROWS_WITH(given({"f", "-p", "a\nb"}), has_text("has to be one line"));
}

TEST_CASE("only concurrent cells of one block take a turn together, each once")
{
    using gaggle::store::ArrayRow;
    using gaggle::store::CellRow;
    ArrayRow one;
    one.experiment.value = 1;
    one.concurrent = true;
    const CellRow a{.number = 1, .nodes = 1, .interpreters = 1, .environment = "a"};
    const CellRow b{.number = 2, .nodes = 1, .interpreters = 1, .environment = "b"};
    const CellRow c{.number = 3, .nodes = 1, .interpreters = 1, .environment = "a", .role = gaggle::Role::trace};
    one.cells = {a};
    ArrayRow other = one;
    other.cells = {b};
    CHECK(is_of_turn(one, {}));
    CHECK(is_of_turn(other, {one}));
    CHECK_FALSE(is_of_turn(one, {other, one}));  // an array of too many repetitions comes in pieces

    const auto changed = [&](auto change) {
        ArrayRow array = other;
        change(array);
        return array;
    };
    CHECK_FALSE(is_of_turn(changed([](ArrayRow& array) { array.block = 1; }), {one}));
    CHECK_FALSE(is_of_turn(changed([](ArrayRow& array) { array.experiment.value = 2; }), {one}));
    CHECK_FALSE(is_of_turn(changed([&](ArrayRow& array) { array.cells = {c}; }), {one}));
    CHECK_FALSE(is_of_turn(changed([](ArrayRow& array) { array.concurrent = false; }), {one}));
    CHECK_FALSE(is_of_turn(changed([&](ArrayRow& array) { array.cells = {b, a}; }), {one}));
}
