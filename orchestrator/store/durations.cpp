#include "orchestrator/store/durations.hpp"

#include "orchestrator/store/json.hpp"
#include "orchestrator/store/sorted_runs.hpp"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <bit>
#include <exception>
#include <memory>
#include <new>
#include <utility>

namespace gaggle::store {

namespace {

constexpr unsigned bits_per_byte = 7;
constexpr unsigned char more_follows = 0x80;

void append(std::string& packed, std::uint64_t number)
{
    for (; number >= more_follows; number >>= bits_per_byte) {
        packed += static_cast<char>((number & (more_follows - 1U)) | more_follows);
    }
    packed += static_cast<char>(number);
}

/// n ≥ 0: 2n; n < 0: −2n − 1.
std::uint64_t folded(std::int64_t number)
{
    const auto bits = std::bit_cast<std::uint64_t>(number);
    return number < 0 ? ~(bits << 1U) : bits << 1U;
}
std::uint64_t unfolded(std::uint64_t bits)
{
    return (bits & 1U) != 0 ? ~(bits >> 1U) : bits >> 1U;
}

/// What an aggregate has seen. SQLite keeps a pointer's worth of zeroed memory per group.
struct Seen {
    std::vector<std::int64_t> integers;  ///< pack()
    SortedRuns durations_ns;             ///< the others
    std::vector<double> probabilities;   ///< of packed_quantile, packed_quantiles
};

Seen*& seen_in(sqlite3_context* context)
{
    auto** const kept = static_cast<Seen**>(sqlite3_aggregate_context(context, sizeof(void*)));
    if (kept == nullptr) {
        throw std::bad_alloc{};
    }
    return *kept;
}

/// Runs `work` on what was seen so far; SQLite calls from C.
template <class Work>
void with_seen(sqlite3_context* context, Work&& work)
{
    try {
        Seen*& seen = seen_in(context);
        if (seen == nullptr) {
            seen = new Seen;
        }
        work(*seen);
    } catch (const std::bad_alloc&) {
        sqlite3_result_error_nomem(context);
    }
}

void take_integer(sqlite3_context* context, int /*count*/, sqlite3_value** values)
{
    with_seen(context, [&](Seen& seen) { seen.integers.push_back(sqlite3_value_int64(values[0])); });
}

/// A number, or the numbers of a JSON array; empty if it is neither.
std::vector<double> numbers_of(sqlite3_value* value)
{
    if (const int type = sqlite3_value_type(value); type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
        return {sqlite3_value_double(value)};
    }
    const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    const auto array = nlohmann::json::parse(text == nullptr ? "" : text, nullptr, false);
    const bool is_numbers =
        array.is_array() && std::ranges::all_of(array, [](const auto& one) { return one.is_number(); });
    return is_numbers ? array.get<std::vector<double>>() : std::vector<double>{};
}

void take_packed(sqlite3_context* context, int count, sqlite3_value** values)
{
    with_seen(context, [&](Seen& seen) {
        const auto* const bytes = static_cast<const char*>(sqlite3_value_blob(values[0]));
        const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[0]));
        if (!unpack({bytes, size}, seen.durations_ns.numbers())) {
            sqlite3_result_error(context, "packed durations are damaged", -1);
        }
        seen.durations_ns.end_run();
        if (count > 1 && seen.probabilities.empty()) {
            seen.probabilities = numbers_of(values[1]);
        }
    });
}

/// `give` the result of what was seen; NULL if that is nothing.
template <class Give>
void finish(sqlite3_context* context, Give&& give)
{
    try {
        Seen*& kept = seen_in(context);
        const std::unique_ptr<Seen> seen{std::exchange(kept, nullptr)};
        if (!seen || (seen->integers.empty() && seen->durations_ns.empty())) {
            sqlite3_result_null(context);
            return;
        }
        give(*seen);
    } catch (const std::bad_alloc&) {
        sqlite3_result_error_nomem(context);
    }
}

void finish_pack(sqlite3_context* context)
{
    finish(context, [&](Seen& seen) {
        const std::string packed = pack(std::move(seen.integers));
        sqlite3_result_blob(context, packed.data(), static_cast<int>(packed.size()), SQLITE_TRANSIENT);
    });
}

/// `give` the quantiles at the probabilities that were asked for.
template <class Give>
void finish_with_quantiles(sqlite3_context* context, Give&& give)
{
    finish(context, [&](Seen& seen) {
        std::vector<double> quantiles = seen.probabilities;
        if (quantiles.empty() || !std::ranges::all_of(quantiles, [](double p) { return p >= 0 && p <= 1; })) {
            sqlite3_result_error(
                context, "packed durations: expected a probability between 0 and 1, or a JSON array of them", -1);
            return;
        }
        std::ranges::transform(quantiles, quantiles.begin(), [&](double p) { return seen.durations_ns.quantile(p); });
        give(quantiles);
    });
}

void finish_quantile(sqlite3_context* context)
{
    finish_with_quantiles(context,
                          [&](const std::vector<double>& found) { sqlite3_result_double(context, found.front()); });
}

void finish_quantiles(sqlite3_context* context)
{
    finish_with_quantiles(context, [&](const std::vector<double>& found) {
        sqlite3_result_text(context, json(found).c_str(), -1, SQLITE_TRANSIENT);
    });
}

void finish_outliers(sqlite3_context* context)
{
    finish(context, [&](Seen& seen) {
        if (const auto outliers = seen.durations_ns.outliers()) {
            sqlite3_result_int64(context, static_cast<sqlite3_int64>(*outliers));
        } else {
            sqlite3_result_null(context);  // as the sum over modified_z() would be
        }
    });
}

}  // namespace

std::string pack(std::vector<std::int64_t> durations_ns)
{
    std::ranges::sort(durations_ns);
    std::string packed;
    std::uint64_t before = 0;
    for (const std::int64_t& one : durations_ns) {
        const auto bits = std::bit_cast<std::uint64_t>(one);
        append(packed, &one == durations_ns.data() ? folded(one) : bits - before);
        before = bits;
    }
    return packed;
}

bool unpack(std::string_view packed, std::vector<std::int64_t>& durations_ns)
{
    std::uint64_t before = 0;
    std::uint64_t number = 0;
    unsigned shift = 0;
    bool is_first = true;
    for (const char byte : packed) {
        const auto bits = static_cast<unsigned char>(byte);
        number |= static_cast<std::uint64_t>(bits & (more_follows - 1U)) << shift;
        if ((bits & more_follows) != 0) {
            shift += bits_per_byte;
            if (shift >= 64) {
                return false;
            }
            continue;
        }
        before = is_first ? unfolded(number) : before + number;
        durations_ns.push_back(std::bit_cast<std::int64_t>(before));
        is_first = false;
        number = 0;
        shift = 0;
    }
    return shift == 0;
}

void add_duration_functions(sqlite3* database)
{
    struct Function {
        const char* name;
        int arguments;
        void (*step)(sqlite3_context*, int, sqlite3_value**);
        void (*finish)(sqlite3_context*);
    };
    const std::array functions{Function{"pack", 1, take_integer, finish_pack},
                               Function{"packed_quantile", 2, take_packed, finish_quantile},
                               Function{"packed_quantiles", 2, take_packed, finish_quantiles},
                               Function{"packed_outliers", 1, take_packed, finish_outliers}};
    for (const Function& one : functions) {
        const int code =
            sqlite3_create_function_v2(database, one.name, one.arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                                       nullptr, one.step, one.finish, nullptr);
        if (code != SQLITE_OK) {
            throw SQLite::Exception{database, code};
        }
    }
}

}  // namespace gaggle::store
