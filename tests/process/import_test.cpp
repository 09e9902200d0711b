#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <algorithm>
#include <filesystem>

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
    CHECK(rows(folder,
               "SELECT environment, interpreters, nodes, total, printf('%.3f', time_s) FROM overall "
               "WHERE launcher = 'imported' ORDER BY attempt_id") == read_text(overall_file));
    CHECK(rows(folder,
               "SELECT environment.name, interpreters, nodes, nodes * interpreters, "
               "printf('%.3f', time_ns / 1e9) FROM imported_gaggle JOIN cell ON cell.id = cell_id "
               "JOIN environment ON environment.id = environment_id ORDER BY line") == read_text(individual_file));
    CHECK(read_text(folder.path() / "store/experiments/1-published/overall_time.bcp") == read_text(overall_file));
    CHECK(run({"sqlite3", (folder.path() / "store/results.db").string(),
               "PRAGMA foreign_key_check; SELECT count(*) FROM overall; SELECT count(*) FROM individual;"})
              .out == "136\n13380\n");
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

    CHECK(gaggle_in(folder, {"status", "--format", "bcp"}).out == "1|1|python|measured|1|0|0|0|0|0|\n");
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
