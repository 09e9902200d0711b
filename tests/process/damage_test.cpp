#include "tests/process/damage.hpp"

#include <algorithm>
#include <fstream>

using namespace gaggle;
using namespace gaggle::tests;
using Access = store::Store::Access;

TEST_CASE("a database from a newer gaggle, a damaged one, or none gives one error and stays as it is")
{
    const TemporaryDirectory folder;
    const fs::path store = folder.path() / "store";
    const std::string file = folder.write("e.toml", one_cell);
    make_uncollected(store);
    const std::string sound = read_text(store / "results.db");
    const auto all_refuse = [&](const std::string& words) {
        const std::string before = read_text(store / "results.db");
        const auto files = files_under(folder.path());
        for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
                 {"status"}, {"sql", "overall"}, {"collect"}, {"run", file, "--worker", "/bin/true"}}) {
            CAPTURE(arguments.front());
            check_refused(gaggle_in(store, arguments), words);
        }
        const bool is_untouched = read_text(store / "results.db") == before;
        CHECK(is_untouched);
        CHECK(files_under(folder.path()) == files);
    };
    {
        std::string newer = sound;
        newer[63] = 99;  // PRAGMA user_version: big-endian at 60
        folder.write("store/results.db", newer);
        all_refuse("was written by a newer gaggle: its schema is version 99, this gaggle knows 15");
    }
    folder.write("store/results.db", std::string(5000, 'x'));
    all_refuse("results.db: file is not a database");
    for (const std::size_t length :
         {std::size_t{50}, std::size_t{700}, std::size_t{4096}, sound.size() / 2, sound.size() - 1}) {
        CAPTURE(length);
        folder.write("store/results.db", sound.substr(0, length));
        all_refuse("results.db");
    }
    folder.write("store/results.db", sound);
    CHECK(gaggle_in(store, {"collect"}).status == 0);
    fs::rename(store, folder.path() / "gone");
    check_refused(gaggle_in(store, {"status"}), "there is no gaggle store in " + store.string());
    check_refused(gaggle_in(store, {"collect"}), "there is no gaggle store in " + store.string());
}

namespace {

std::string with_changed_digit(std::string bytes)
{
    const std::size_t line = bytes.find("\nphase\t") + 1;
    const std::size_t digit = bytes.find_first_of("12345678", bytes.find("exec", line));
    ++bytes[digit];
    return bytes;
}

/// State, interpreters and reason of one attempt.
std::string attempt_in(const fs::path& directory, const store::ArrayRow& array, unsigned task)
{
    const store::Store store = store::Store::open(directory, Access::read);
    return lines(store.query("SELECT state, (SELECT count(*) FROM interpreters AS i WHERE i.attempt_id = "
                             "attempts.attempt_id), reason FROM attempts WHERE array_id = " +
                             std::to_string(array.id.value) + " AND repetition = " + std::to_string(task + 1)))
        .at(0);
}

}  // namespace

TEST_CASE("damaged, foreign, doubled and unreadable records are each named once, and all others are collected")
{
    const TemporaryDirectory folder;
    const fs::path at = folder.path() / "store";
    make_uncollected(at);
    std::vector<store::ArrayRow> arrays;
    {
        const store::Store store = store::Store::open(at, Access::read);
        arrays = store.arrays(store.experiments().at(0));
        std::ranges::sort(arrays, {}, [](const store::ArrayRow& array) { return array.cells.front().nodes; });
    }
    const auto file = [&](std::size_t array, const std::string& name) {
        return arrays[array].files.records / (name + ".record");
    };
    const auto write = [](const fs::path& path, const std::string& bytes) {
        std::ofstream{path, std::ios::binary} << bytes;
    };
    const auto whole = [&](std::size_t array, unsigned task) {
        return read_text(file(array, std::to_string(task) + ".0"));
    };

    write(file(0, "0.0"), "");
    write(file(0, "1.0"), whole(0, 1).substr(0, whole(0, 1).find("phase\t")));
    write(file(0, "2.0"), with_changed_digit(whole(0, 2)));
    write(file(0, "3.0"), whole(1, 3));
    const std::string newer = whole(1, 0);
    write(file(1, "0.0"), "gaggle-record\t6\nwhatever\n");
    const std::string hidden = whole(1, 1);
    fs::remove(file(1, "1.0"));
    fs::create_directory(file(1, "1.0"));
    write(file(1, "2.5"), whole(1, 2));
    write(file(1, "copy of 3.0"), whole(1, 3));
    record::Record restarted = *record::read(whole(2, 0)).record;
    restarted.attempt.restart = 1;
    restarted.interpreters.at(0).exit_ns += 1;
    write(file(2, "0.1"), record::write(restarted));
    const std::string spec = read_text(arrays[3].files.spec);
    write(arrays[3].files.spec, "spec\tx\n");

    const Finished collected = gaggle_in(at, {"collect"});
    INFO(collected.err);
    CHECK(collected.status == 0);
    for (const fs::path& named : {file(0, "0.0"), file(0, "1.0"), file(0, "2.0"), file(0, "3.0"), file(1, "0.0"),
                                  file(1, "1.0"), file(1, "2.5"), file(1, "copy of 3.0"), arrays[3].files.spec}) {
        CHECK(count(collected.err, named.string()) == 1);
    }
    CHECK(count(collected.err, "\n") == 10);

    CHECK(attempt_in(at, arrays[0], 0) ==
          "INCOMPLETE|0|the record cannot be read: 0.0.record, line 1: the closing "
          "line is missing");
    CHECK_THAT(attempt_in(at, arrays[0], 1),
               has_text("INCOMPLETE|2|the record is damaged at 1.0.record, line 6: the closing line is missing"));
    CHECK_THAT(attempt_in(at, arrays[0], 2),
               has_text("INCOMPLETE|2|the record is damaged at 2.0.record, line 6: damaged or out of place"));
    CHECK(attempt_in(at, arrays[0], 3) == "PENDING|0|");
    CHECK_THAT(attempt_in(at, arrays[1], 0), has_text("UNVERIFIED|0|") && has_text("0.0.record, line 1: written by a "
                                                                                   "newer gaggle (record version 6"));
    CHECK_THAT(attempt_in(at, arrays[1], 1), has_text("UNVERIFIED|0|") && has_text("1.0.record: it is not a regular"));
    CHECK(attempt_in(at, arrays[1], 2) == "COMPLETED|2|");
    CHECK(attempt_in(at, arrays[1], 3) == "COMPLETED|2|");
    CHECK(attempt_in(at, arrays[2], 0) == "COMPLETED|4|");
    CHECK_THAT(attempt_in(at, arrays[3], 2), has_text("UNVERIFIED|0|") && has_text("spec is not an array specif"));
    {
        const store::Store store = store::Store::open(at, Access::read);
        CHECK(
            lines(store.query("SELECT record_restart, record_file FROM attempt WHERE record_file LIKE '%.1.record'")) ==
            Lines{"1|0.1.record"});
    }

    // Nothing of this is final that may get better.
    write(file(1, "0.0"), newer);
    fs::remove(file(1, "1.0"));
    write(file(1, "1.0"), hidden);
    write(arrays[3].files.spec, spec);
    const fs::path away = folder.path() / "records";
    fs::rename(arrays[3].files.records, away);
    const Finished again = gaggle_in(at, {"collect"});
    CHECK_THAT(again.err, has_text("cannot read folder " + arrays[3].files.records.string() + ": No such file"));
    CHECK(attempt_in(at, arrays[1], 0) == "COMPLETED|2|");
    CHECK(attempt_in(at, arrays[1], 1) == "COMPLETED|2|");
    CHECK_THAT(attempt_in(at, arrays[3], 2), has_text("UNVERIFIED|0|") && has_text("cannot read folder"));
    fs::rename(away, arrays[3].files.records);
    CHECK(gaggle_in(at, {"collect"}).status == 0);
    CHECK(attempt_in(at, arrays[3], 2) == "COMPLETED|4|");
}
