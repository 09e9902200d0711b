#include "tests/unit/store_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

namespace gaggle::tests {

namespace {

namespace fs = std::filesystem;
using store::Store;
using Access = Store::Access;
using Missing = Store::Missing;
using gaggle::tests::has_text;

/// Root may write where nobody may; for the lifetime of this, it may not.
class WithoutPrivilege {
public:
    WithoutPrivilege() { REQUIRE((geteuid() != 0 || seteuid(65534) == 0)); }
    ~WithoutPrivilege()
    {
        if (getuid() == 0) {
            (void)!seteuid(0);
        }
    }
    WithoutPrivilege(const WithoutPrivilege&) = delete;
    WithoutPrivilege& operator=(const WithoutPrivilege&) = delete;
};

}  // namespace

TEST_CASE("what is not a store gives one clear error")
{
    const TemporaryDirectory scratch;
    const fs::path at = scratch.path() / "store";
    const auto access = GENERATE(Access::read, Access::write);
    const auto opening = [&] { (void)Store::open(at, access); };

    CHECK_THAT(store_error(opening), has_text("there is no gaggle store in " + at.string()));
    CHECK_FALSE(fs::exists(at));
    scratch.write("store/results.db", "this is not a database, but it is long enough to look like one to the eye");
    CHECK_THAT(store_error(opening), has_text("results.db") && has_text("not a database"));
    fs::remove(at / "results.db");
    REQUIRE(run({"sqlite3", (at / "results.db").string(), "CREATE TABLE mine (x)"}).status == 0);
    CHECK_THAT(store_error(opening), has_text("not a gaggle store's database"));
    fs::remove(at / "results.db");
    fs::create_directory(at / "results.db");
    CHECK_THAT(store_error(opening), has_text("not a file"));
    fs::remove_all(at);
    scratch.write("store", "a file");
    CHECK_THAT(store_error(opening), has_text("Not a directory"));
}

TEST_CASE("a database from a newer gaggle is refused and left alone")
{
    const TemporaryDirectory scratch;
    REQUIRE(sqlite3(create(scratch.path()), "PRAGMA user_version = 99").status == 0);
    const std::string before = read_text(scratch.path() / "results.db");
    const auto access = GENERATE(Access::read, Access::write);
    CHECK_THAT(store_error([&] { (void)Store::open(scratch.path(), access, Missing::create); }),
               has_text("newer gaggle") && has_text("99"));
    CHECK(read_text(scratch.path() / "results.db") == before);
}

TEST_CASE("a store of the first schema is brought up to date with its rows, and still refuses what it refused")
{
    const TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "results.db").string();
    const std::string first = read_text(fs::path{GAGGLE_SOURCE} / "sql/migrations/0001-experiments-to-phases.sql");
    const std::string rows = R"(
        INSERT INTO experiment VALUES (1, 'old', 'slurm', 5, 'experiments/1-old', 'bin/w', '/e.toml', '0', 'f', 't', 'w',
                                       7, 1, 1, 'as-is', 'synchronised', 1, 2);
        INSERT INTO environment VALUES (1, 1, 0, 'tree', 'command', 'python', '[]', '[]', NULL, '[]');
        INSERT INTO cell VALUES (1, 1, 0, 1, 1, 1);
        INSERT INTO array (id, experiment_id, cell_id, position, block, token, folder) VALUES (1, 1, 1, 0, 0, 'k', 'a');
        INSERT INTO attempt (array_id, task, repetition) VALUES (1, 0, 1);)";
    REQUIRE(run({"sqlite3", "-bail", file, "BEGIN;" + first + rows + "COMMIT;"}).status == 0);
    SECTION("a reader")
    {
        CHECK(lines(Store::open(scratch.path(), Access::read).query("SELECT count(*) FROM control")) == Lines{"0"});
    }
    SECTION("a writer")
    {
        const Store store = Store::open(scratch.path(), Access::write);
    }
    {
        Store store = Store::open(scratch.path(), Access::write);
        CHECK(lines(store.query("SELECT experiment, environment, state, block, launcher FROM attempts")) ==
              Lines{"old|tree|PLANNED|0|slurm"});
        CHECK(lines(store.query("SELECT seed, worker_file, node_timeout_ms FROM experiment")) == Lines{"7|bin/w|2"});
        add(store, small_plan());
    }
    CHECK(run({"sqlite3", file, "PRAGMA integrity_check; PRAGMA foreign_key_check; PRAGMA user_version"}).out ==
          "ok\n15\n");
    const TemporaryDirectory elsewhere;
    const std::string fresh = (elsewhere.path() / "results.db").string();
    {
        const Store store = create(elsewhere.path());
    }
    CHECK(run({"sqlite3", file, ".schema"}).out == run({"sqlite3", fresh, ".schema"}).out);
    for (const char* column :
         {"worker_file", "template_sha256", "worker_sha256", "seed", "interpreter_timeout_ms", "node_timeout_ms"}) {
        const std::string forget = "UPDATE experiment SET " + std::string{column} + " = NULL";
        CHECK_THAT(run({"sqlite3", file, forget}).err, has_text("CHECK constraint failed"));
        CHECK(run({"sqlite3", file, "BEGIN; " + forget + ", launcher = 'imported'; ROLLBACK"}).status == 0);
    }
    CHECK_THAT(run({"sqlite3", file, "UPDATE experiment SET launcher = 'other'"}).err, has_text("CHECK constraint"));
}

TEST_CASE("a table that others refer to is made anew without loss, and whoever refers to what is not there is told")
{
    const TemporaryDirectory scratch;
    const std::string file = (scratch.path() / "results.db").string();
    std::string before;
    for (const char* migration :
         {"0001-experiments-to-phases", "0002-forgotten", "0003-probes", "0004-steps-and-controls", "0005-imports",
          "0006-where-a-store-lies", "0007-surroundings", "0008-caches"}) {
        before += read_text(fs::path{GAGGLE_SOURCE} / "sql/migrations" / (migration + std::string{".sql"}));
    }
    before += R"(
        INSERT INTO experiment VALUES (7, 'old', 'slurm', 5, 'experiments/7-old', 'bin/w', '/e.toml', '0', 'f', 't', 'w',
                                       7, 1, 1, 'as-is', 'synchronised', 1, 2);
        INSERT INTO environment (id, experiment_id, position, name, kind, language, command, variables, imports)
        VALUES (3, 7, 0, 'tree', 'command', 'python', '[]', '[]', '[]'),
               (5, 7, 1, 'image', 'command', 'python', '[]', '[]', '[]');
        INSERT INTO cell VALUES (11, 7, 0, 3, 1, 1), (12, 7, 1, 5, 1, 1), (19, 7, 2, 3, 4, 1);
        INSERT INTO array (id, experiment_id, cell_id, position, block, token, folder)
        VALUES (1, 7, 11, 0, 0, 'k', 'a'), (2, 7, 19, 1, 0, 'l', 'b');
        INSERT INTO attempt (id, array_id, task, repetition, state) VALUES (1, 1, 0, 1, 'COMPLETED');
        INSERT INTO gaggle (id, attempt_id, node, name, outcome) VALUES (1, 1, 0, 'n1', 'Completed');
        INSERT INTO imported_gaggle VALUES (12, 1, 500);
        CREATE VIEW mine AS SELECT state, nodes FROM attempts WHERE environment = 'tree';)";
    REQUIRE(run({"sqlite3", "-bail", file, "BEGIN;" + before + "COMMIT;"}).status == 0);

    SECTION("all is there")
    {
        Store store = Store::open(scratch.path(), Access::write);
        CHECK(lines(store.query("SELECT id, experiment_id, position, environment_id, nodes, interpreters, role "
                                "FROM cell ORDER BY id")) ==
              Lines{"11|7|0|3|1|1|measured", "12|7|1|5|1|1|measured", "19|7|2|3|4|1|measured"});
        CHECK(lines(store.query("SELECT id, position, token FROM array")) == Lines{"1|0|k", "2|1|l"});
        CHECK(lines(store.query("SELECT id, array_id, task, cell_id, repetition, state FROM attempt")) ==
              Lines{"1|1|0|11|1|COMPLETED"});
        CHECK(lines(store.query("SELECT * FROM imported_gaggle")) == Lines{"12|1|500"});
        CHECK(lines(store.query("SELECT attempt_id, name FROM gaggle")) == Lines{"1|n1"});
        CHECK(lines(store.query("SELECT * FROM mine")) == Lines{"COMPLETED|1"});
        CHECK(run({"sqlite3", file, "PRAGMA integrity_check; PRAGMA foreign_key_check"}).out == "ok\n");
        // Foreign keys hold again, to the new table.
        const std::string refused = "PRAGMA foreign_keys = ON; DELETE FROM cell WHERE id = 11";
        CHECK_THAT(run({"sqlite3", file, refused}).err, has_text("FOREIGN KEY constraint failed"));
        add(store, small_plan());
    }
    SECTION("a row that refers to none")
    {
        REQUIRE(run({"sqlite3", file, "UPDATE array SET cell_id = 99 WHERE id = 2"}).status == 0);
        const std::string schema = run({"sqlite3", file, ".dump"}).out;
        CHECK_THAT(store_error([&] { (void)Store::open(scratch.path(), Access::write); }),
                   has_text("cannot be brought up to date by 0009-roles-and-traces.sql") &&
                       has_text("a row of 'array' refers to one of 'cell' that is not there"));
        CHECK(run({"sqlite3", file, ".dump"}).out == schema);
    }
}

TEST_CASE("an empty database, as a crash may leave it, becomes a store")
{
    const TemporaryDirectory scratch;
    scratch.write("results.db", "");
    CHECK_THAT(store_error([&] { (void)Store::open(scratch.path(), Access::read); }), has_text("is empty"));
    Store store = Store::open(scratch.path(), Access::write);
    CHECK(store.experiments().empty());
}

TEST_CASE("an older database that cannot be written is one clear error")
{
    const TemporaryDirectory scratch;
    const fs::path first = fs::path{GAGGLE_SOURCE} / "sql/migrations/0001-experiments-to-phases.sql";
    REQUIRE(run({"sqlite3", (scratch.path() / "results.db").string(), ".read " + first.string()}).status == 0);
    fs::permissions(scratch.path(), fs::perms{0555});
    {
        const WithoutPrivilege user;
        CHECK_THAT(store_error([&] { (void)Store::open(scratch.path(), Access::read); }), has_text("older gaggle"));
    }
    fs::permissions(scratch.path(), fs::perms{0755});
}

TEST_CASE("views are renewed when their text differs, and a user's own are kept")
{
    const TemporaryDirectory scratch;
    const auto schema_of = [](const Store& store) { return sqlite3(store, "PRAGMA schema_version").out; };
    std::string first;
    {
        const Store store = create(scratch.path());
        first = schema_of(store);
    }
    {
        const Store store = create(scratch.path());
        CHECK(schema_of(store) == first);
        REQUIRE(sqlite3(store,
                        "DROP VIEW overall; DROP VIEW cells; CREATE VIEW overall AS SELECT 1 AS old; "
                        "CREATE VIEW mine AS SELECT 42")
                    .status == 0);
    }
    const Store store = create(scratch.path());
    CHECK(lines(store.query("SELECT * FROM overall")).empty());
    CHECK(lines(store.query("SELECT * FROM cells")).empty());
    CHECK(lines(store.query("SELECT * FROM mine")) == Lines{"42"});
}

TEST_CASE("a second writer waits, then says who holds the store, and readers do not wait")
{
    const TemporaryDirectory scratch;
    const auto again = [&] {
        return Store::open(scratch.path(), Access::write, Missing::fail, std::chrono::milliseconds{30});
    };
    {
        const Store holder = create(scratch.path());
        CHECK_THAT(store_error([&] { (void)again(); }),
                   has_text("store " + scratch.path().string() + " is held by pid " + std::to_string(getpid())) &&
                       has_text(" on host ") && has_text(" since 2"));
        CHECK(Store::open(scratch.path(), Access::read).experiments().empty());
    }
    CHECK(again().experiments().empty());
}

TEST_CASE("the lock of a process that was killed is free")
{
    const TemporaryDirectory scratch;
    {
        const Store store = create(scratch.path());
    }
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const Store store = Store::open(scratch.path(), Access::write);
        (void)!write(ready[1], store.directory().c_str(), 1);
        pause();
        _exit(0);
    }
    char letter = 0;
    REQUIRE(read(ready[0], &letter, 1) == 1);
    const auto open = [&] {
        return Store::open(scratch.path(), Access::write, Missing::fail, std::chrono::milliseconds{30});
    };
    CHECK_THAT(store_error([&] { (void)open(); }), has_text("pid " + std::to_string(child)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    CHECK(open().experiments().empty());
    close(ready[0]);
    close(ready[1]);
}

TEST_CASE("a store works where it was moved to")
{
    const TemporaryDirectory scratch;
    const auto id = [&] {
        Store store = create(scratch.path() / "here");
        return add(store, small_plan());
    }();
    fs::rename(scratch.path() / "here", scratch.path() / "there");
    Store store = Store::open(scratch.path() / "there/", Access::write);
    const store::ArrayRow array = store.arrays(id).at(0);
    CHECK(array.files.spec == scratch.path() / "there/experiments/1-small/arrays/0000/spec");
    CHECK(fs::exists(array.files.spec));
    CHECK(fs::exists(array.files.worker));
    ingest(store, store.attempts(array.id).at(0), made_record(array, store.attempts(array.id).at(0), 1));
    CHECK(lines(store.query("SELECT state FROM overall")) == Lines{"COMPLETED"});
}

TEST_CASE("reading creates no file and needs no permission to write")
{
    const TemporaryDirectory scratch;
    const fs::path at = scratch.path() / "store";
    {
        Store store = create(at);
        add(store, small_plan());
    }
    const auto before = files_under(at);
    fs::permissions(scratch.path(), fs::perms{0755});
    for (const fs::path& path : {at, at / "results.db", at / "lock"}) {
        fs::permissions(path, fs::perms{0555});
    }
    {
        const WithoutPrivilege now;
        const Store store = Store::open(at, Access::read);
        CHECK(store.arrays(*store.newest_experiment()).size() == 4);
        CHECK(lines(store.query("SELECT count(*) FROM attempts")) == Lines{"8"});
        CHECK_THAT(store_error([&] { (void)Store::open(at, Access::write); }), has_text("Permission denied"));
        CHECK_THAT(store_error([&] { (void)Store::open(at / "new", Access::write, Missing::create); }),
                   has_text("Permission denied"));
    }
    CHECK(files_under(at) == before);
    fs::permissions(at / "results.db", fs::perms::none);
    {
        const WithoutPrivilege now;
        CHECK_THAT(store_error([&] { (void)Store::open(at, Access::read); }), has_text("cannot read"));
    }
    fs::permissions(at, fs::perms::owner_all);
}

}  // namespace gaggle::tests
