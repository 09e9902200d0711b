#include "tests/unit/store_campaign.hpp"

#include <algorithm>
#include <iterator>

namespace gaggle::tests {

namespace {

namespace fs = std::filesystem;
using gaggle::tests::has_text;
using store::Merged;
using store::Store;

Lines tables_of(const Store& store)
{
    return lines(
        store.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
                    "ORDER BY name"));
}

/// A store with a value of its own in every column that may be NULL and refers to no other row: what a merge could
/// forget is there to be missed.
void fill_every_column(const Store& store)
{
    std::string script = "PRAGMA ignore_check_constraints = ON;";
    for (const std::string& column :
         lines(store.query("SELECT format('UPDATE \"%s\" SET \"%s\" = coalesce(\"%s\", %s)', t.name, c.name, c.name, "
                           "CASE WHEN c.name = 'record_closed' THEN 1 WHEN c.type = 'TEXT' "
                           "THEN printf('%Q', t.name || ' ' || c.name || ' it''s') ELSE 7000 + c.cid END) "
                           "FROM pragma_table_list AS t, pragma_table_info(t.name) AS c "
                           "WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' "
                           "AND NOT c.\"notnull\" AND NOT c.pk AND c.name NOT IN (SELECT \"from\" FROM "
                           "pragma_foreign_key_list(t.name)) AND NOT (t.name = 'array' AND c.name = 'folder') "
                           "AND t.name || c.name NOT IN ('experimentworker_file', 'attemptimported_ns')"))) {
        script += column + ";";
    }
    const Finished finished = sqlite3(store, script);
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    for (const std::string& table : tables_of(store)) {
        INFO(table);
        CHECK(lines(store.query("SELECT count(*) > 0 FROM " + table)) == Lines{"1"});
    }
}

/// Every row of every table but `store`, which says where it lies.
Lines rows_of(const Store& store)
{
    Lines all;
    for (const std::string& table : tables_of(store)) {
        if (table != "store") {
            all.push_back(table);
            Lines rows = lines(store.query("SELECT * FROM " + table));
            std::ranges::sort(rows);
            all.insert(all.end(), rows.begin(), rows.end());
        }
    }
    return all;
}

/// What every view says of an experiment, whatever the numbers of its rows.
Lines results_of(const Store& store, std::int64_t experiment)
{
    Lines all;
    for (const std::string& view : lines(store.query("SELECT name FROM sqlite_schema WHERE type = 'view' AND name <> "
                                                     "'baselines' ORDER BY name"))) {
        const std::string columns = lines(store.query("SELECT group_concat(name) FROM pragma_table_info('" + view +
                                                      "') WHERE name NOT GLOB '*_id'"))
                                        .at(0);
        Lines rows = lines(store.query("SELECT " + columns + " FROM " + view +
                                       " WHERE experiment_id = " + std::to_string(experiment)));
        std::ranges::sort(rows);
        all.push_back(view);
        all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
}

/// What only one of two results has; they are long.
Lines difference(Lines one, Lines other)
{
    std::ranges::sort(one);
    std::ranges::sort(other);
    Lines found;
    std::ranges::set_symmetric_difference(one, other, std::back_inserter(found));
    return found;
}

void end_all(const Store& store)
{
    REQUIRE(sqlite3(store, "UPDATE attempt SET state = 'CANCELLED' WHERE state IN ('PLANNED', 'PENDING')").status == 0);
}

}  // namespace

TEST_CASE("a merge brings every row of every table, and every file")
{
    Campaign campaign;
    end_all(campaign.store);
    fill_every_column(campaign.store);
    const Lines expected = rows_of(campaign.store);
    const auto files = files_under(campaign.store.directory());
    Store store = create(campaign.scratch.path() / "merged");
    const auto attempts =
        static_cast<std::size_t>(std::stoul(lines(campaign.store.query("SELECT count(*) FROM attempt")).at(0)));
    const auto arrays =
        static_cast<std::size_t>(std::stoul(lines(campaign.store.query("SELECT count(*) FROM array")).at(0)));
    CHECK(store.merge(campaign.store) == Merged{.experiments = 3, .arrays = arrays, .attempts = attempts, .left = 0});
    CHECK(difference(rows_of(store), expected) == Lines{});
    CHECK(files_under(store.directory()) == files);
    for (const std::string& file : files) {
        if (fs::is_regular_file(store.directory() / file) && file.find('/') != std::string::npos) {
            CHECK(read_text(store.directory() / file) == read_text(campaign.store.directory() / file));
        }
    }
    CHECK(sqlite3(store, "PRAGMA integrity_check; PRAGMA foreign_key_check").out == "ok\n");
    CHECK(store.merge(campaign.store) == Merged{});
    CHECK(difference(rows_of(store), expected) == Lines{});
    CHECK(files_under(store.directory()) == files);
    CHECK(difference(rows_of(campaign.store), expected) == Lines{});
}

TEST_CASE("what is merged stands beside what was there, under other numbers and with the same results")
{
    Campaign campaign;
    end_all(campaign.store);
    Filled own{{"exit", "spawn", "exec"}};  // phases by other numbers than there
    const Lines before = own.ask("SELECT * FROM overall ORDER BY attempt_id");
    CHECK(own.store.merge(campaign.store).experiments == 3);
    CHECK(own.ask("SELECT * FROM overall WHERE experiment_id = 1 ORDER BY attempt_id") == before);
    for (const std::int64_t experiment : {1, 2, 3}) {
        const Lines expected = results_of(campaign.store, experiment);
        CHECK(expected.size() > 50);
        CHECK(difference(results_of(own.store, experiment + 1), expected) == Lines{});
    }
    CHECK(own.ask("SELECT count(*) FROM phase_name") == Lines{"4"});
    CHECK(own.ask("SELECT id, name, folder FROM experiment ORDER BY id") ==
          Lines{"1|small|experiments/1-small", "2|small|experiments/2-small", "3|roles|experiments/3-roles",
                "4|published|experiments/4-published"});
    CHECK(sqlite3(own.store, "PRAGMA integrity_check; PRAGMA foreign_key_check").out == "ok\n");
    for (const store::ArrayRow& array : own.store.arrays({2})) {
        CHECK(fs::exists(array.files.spec));
        CHECK(fs::exists(array.files.worker));
        CHECK(std::distance(fs::directory_iterator{array.files.records}, {}) ==
              std::stol(
                  own.ask("SELECT count(record_file) FROM attempt WHERE array_id = " + std::to_string(array.id.value))
                      .at(0)));
    }
    // The experiment that was planned last is the newest, whatever its number.
    REQUIRE(sqlite3(own.store, "UPDATE experiment SET created_unix_ns = 9e18 WHERE id = 1").status == 0);
    CHECK(own.store.newest_experiment() == store::ExperimentId{1});
    // A merged experiment can be measured on: its specifications, its template and its worker are here.
    const store::ArrayRow array = array_of(own.store, {2}, 1, "tree");
    CHECK(own.store.add_arrays({2}, {{array.id, {0}, {}}}, plan::template_text({})).size() == 1);
}

TEST_CASE("what waits or runs stays in its store, and comes when it has ended")
{
    Filled other;
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    CHECK(store.merge(other.store) == Merged{.experiments = 1, .arrays = 2, .attempts = 4, .left = 4});
    CHECK(lines(store.query("SELECT environment, nodes, repetitions, completed FROM cells ORDER BY 1, 2")) ==
          Lines{"image|1|0|0", "image|2|0|0", "tree|1|2|2", "tree|2|2|2"});
    CHECK(store.merge(other.store) == Merged{.left = 4});

    const auto array = other.array(1, "image");
    other.store.mark_submitted(array.id, 103, "sbatch");
    const auto attempts = other.store.attempts(array.id);
    ingest(other.store, attempts.at(0), made_record(array, attempts.at(0), 5));
    CHECK(store.merge(other.store) == Merged{.left = 4});  // one of two has ended
    ingest(other.store, attempts.at(1), made_record(array, attempts.at(1), 6));
    CHECK(store.merge(other.store) == Merged{.arrays = 1, .attempts = 2, .left = 2});
    end_all(other.store);
    CHECK(store.merge(other.store) == Merged{.arrays = 1, .attempts = 2});
    CHECK(store.merge(other.store) == Merged{});
    CHECK(difference(results_of(store, 1), results_of(other.store, 1)) == Lines{});
    CHECK(files_under(store.directory()) == files_under(other.store.directory()));
}

TEST_CASE("an experiment that was made again on both sides has the attempts of both")
{
    Filled other;
    end_all(other.store);
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    store.merge(other.store);
    const auto again = [](Store& in, std::int64_t began) {
        const auto tree = array_of(in, {1}, 1, "tree");
        const auto added = in.add_arrays({1}, {{tree.id, {1}, {}}}, plan::template_text({})).at(0);
        in.mark_submitted(added.id, 200, "sbatch");
        const auto attempt = in.attempts(added.id).at(0);
        ingest(in, attempt, made_record(added, attempt, 9, began));
        return added;
    };
    CHECK(again(store, 5'000).position == 4);
    CHECK(again(other.store, 6'000).position == 4);
    CHECK(store.merge(other.store) == Merged{.arrays = 1, .attempts = 1});
    CHECK(lines(store.query("SELECT position, folder FROM array WHERE position > 3 ORDER BY id")) ==
          Lines{"4|experiments/1-small/arrays/0004", "5|experiments/1-small/arrays/0005"});
    CHECK(lines(store.query("SELECT try, tries, began FROM history WHERE tries > 1 ORDER BY try")) ==
          Lines{"1|3|1970-01-01T00:17:00Z", "2|3|1970-01-01T01:23:20Z", "3|3|1970-01-01T01:40:00Z"});
    CHECK(store.merge(other.store) == Merged{});
    CHECK(other.store.merge(store) == Merged{.arrays = 1, .attempts = 1});
    CHECK(store.merge(other.store) == Merged{});
}

TEST_CASE("a record that turned up in the other store comes to where one was missing")
{
    Filled other;
    const auto array = other.array(1, "image");
    other.store.mark_submitted(array.id, 103, "sbatch");
    REQUIRE(sqlite3(other.store, "UPDATE attempt SET state = 'LOST' WHERE array_id = " + std::to_string(array.id.value))
                .status == 0);
    end_all(other.store);
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    store.merge(other.store);
    std::ofstream{array.files.records / "0.0.record"} << "what was found";
    CHECK(store.merge(other.store) == Merged{});
    CHECK(read_text(array_of(store, {1}, 1, "image").files.records / "0.0.record") == "what was found");
}

TEST_CASE("the same published files are merged once")
{
    const TemporaryDirectory scratch;
    const store::Imported published{.name = "published",
                                    .overall = {{"conda", 4, 2, 1, 9'500'000'000}},
                                    .individual = {{"conda", 4, 2, 1, 7'000'000'000}},
                                    .original_files = "a.bcp",
                                    .kept = {{"a.bcp", "as it was"}},
                                    .sha256 = std::string(64, 'p')};
    Store one = create(scratch.path() / "one");
    Store two = create(scratch.path() / "two");
    one.add_imported(published, "0.1");
    two.add_imported(published, "0.1");
    CHECK(one.merge(two) == Merged{});
    Store three = create(scratch.path() / "three");
    CHECK(three.merge(two) == Merged{.experiments = 1, .arrays = 1, .attempts = 1});
    CHECK(three.merge(one) == Merged{});
    CHECK(difference(results_of(three, 1), results_of(one, 1)) == Lines{});
    CHECK(read_text(three.directory() / "experiments/1-published/a.bcp") == "as it was");
}

TEST_CASE("a merge that fails leaves rows and files as they were, and says why")
{
    Campaign campaign;
    Filled own;
    const auto unchanged = [&, before = rows_of(own.store), files = files_under(own.store.directory())] {
        CHECK(difference(rows_of(own.store), before) == Lines{});
        CHECK(files_under(own.store.directory()) == files);
    };
    const auto merging = [&] { static_cast<void>(own.store.merge(campaign.store)); };
    SECTION("in the middle of the rows")
    {
        REQUIRE(sqlite3(own.store,
                        "CREATE TRIGGER full BEFORE INSERT ON step WHEN NEW.ordinal = 2 BEGIN "
                        "SELECT raise(ABORT, 'no room'); END")
                    .status == 0);
        CHECK_THAT(store_error(merging), has_text("cannot merge " + campaign.store.directory().string() + " into " +
                                                  own.store.directory().string() + ": no room"));
        unchanged();
        REQUIRE(sqlite3(own.store, "DROP TRIGGER full").status == 0);
        CHECK(own.store.merge(campaign.store).experiments == 3);
    }
    SECTION("a folder that leads out of the other store")
    {
        const std::string folder = GENERATE("../elsewhere", "/tmp", ".", "experiments/../../x", "");
        REQUIRE(sqlite3(campaign.store, "UPDATE experiment SET folder = '" + folder + "' WHERE id = 2").status == 0);
        CHECK_THAT(store_error(merging), has_text("expected a path in the store, found '" + folder + "'"));
        unchanged();
    }
    SECTION("a damaged page")
    {
        const fs::path file = campaign.store.directory() / "results.db";
        const auto root =
            std::stol(lines(campaign.store.query("SELECT rootpage FROM sqlite_schema WHERE name = 'step'")).at(0));
        std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
        stream.seekp((root - 1) * 4096);
        stream << "not a page";
        stream.close();
        CHECK_THAT(store_error(merging), has_text(file.string() + " is damaged: "));
        unchanged();
    }
    SECTION("a row that refers to none")
    {
        REQUIRE(sqlite3(campaign.store, "DELETE FROM cell WHERE id = 1").status == 0);
        CHECK_THAT(store_error(merging), has_text("cannot merge "));
        unchanged();
    }
}

TEST_CASE("a store is not merged with itself")
{
    Filled filled;
    const TemporaryDirectory elsewhere;
    fs::create_directory_symlink(filled.store.directory(), elsewhere.path() / "link");
    const Store same = Store::open(elsewhere.path() / "link", Store::Access::read);
    CHECK_THROWS_MATCHES(filled.store.merge(same), Error,
                         Catch::Matchers::Predicate<Error>(
                             [](const Error& error) { return error.code() == ExitCode::Usage; }, "a wrong use"));
}

}  // namespace gaggle::tests
