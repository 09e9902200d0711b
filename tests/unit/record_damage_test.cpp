#include "core/record.hpp"
#include "tests/catch.hpp"
#include "tests/support/seed.hpp"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>

namespace record = gaggle::record;
using gaggle::tests::has_text;
using gaggle::tests::seed_or;

namespace {

/// One node with two interpreters, of which one failed; small, so that a million copies are damaged in seconds.
record::Record small_record(const std::string& token, std::int64_t pace)
{
    record::Record made;
    made.attempt.token = token;
    made.attempt.task = 4;
    made.attempt.repetition = 9;
    made.attempt.nodes = 1;
    made.attempt.interpreters = 2;
    made.attempt.host = "h";
    made.attempt.note = "a\nb";
    record::Gaggle& gaggle = made.gaggles.emplace_back();
    gaggle.name = "n0";
    gaggle.outcome = record::GaggleOutcome::Completed;
    for (unsigned index = 0; index < 2; ++index) {
        record::Interpreter& one = made.interpreters.emplace_back();
        one.index = index;
        one.exit_ns = 100 * pace;
        one.status = static_cast<int>(index);
        one.error = index == 0 ? "" : "no\\where";
        for (const char* name : {"exec", "import json", "exit"}) {
            made.phases.push_back({0, index, name, 10 * pace, 20 * pace});
        }
    }
    return made;
}

/// A record file and what reading its first lines gives, for each number of lines.
struct Original {
    explicit Original(const record::Record& record) : bytes(record::write(record))
    {
        readings.push_back(record::read(""));
        for (std::size_t end = bytes.find('\n'); end != std::string::npos; end = bytes.find('\n', end + 1)) {
            ends.push_back(end + 1);
            readings.push_back(record::read(std::string_view{bytes}.substr(0, end + 1)));
        }
    }

    /// How many whole lines of it `other` begins with.
    [[nodiscard]] std::size_t lines_shared(const std::string& other) const
    {
        std::size_t lines = 0;
        while (lines < ends.size() && other.size() >= ends[lines] &&
               std::memcmp(other.data(), bytes.data(), ends[lines]) == 0) {
            ++lines;
        }
        return lines;
    }

    std::string bytes;
    std::vector<std::size_t> ends;  ///< of each line, behind its newline
    std::vector<record::Reading> readings;
};

/// Ways of damaging a file. `other` is the file of another attempt.
class Damage {
public:
    Damage(std::uint64_t seed, std::string other) : random_(seed), other_(std::move(other)) {}

    std::string applied_to(std::string file)
    {
        for (std::size_t times = 1 + below(4) / 3; times > 0; --times) {
            damage(file);
        }
        return file;
    }

private:
    std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>{0, end - 1}(random_); }
    char any_byte() { return static_cast<char>(below(256)); }

    void damage(std::string& file)
    {
        if (file.empty()) {
            return;
        }
        const std::size_t at = below(file.size());
        switch (below(13)) {
            case 0: file[at] = static_cast<char>(file[at] ^ static_cast<char>(1 + below(255))); break;
            case 1: file[at] = static_cast<char>(file[at] ^ static_cast<char>(1U << below(8))); break;
            case 2: change_digit(file, at); break;
            case 3: file.insert(at, 1 + below(8), any_byte()); break;
            case 4: file.erase(at, 1 + below(40)); break;
            case 5: file.resize(at); break;
            case 6: file.insert(begin_of_line(file, below(file.size())), line_at(file, at)); break;
            case 7: swap_lines(file, at, below(file.size())); break;
            case 8: file.erase(begin_of_line(file, at), line_at(file, at).size()); break;
            case 9: splice(file, at); break;
            case 10: replace_field(file, at); break;
            case 11:
                std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(at), std::min(file.size() - at, 1 + below(512)),
                            '\0');
                break;
            default: insert_nonsense(file, at); break;
        }
    }

    /// The damage that looks most like a measurement.
    void change_digit(std::string& file, std::size_t at)
    {
        if (const std::size_t digit = file.find_first_of("0123456789", at); digit != std::string::npos) {
            file[digit] = static_cast<char>('0' + below(10));
        }
    }
    static std::size_t begin_of_line(const std::string& file, std::size_t at)
    {
        const std::size_t before = at == 0 ? std::string::npos : file.rfind('\n', at - 1);
        return before == std::string::npos ? 0 : before + 1;
    }
    static std::string line_at(const std::string& file, std::size_t at)
    {
        const std::size_t begin = begin_of_line(file, at);
        return file.substr(begin, file.find('\n', begin) - begin + 1);
    }
    static void swap_lines(std::string& file, std::size_t one, std::size_t two)
    {
        const std::size_t first = begin_of_line(file, std::min(one, two));
        const std::size_t second = begin_of_line(file, std::max(one, two));
        if (first != second) {
            const std::string early = line_at(file, first);
            const std::string late = line_at(file, second);
            file.replace(second, late.size(), early);
            file.replace(first, early.size(), late);
        }
    }
    /// Lines of the other attempt's file in the place of as many bytes.
    void splice(std::string& file, std::size_t at)
    {
        const std::size_t from = begin_of_line(other_, below(other_.size()));
        const std::size_t length = below(other_.size() - from) + 1;
        const std::string piece = other_.substr(from, begin_of_line(other_, from + length - 1) - from);
        file.replace(begin_of_line(file, at), below(2) * piece.size(), piece);
    }
    void replace_field(std::string& file, std::size_t at)
    {
        constexpr std::array values{
            "4294967295",           "4294967296", "18446744073709551615", "18446744073709551616",
            "-9223372036854775808", "1e9",        "99999999999999999999", ""};
        const std::size_t begin = file.find('\t', at);
        if (begin != std::string::npos) {
            file.replace(begin + 1, file.find_first_of("\t\n", begin + 1) - begin - 1, values[below(values.size())]);
        }
    }
    void insert_nonsense(std::string& file, std::size_t at)
    {
        constexpr std::array pieces{"\xff\xfe", "\xc0\x80", "\xed\xa0\x80", "\r\n", "\n\n", "\\", "\t\t\t", "\x1b[31m"};
        if (below(1000) == 0) {
            file.insert(at, 1 + below(1U << 18U), "\t0a\n\\\xff"[below(6)]);  // a very long line, or many
        } else {
            file.insert(at, pieces[below(pieces.size())]);
        }
    }

    std::mt19937_64 random_;
    std::string other_;
};

/// What is returned is exactly what stands in the whole lines before the first one that is not the original's.
void check(const std::string& damaged, const Original& original)
{
    const record::Reading reading = record::read(damaged);
    if (damaged == original.bytes) {
        REQUIRE(reading.closed);
        return;
    }
    const std::size_t lines = original.lines_shared(damaged);
    const std::string place = lines == 0 ? "line " : "line " + std::to_string(lines + 1) + ": ";
    const bool agrees = reading.record == original.readings[lines].record;
    const bool says_where = reading.trouble.starts_with(place);
    const bool is_clear = reading.trouble.size() < 300 &&
                          reading.trouble.find_first_of(std::string_view{"\0\t\n\r\x1b\xff", 6}) == std::string::npos;
    if (reading.closed || !agrees || !says_where || !is_clear) {
        CAPTURE(lines, reading.closed, agrees, reading.trouble, damaged);
        FAIL("a damaged record was not read up to its damage");
    }
}

/// The other file's first lines may be all that is left.
void check_either(const std::string& damaged, const Original& original, const Original& other)
{
    check(damaged, other.lines_shared(damaged) > original.lines_shared(damaged) ? other : original);
}

}  // namespace

TEST_CASE("every prefix of a record file gives the records in its whole lines, and one trouble")
{
    const Original original{small_record("t", 1)};
    REQUIRE(original.readings.size() == 13);
    REQUIRE(original.readings.back().closed);
    for (std::size_t length = 0; length < original.bytes.size(); ++length) {
        check(original.bytes.substr(0, length), original);
    }
    CHECK_FALSE(original.readings.at(1).record);
    CHECK(original.readings.at(2).record->attempt == original.readings.back().record->attempt);
    CHECK(original.readings.at(5).record->interpreters == original.readings.back().record->interpreters);
    CHECK(original.readings.at(8).record->phases.size() == 3);
}

TEST_CASE("damaged record files, of every kind, give the records before the damage, and one trouble")
{
    const std::uint64_t seed = seed_or(1);
    CAPTURE(seed);
    const Original original{small_record("t", 1)};
    const Original other{small_record("s", 3)};
    Damage damage{seed, other.bytes};
    for (int trial = 0; trial < GAGGLE_DAMAGED_RECORDS; ++trial) {
        check_either(damage.applied_to(original.bytes), original, other);
    }
}

TEST_CASE("a record file that goes on after its closing line is not closed, and its records are kept")
{
    const Original original{small_record("t", 1)};
    for (const std::string more : {"x", "x\n", "\n", "\0", "end\t1\t2\n"}) {
        check(original.bytes + more, original);
    }
    check(original.bytes + original.bytes, original);
    CHECK_THAT(record::read(original.bytes + original.bytes).trouble, has_text("more after the closing line"));
}

TEST_CASE("numbers in a damaged record file do not decide how much memory it takes")
{
    std::string bytes = record::write(small_record("t", 1));
    bytes.insert(bytes.find("\tn0\t") + 1, std::string(1'000'000, '\t'));
    const auto before = mallinfo2();
    const record::Reading reading = record::read(bytes);
    const auto after = mallinfo2();
    CHECK_THAT(reading.trouble, has_text("line 3: damaged or out of place"));
    CHECK(after.uordblks + after.hblkhd < before.uordblks + before.hblkhd + 100'000);
}

TEST_CASE("a record of version 1, without checks, is read, and nothing of it is trusted when it was changed")
{
    const std::string bytes =
        "gaggle-record\t1\n"
        "attempt\tt\t4\t9\t0\tslurm\t0\t0\t1\t1\th\t0.1\t0\t0\t0\t0\t0\t0\t\n"
        "gaggle\t0\tn0\tCompleted\t\t0\t0\t0\t0\t0\t0\t0\t0\t\n"
        "interpreter\t0\t0\tExited\t0\t\t1\t100\t0\t0\t0\t0\t0\t0\t0\t0\t0\n"
        "end\t4\t4618981695554637030\n";
    const record::Reading reading = record::read(bytes);
    INFO(reading.trouble);
    REQUIRE(reading.closed);
    CHECK(reading.record->interpreters.at(0).exit_ns == 100);

    std::string changed = bytes;
    changed.replace(changed.find("\t100\t"), 5, "\t900\t");
    CHECK_THAT(record::read(changed).trouble, has_text("line 5: the closing line does not agree"));
    CHECK_FALSE(record::read(changed).record);
    const record::Reading torn = record::read(bytes.substr(0, bytes.size() - 5));
    CHECK_FALSE(torn.closed);
    CHECK(torn.record->interpreters.size() == 1);
}
