#include "tests/catch.hpp"
#include "tests/process/gaggle_in.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

namespace fs = std::filesystem;

constexpr const char* tiny = R"(name = "NAME"
nodes = [1, 2]
interpreters = [1]
repetitions = 2
[[environment]]
name = "one"
kind = "command"
language = "none"
command = ["/bin/true"]
)";

/// A store of its own with a small experiment in it.
fs::path measured(const TemporaryDirectory& folder, const std::string& name)
{
    std::string text = tiny;
    text.replace(text.find("NAME"), 4, name);
    const fs::path store = folder.path() / name;
    const Finished finished =
        run({GAGGLE_PROGRAM, "--store", store.string(), "run", folder.write(name + ".toml", text).string()},
            {{"SLURM_CONF", "/nonexistent"}});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    return store;
}

std::string rows(const TemporaryDirectory& folder, const std::string& sql)
{
    return gaggle_in(folder, {"sql", "--format", "bcp", sql}).out;
}

}  // namespace

TEST_CASE("stores are brought together by name, once, and what has not ended is said")
{
    const TemporaryDirectory folder;
    const fs::path a = measured(folder, "a");
    const fs::path b = measured(folder, "b");
    const Finished merged = gaggle_in(folder, {"merge", a.string(), b.string()});
    CHECK(merged.status == 0);
    CHECK_THAT(merged.err, has_text(a.string() + ": 1 experiment that was not here, 2 arrays, 4 attempts\n") &&
                               has_text(b.string()));
    CHECK(rows(folder, "SELECT experiment, count(*), sum(time_s > 0) FROM overall GROUP BY 1 ORDER BY 1") ==
          "a|4|4\nb|4|4\n");
    CHECK(gaggle_in(folder, {"sql", "overall", "experiment=b", "--format", "csv"}).status == 0);
    CHECK_THAT(gaggle_in(folder, {"merge", a.string(), b.string()}).err,
               has_text(a.string() + ": nothing new\n") && has_text(b.string() + ": nothing new\n"));

    REQUIRE(run({"sqlite3", (b / "results.db").string(),
                 "INSERT INTO array (experiment_id, position, block, token, folder) "
                 "VALUES (1, 7, 0, 'k', 'experiments/x'); "
                 "INSERT INTO attempt (array_id, task, cell_id, repetition) "
                 "SELECT id, 0, 1, 9 FROM array WHERE token = 'k'"})
                .status == 0);
    const Finished left = gaggle_in(folder, {"merge", b.string()});
    CHECK(left.status == 1);
    CHECK_THAT(left.err, has_text("1 attempt stays there, of arrays that have not ended: merge again when they have"));
}

TEST_CASE("what cannot be merged is one clear error, and makes no store")
{
    const TemporaryDirectory folder;
    const auto refused = [&](const std::string& other) {
        const Finished finished = gaggle_in(folder, {"merge", other});
        CHECK(finished.status == 5);
        CHECK_FALSE(fs::exists(folder.path() / "store"));
        CHECK(std::ranges::count(finished.err, '\n') == 1);
        return finished.err;
    };
    CHECK_THAT(refused((folder.path() / "nowhere").string()), has_text("there is no gaggle store in "));
    folder.write("foreign/results.db", "this is not a database, but it is long enough to look like one to the eye");
    CHECK_THAT(refused((folder.path() / "foreign").string()), has_text("not a database"));
    const fs::path newer = measured(folder, "newer");
    REQUIRE(run({"sqlite3", (newer / "results.db").string(), "PRAGMA user_version = 99"}).status == 0);
    CHECK_THAT(refused(newer.string()), has_text("newer gaggle"));
    const Finished itself = gaggle_in(folder, {"merge"});
    CHECK(itself.status == 2);
}

TEST_CASE("every view is exported as a CSV file of the experiments that are named")
{
    const TemporaryDirectory folder;
    REQUIRE(gaggle_in(folder, {"merge", measured(folder, "a").string(), measured(folder, "b").string()}).status == 0);
    REQUIRE(
        run({"sqlite3", (folder.path() / "store/results.db").string(),
             "CREATE VIEW mine AS SELECT 'a \"b\", c' AS said, experiment_id FROM experiments; "
             "CREATE TABLE experiments AS SELECT id AS experiment_id FROM experiment; CREATE VIEW other AS SELECT 1"})
            .status == 0);
    const fs::path out = folder.path() / "new/out";
    const Finished all = gaggle_in(folder, {"export", out.string()});
    INFO(all.err);
    CHECK(all.status == 0);
    CHECK_THAT(all.out, has_text((out / "interpreters.csv").string() + "\t12\n"));
    CHECK(read_text(out / "mine.csv") == "said,experiment_id\r\n\"a \"\"b\"\", c\",1\r\n\"a \"\"b\"\", c\",2\r\n");
    CHECK_FALSE(fs::exists(out / "other.csv"));
    const std::string overall = gaggle_in(folder, {"sql", "SELECT * FROM overall", "--format", "csv"}).out;
    CHECK(read_text(out / "overall.csv") == overall);
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator{out}) {
        CHECK(entry.path().extension() == ".csv");
        ++files;
    }
    CHECK(files == static_cast<std::size_t>(std::ranges::count(all.out, '\n')));

    CHECK(gaggle_in(folder, {"export", out.string(), "b"}).status == 0);
    std::istringstream lines{read_text(out / "overall.csv")};
    std::string line;
    std::getline(lines, line);
    int count = 0;
    for (; std::getline(lines, line); ++count) {
        CHECK(line.starts_with("b,one,"));
    }
    CHECK(count == 4);
    CHECK(gaggle_in(folder, {"export", out.string(), "c"}).status == 2);
    CHECK_THAT(gaggle_in(folder, {"export", "/proc/none/such"}).err, has_text("cannot create /proc/none/such: "));
}
