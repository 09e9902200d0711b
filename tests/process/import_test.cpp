#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

const std::filesystem::path overall_file = std::filesystem::path{GAGGLE_PUBLISHED} / "overall_time.bcp";
const std::filesystem::path individual_file = std::filesystem::path{GAGGLE_PUBLISHED} / "individual_time.bcp";

/// Slurm must not be needed: its configuration cannot even be read.
Finished gaggle_in(const TemporaryDirectory& folder, std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), {GAGGLE_PROGRAM, "--store", (folder.path() / "store").string()});
    return run(arguments, {{"SLURM_CONF", "/nonexistent"}});
}

std::string rows(const TemporaryDirectory& folder, const std::string& sql)
{
    const Finished finished = gaggle_in(folder, {"sql", "--format", "bcp", sql});
    INFO(finished.err);
    CHECK(finished.status == 0);
    return finished.out;
}

void import_both(const TemporaryDirectory& folder)
{
    const Finished finished = gaggle_in(folder, {"import", "published", overall_file, individual_file});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    CHECK_THAT(finished.err, has_text("experiment 1: published, 136 overall times and 13380 individual times"));
}

/// The same of a canned or a view's rows, as the reference prints them.
void check_medians(const TemporaryDirectory& folder, const std::string& view, const std::filesystem::path& file)
{
    const Finished reference = run({"/usr/bin/python3", GAGGLE_PUBLISHED_REFERENCE, file.string()});
    REQUIRE(reference.status == 0);
    CHECK(std::ranges::count(reference.out, '\n') >= 60);
    std::string found = gaggle_in(folder, {"sql", "--format", "csv",
                                           "SELECT environment, nodes, interpreters, count(*), "
                                           "rtrim(rtrim(printf('%.4f', median(time_s)), '0'), '.') FROM " +
                                               view + " GROUP BY 1, 3, 2 ORDER BY 1, 3, 2"})
                            .out;
    std::erase(found, '\r');
    CHECK(found.substr(found.find('\n') + 1) == reference.out);
}

}  // namespace

TEST_CASE("the published measurements give the founding study's figures")
{
    const TemporaryDirectory folder;
    import_both(folder);
    const std::string most = "SELECT time_s FROM overall WHERE interpreters = 16 AND nodes = 320 AND environment = ";
    CHECK(rows(folder, most + "'py_conda' ORDER BY time_s") == "132.397\n134.617\n");
    CHECK(rows(folder, most + "'py_container' ORDER BY time_s") == "12.961\n13.281\n19.171\n");
    check_medians(folder, "overall", overall_file);
    check_medians(folder, "individual", individual_file);
    CHECK(rows(folder, "SELECT DISTINCT launcher, state FROM individual") == "imported|COMPLETED\n");

    const Finished canned = gaggle_in(folder, {"sql", "overall", "--format", "csv"});
    CHECK_THAT(canned.out,
               has_text("published,imported,py_conda,320,16,5120,2,0,133.507,,,132.397,134.617,,,0,0.0\r\n") &&
                   has_text("published,imported,py_container,320,16,5120,3,0,13.281,,,12.961,19.171,,,1,0.0\r\n"));
    CHECK_THAT(gaggle_in(folder, {"sql", "individual", "--format", "csv"}).out,
               has_text("published,imported,py_container,320,16,5120,3,0,960,"));
    CHECK_THAT(gaggle_in(folder, {"sql", "speedup", "--format", "csv"}).out,
               has_text("published,imported,py_container,py_conda,320,16,5120,0,0,0,10.0525,,\r\n"));
    CHECK_THAT(gaggle_in(folder, {"sql", "scaling", "--format", "csv"}).out,
               has_text("published,imported,py_conda,16,10,320,6,12,0,"));
}

TEST_CASE("what was imported comes out again, line for line")
{
    const TemporaryDirectory folder;
    import_both(folder);
    CHECK(gaggle_in(folder, {"sql", "overall", "--bcp"}).out == read_text(overall_file));
    CHECK(gaggle_in(folder, {"sql", "individual", "--bcp"}).out == read_text(individual_file));
    CHECK(gaggle_in(folder, {"sql", "overall", "--bcp", "interpreter=py_container", "n.nodes=320", "n.per.node=15"})
              .out == "py_container|15|320|4800|14.040\n");
    CHECK(read_text(folder.path() / "store/experiments/1-published/overall_time.bcp") == read_text(overall_file));
    CHECK(run({"sqlite3", (folder.path() / "store/results.db").string(),
               "PRAGMA foreign_key_check; SELECT count(*) FROM overall; SELECT count(*) FROM individual;"})
              .out == "136\n13380\n");
}

TEST_CASE("a canned query and a statement take parameters by name")
{
    const TemporaryDirectory folder;
    import_both(folder);
    const std::string all = gaggle_in(folder, {"sql", "scaling", "--format", "bcp"}).out;
    const std::string some = gaggle_in(folder, {"sql", "scaling", "environment=py_conda", "--format", "bcp"}).out;
    CHECK(std::ranges::count(all, '\n') == 11);
    CHECK(std::ranges::count(some, '\n') == 5);
    CHECK(all.starts_with(some));
    CHECK(std::ranges::count(
              gaggle_in(folder, {"sql", "scaling", "environment=py_conda", "interpreters=16", "--format", "csv"}).out,
              '\n') == 2);
    const std::string statement = "SELECT count(*) FROM overall WHERE total = :total AND environment = :environment";
    CHECK(gaggle_in(folder, {"sql", "--format", "bcp", statement, "total=5120", "environment=py_conda"}).out == "2\n");

    const auto complaint = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "sql");
        const Finished refused = gaggle_in(folder, arguments);
        CHECK(refused.status == 2);
        return refused.err;
    };
    CHECK_THAT(complaint({"scaling", "nodes=1"}),
               has_text("nodes=1: there is no column nodes; there are: experiment,"));
    CHECK_THAT(complaint({"scaling", "py_conda"}), has_text("expected KEY=VALUE, found 'py_conda'"));
    CHECK_THAT(complaint({"scaling", "a=1", "a=2"}), has_text("'a=2': a has a value already"));
    CHECK_THAT(complaint({statement, "total=5120"}),
               has_text(":environment has no value; give it as environment=VALUE"));
    CHECK_THAT(complaint({"SELECT 1", "total=5120"}), has_text("there is no :total in the statement"));
    CHECK_THAT(complaint({"SELECT ?"}), has_text("a parameter must be named"));
    CHECK_THAT(complaint({"scaling", "--bcp"}),
               has_text("--bcp: nothing for 'scaling'; there are: overall, individual"));
    CHECK_THAT(complaint({"overall", "--bcp", "--format", "csv"}), has_text("--bcp is a format of its own"));
}

namespace {

/// Overall times of one cell and environment, as another's published file.
void import_times(const TemporaryDirectory& folder, const std::string& name, const std::vector<std::string>& lines)
{
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    const std::string file = folder.write(name, text);
    const Finished finished = gaggle_in(folder, {"import", "published", file});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
}

}  // namespace

TEST_CASE("compare says in words whether it became slower, and ends with 1 if so")
{
    const TemporaryDirectory folder;
    const std::vector<std::string> before{"a|1|2|2|10.0", "a|1|2|2|10.1", "a|1|2|2|10.2", "a|1|2|2|10.3",
                                          "a|1|2|2|10.4", "b|1|2|2|5",    "b|1|2|2|6",    "b|1|2|2|7",
                                          "b|1|2|2|8",    "b|1|2|2|9",    "c|1|2|2|3",    "d|1|2|2|1"};
    const std::vector<std::string> after{"a|1|2|2|12.0", "a|1|2|2|12.1", "a|1|2|2|12.2", "a|1|2|2|12.3",
                                         "a|1|2|2|12.4", "b|1|2|2|6",    "b|1|2|2|7",    "b|1|2|2|8",
                                         "b|1|2|2|9",    "b|1|2|2|10",   "c|1|2|2|2"};
    import_times(folder, "overall_1.bcp", before);
    import_times(folder, "overall_2.bcp", after);
    const Finished slower = gaggle_in(folder, {"compare", "1", "2", "--format", "bcp"});
    CHECK(slower.status == 1);
    CHECK_THAT(slower.err, has_text("1 cell of only one of them left out") &&
                               has_text("regression: 1 of 3 cells slower by more than 1.1 times"));
    CHECK(slower.out.starts_with("a|2|1|10.200|12.200|5 and 5|1.1961|1.1"));
    CHECK_THAT(slower.out, has_text("|slower\n") && has_text("|perhaps slower: repetitions vary as much\n") &&
                               has_text("c|2|1|3.000|2.000|1 and 1|0.6667|||faster, by too few repetitions"));
    CHECK(gaggle_in(folder, {"compare", "1", "published", "--threshold", "1.25"}).status == 0);
    const Finished same = gaggle_in(folder, {"compare", "2", "published"});
    CHECK(same.status == 0);
    CHECK_THAT(same.err, has_text("no regression: none of 3 cells is slower"));

    const auto complaint = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "compare");
        const Finished refused = gaggle_in(folder, arguments);
        CHECK(refused.status == 2);
        return refused.err;
    };
    CHECK_THAT(complaint({"1", "other"}), has_text("'other': expected the number or the name of an experiment"));
    CHECK_THAT(complaint({"1", "published@yesterday"}), has_text("expected NAME@YYYY-MM-DD"));
    CHECK_THAT(complaint({"1", "published@2017-03-08"}), has_text("nothing completed there"));
    CHECK_THAT(complaint({"1", "2", "--threshold", "0.9"}), has_text("--threshold: expected a ratio of at least 1"));
    import_times(folder, "overall_3.bcp", {"other|1|2|2|3"});
    CHECK_THAT(complaint({"1", "3"}), has_text("have no cell in common"));
}

TEST_CASE("report draws the main figure on a terminal, of the experiments that are named")
{
    const TemporaryDirectory folder;
    import_both(folder);
    const Finished drawn = gaggle_in(folder, {"report", "--text"});
    CHECK(drawn.status == 0);
    CHECK_THAT(drawn.out, has_text("A  py_conda: 133.5 s with 5120 interpreters (median of 2)\n") &&
                              has_text("B  py_container: 13.28 s with 5120 interpreters (median of 3)\n") &&
                              has_text("   100 s +"));
    std::istringstream lines{drawn.out};
    std::size_t letters = 0;
    for (std::string line; std::getline(lines, line) && !line.starts_with("A  ");) {
        CHECK(line.size() <= 90);
        letters +=
            line.find('|') < 12 || line.find('+') < 12
                ? static_cast<std::size_t>(std::ranges::count_if(line, [](char c) { return c == 'A' || c == 'B'; }))
                : 0;
    }
    CHECK(letters > 40);
    import_times(folder, "overall_1.bcp", {"a|1|2|2|10"});
    CHECK_THAT(gaggle_in(folder, {"report", "--text"}).out, has_text("C  published 2: a: 10 s with 2 interpreters"));
    CHECK_THAT(gaggle_in(folder, {"report", "--text", "2"}).out, has_text("A  a: 10 s with 2 interpreters"));

    CHECK_THAT(gaggle_in(folder, {"report", "--text", "3"}).err, has_text("'3': expected the number or the name"));
    CHECK_THAT(gaggle_in(folder, {"report", "--text", "-o", "x"}).err, has_text("--text is for the terminal"));
}

TEST_CASE("importing again changes nothing, and a wrong line imports nothing")
{
    const TemporaryDirectory folder;
    std::string text = read_text(overall_file);
    text.replace(text.find("132.397"), 7, "132,397");
    const auto wrong = folder.write("overall_wrong.bcp", text);
    const Finished refused = gaggle_in(folder, {"import", "published", individual_file, wrong});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.err, has_text("overall_wrong.bcp:58:22: time.s: expected seconds") && has_text("'132,397'"));
    CHECK(std::ranges::count(refused.err, '\n') == 1);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "store"));

    import_both(folder);
    const Finished again = gaggle_in(folder, {"import", "published", individual_file, overall_file});
    CHECK(again.status == 0);
    CHECK_THAT(again.err, has_text("experiment 1: these files were imported before"));
    CHECK(rows(folder, "SELECT count(*) FROM experiment") == "1\n");
}

TEST_CASE("commands that act on experiments leave what was imported alone")
{
    const TemporaryDirectory folder;
    const std::string file = folder.write("e.toml", R"(name = "own"
seed = 1
nodes = [1]
interpreters = [1]
repetitions = 1
imports = ["json"]
[[environment]]
name = "python"
kind = "system"
python = "/usr/bin/python3"
)");
    REQUIRE(gaggle_in(folder, {"run", file}).status == 0);
    REQUIRE(gaggle_in(folder, {"import", "published", overall_file, individual_file}).status == 0);
    const std::string before = rows(folder, "SELECT * FROM attempts");

    CHECK(gaggle_in(folder, {"status", "--format", "bcp"}).out == "1|1|python|measured|1|0|0|0|0|0||\n");
    CHECK(gaggle_in(folder, {"wait"}).status == 0);
    CHECK(gaggle_in(folder, {"collect"}).status == 0);
    const Finished resubmit = gaggle_in(folder, {"resubmit", "--dry-run"});
    CHECK(resubmit.status == 0);
    CHECK_THAT(resubmit.err, has_text("experiment 1: nothing to resubmit"));
    for (const std::string command : {"resubmit", "cancel"}) {
        const Finished refused = gaggle_in(folder, {command, "--experiment", "2"});
        INFO(refused.err);
        CHECK(refused.status == 2);
        CHECK_THAT(refused.err, has_text("--experiment: 2 was imported"));
    }
    CHECK(gaggle_in(folder, {"run", file}).out.empty());
    CHECK(rows(folder, "SELECT * FROM attempts") == before);
    for (const std::string view : {"overlaps", "failures", "spread WHERE launcher = 'imported'", "drift"}) {
        CHECK(rows(folder, view == "drift" ? view : "SELECT * FROM " + view).empty());
    }
}

TEST_CASE("import says what it takes")
{
    const TemporaryDirectory folder;
    CHECK_THAT(gaggle_in(folder, {"import", "other", overall_file}).err, has_text("expected published, found 'other'"));
    CHECK_THAT(gaggle_in(folder, {"import", "published"}).err, has_text("usage: gaggle import"));
    CHECK_THAT(gaggle_in(folder, {"import", "published", "nowhere/overall"}).err,
               has_text("cannot read nowhere/overall"));
}
