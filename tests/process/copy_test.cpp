#include "orchestrator/commands/submit.hpp"
#include "tests/process/damage.hpp"
#include "tests/support/fake_scheduler.hpp"
#include "tests/support/killing.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

using namespace gaggle;
using namespace gaggle::tests;
using namespace std::chrono_literals;

TEST_CASE("a copy of a store is for reading while its original is there, and may be used when it has gone")
{
    const TemporaryDirectory folder;
    const fs::path original = folder.path() / "original";
    const fs::path copy = folder.path() / "copy";
    const std::string file = folder.write("e.toml", one_cell);
    make_uncollected(original);
    fs::copy(original, copy, recursive);
    const std::string words = "store " + copy.string() + " is a copy of " + original.string();
    const std::string before = read_text(copy / "results.db");
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"collect"}, {"run", file, "--worker", "/bin/true"}, {"resubmit"}}) {
        CAPTURE(arguments.front());
        check_refused(gaggle_in(copy, arguments), words);
    }
    FakeScheduler scheduler{folder.path(), 0us};
    CHECK_THAT(store_error([&] {
                   commands::submit_to(scheduler, {"--store", copy.string(), "--worker", "/bin/true", file});
               }),
               has_text(words));
    CHECK(scheduler.calls().empty());
    const Finished status = gaggle_in(copy, {"status"});
    CHECK(status.status == 0);
    CHECK_THAT(status.err, has_text("showing what was collected before, because: " + words));
    const bool is_untouched = read_text(copy / "results.db") == before;
    CHECK(is_untouched);

    fs::create_directory_symlink(original, folder.path() / "link");
    CHECK(gaggle_in(folder.path() / "link", {"collect"}).status == 0);
    CHECK(gaggle_in(original, {"collect"}).status == 0);

    fs::remove_all(original);
    make_uncollected(original);  // another store at its place
    CHECK(gaggle_in(copy, {"collect"}).status == 0);
    CHECK(half_collected(copy) == "0");
    CHECK(gaggle_in(original, {"collect"}).status == 0);
}

TEST_CASE(
    "where nothing can have changed, what reads a store is no writer, but renews its views and says where it lies")
{
    const TemporaryDirectory folder;
    const fs::path first = folder.path() / "first";
    const fs::path store = folder.path() / "store";
    const std::string file = (store / "results.db").string();
    make_uncollected(first);
    REQUIRE(gaggle_in(first, {"collect"}).status == 0);
    fs::rename(first, store);
    const auto read = [&] {
        const Finished finished = gaggle_in(store, {"sql", "SELECT count(*) FROM overall"});
        CHECK(finished.status == 0);
        return finished;
    };
    CHECK(read().err.empty());
    CHECK(run({"sqlite3", file, "SELECT directory FROM store"}).out == store.string() + "\n");
    const std::string count = read().out;
    {
        const store::Store writer = store::Store::open(store, store::Store::Access::write);
        const Finished beside = read();
        CHECK(beside.err.empty());
        CHECK(beside.out == count);
    }
    REQUIRE(run({"sqlite3", file, "DROP VIEW overall; CREATE VIEW overall AS SELECT 1 AS old"}).status == 0);
    CHECK(read().out == count);
}

TEST_CASE("a copy that is a mixture of before and after a write is refused")
{
    const TemporaryDirectory folder;
    const fs::path original = folder.path() / "original";
    const fs::path copy = folder.path() / "copy";
    make_uncollected(original);
    const std::string before = read_text(original / "results.db");
    REQUIRE(gaggle_in(original, {"collect"}).status == 0);
    const std::string after = read_text(original / "results.db");
    fs::copy(original, copy, recursive);
    REQUIRE(gaggle_in(copy, {"status"}).status == 0);
    const std::string words = "was copied from " + original.string() + " while that was written, and is damaged (";

    constexpr std::size_t page = 4096;
    int refused = 0;
    for (std::size_t from = page; from < before.size(); from += page) {  // the reader's copy was ahead of the writer
        folder.write("copy/results.db", before.substr(0, from) + after.substr(from));
        const Finished status = gaggle_in(copy, {"status"});
        if (status.status != 0) {
            ++refused;
            check_refused(status, words);
        }
    }
    CHECK(refused > 0);

    folder.write("copy/results.db", after);
    REQUIRE(run({"sqlite3", (copy / "results.db").string(), "DELETE FROM gaggle WHERE id = 1"}).status == 0);
    check_refused(gaggle_in(copy, {"status"}), words + "rows refer to rows that are not there");
}

TEST_CASE("a store that is copied in the middle of being written gives a sound copy or one error")
{
    Moments moments;
    CAPTURE(moments.seed());
    const TemporaryDirectory folder;
    const fs::path origin = folder.path() / "origin";
    const fs::path store = folder.path() / "store";
    const fs::path copy = folder.path() / "copy";
    const std::string log = (folder.path() / "log").string();
    const auto collect = [&] { return gaggle_in(store, {"collect"}).status; };
    make_uncollected(store);
    fs::copy(store, origin, recursive);
    const auto length = duration_of(log, collect);

    int sound = 0;
    int hot = 0;
    std::vector<std::string> errors;
    for (int round = 0; round < GAGGLE_COPIES; ++round) {
        fs::remove_all(store);
        fs::remove_all(copy);
        fs::copy(origin, store, recursive);
        const pid_t writer = start(log, [&] {
            return execl(GAGGLE_PROGRAM, "gaggle", "--store", store.c_str(), "collect", static_cast<char*>(nullptr));
        });
        std::this_thread::sleep_for(moments.before(length));                  // the moment is what is tested
        const bool stopped = round % 2 == 0 && kill(writer, SIGSTOP) == 0;    // or it goes on under the copier's hands
        static_cast<void>(run({"cp", "-r", store.string(), copy.string()}));  // files may vanish meanwhile
        kill(writer, stopped ? SIGCONT : 0);
        CHECK(end_of(writer) == 0);
        hot += fs::exists(copy / "results.db-journal") ? 1 : 0;

        const Finished status = gaggle_in(copy, {"status"});
        CAPTURE(round, status.err);
        if (status.status == 0) {
            ++sound;
            CHECK(run({"sqlite3", (copy / "results.db").string(), "PRAGMA integrity_check"}).out == "ok\n");
            CHECK_THAT(status.err, has_text("is a copy of " + store.string()));
            check_refused(gaggle_in(copy, {"collect"}), "is a copy of " + store.string());
        } else {
            check_refused(status, copy.string());
            errors.push_back(status.err);
        }
    }
    WARN("seed " << moments.seed() << ": " << sound << " copies were sound, " << errors.size() << " were refused, "
                 << hot << " had a journal" << (errors.empty() ? "" : "\n" + errors.front()));
    CHECK(sound > 0);
    CHECK(hot > 0);
    CHECK(half_collected(store) == "0");
}
