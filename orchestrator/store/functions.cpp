#include "orchestrator/store/functions.hpp"

#include "core/statistics.hpp"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <array>
#include <cmath>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gaggle::store {

namespace {

using statistics::Pair;
using Number = std::optional<double>;  // empty: NULL

/// What an aggregate has seen: the rows in which no argument was NULL; y is 0 for a function of one argument.
using Rows = std::vector<Pair>;

std::vector<double> xs(const Rows& rows)
{
    std::vector<double> values;
    values.reserve(rows.size());
    for (const Pair& row : rows) {
        values.push_back(row.x);
    }
    return values;
}

template <double statistics::Interval::*end>
Number end_of(const std::optional<statistics::Interval>& interval)
{
    return interval ? Number{(*interval).*end} : std::nullopt;
}

/// `compute(rows)`, kept until there are others: a query asks for both ends of an interval and for what it surrounds, of the
/// same rows one after the other, and some take longer than all the rest: a trend is quadratic, a break-even is drawn.
template <auto compute>
const auto& kept(const Rows& rows)
{
    thread_local std::optional<std::pair<Rows, decltype(compute(rows))>> last;
    if (!last || last->first != rows) {
        last.emplace(rows, compute(rows));
    }
    return last->second;
}

std::optional<statistics::Interval> median_interval(const Rows& rows)
{
    return statistics::median_interval(xs(rows));
}

/// The relative change of y while x grows by 1: of a trend in log(y).
std::optional<statistics::Trend> trend_of_logarithms(const Rows& rows)
{
    Rows logarithms = rows;
    for (Pair& row : logarithms) {
        row.y = std::log(row.y);
    }
    return statistics::trend(std::move(logarithms));
}

template <double statistics::Interval::*end>
Number median_end(const Rows& rows)
{
    return end_of<end>(kept<median_interval>(rows));
}
template <double statistics::Interval::*end>
Number ratio_end(const Rows& rows)
{
    return end_of<end>(kept<statistics::paired_ratio>(rows).interval);
}
template <double statistics::Interval::*end>
Number break_even_end(const Rows& rows)
{
    return end_of<end>(kept<statistics::break_even>(rows).interval);
}
template <double statistics::Interval::*end>
Number exponent_end(const Rows& rows)
{
    const auto& law = kept<statistics::fit_power_law>(rows);
    return law ? end_of<end>(law->exponent_interval) : std::nullopt;
}
template <double statistics::PowerLaw::*field>
Number of_power_law(const Rows& rows)
{
    const auto& law = kept<statistics::fit_power_law>(rows);
    return law ? Number{(*law).*field} : std::nullopt;
}
template <double statistics::Interval::*end>
Number drift_end(const Rows& rows)
{
    const auto& found = kept<trend_of_logarithms>(rows);
    const Number change = found ? end_of<end>(found->interval) : std::nullopt;
    return change ? Number{std::expm1(*change)} : std::nullopt;
}
Number median_of(const Rows& rows)
{
    return statistics::median(xs(rows));
}
Number mad_of(const Rows& rows)
{
    return statistics::median_absolute_deviation(xs(rows));
}
Number quantile_of(const Rows& rows)  // y is the probability, the same in each row
{
    return statistics::quantile(xs(rows), rows.front().y);
}
Number ratio_of(const Rows& rows)
{
    return kept<statistics::paired_ratio>(rows).value;
}
Number break_even_of(const Rows& rows)
{
    return kept<statistics::break_even>(rows).uses;
}
Number drift_of(const Rows& rows)
{
    const auto& found = kept<trend_of_logarithms>(rows);
    return found ? Number{std::expm1(found->slope)} : std::nullopt;
}
Number drift_p(const Rows& rows)
{
    const auto& found = kept<trend_of_logarithms>(rows);
    return found ? Number{found->p} : std::nullopt;
}

enum class Takes { any, probability, positive, positive_y };  ///< what y, or x and y, have to be

struct Aggregate {
    const char* name;
    int arguments;
    Takes takes;
    Number (*of)(const Rows& rows);  ///< of at least one row
};

constexpr auto low = &statistics::Interval::low;
constexpr auto high = &statistics::Interval::high;
constexpr std::array aggregates{
    Aggregate{"median", 1, Takes::any, median_of},
    Aggregate{"median_low", 1, Takes::any, median_end<low>},
    Aggregate{"median_high", 1, Takes::any, median_end<high>},
    Aggregate{"mad", 1, Takes::any, mad_of},
    Aggregate{"quantile", 2, Takes::probability, quantile_of},
    Aggregate{"ratio", 2, Takes::positive, ratio_of},
    Aggregate{"ratio_low", 2, Takes::positive, ratio_end<low>},
    Aggregate{"ratio_high", 2, Takes::positive, ratio_end<high>},
    Aggregate{"break_even", 2, Takes::any, break_even_of},
    Aggregate{"break_even_low", 2, Takes::any, break_even_end<low>},
    Aggregate{"break_even_high", 2, Takes::any, break_even_end<high>},
    Aggregate{"exponent", 2, Takes::positive, of_power_law<&statistics::PowerLaw::exponent>},
    Aggregate{"exponent_low", 2, Takes::positive, exponent_end<low>},
    Aggregate{"exponent_high", 2, Takes::positive, exponent_end<high>},
    Aggregate{"r_squared", 2, Takes::positive, of_power_law<&statistics::PowerLaw::r_squared>},
    Aggregate{"drift", 2, Takes::positive_y, drift_of},
    Aggregate{"drift_low", 2, Takes::positive_y, drift_end<low>},
    Aggregate{"drift_high", 2, Takes::positive_y, drift_end<high>},
    Aggregate{"drift_p", 2, Takes::positive_y, drift_p},
};

void fail(sqlite3_context* context, const std::string& words)
{
    sqlite3_result_error(context, words.c_str(), -1);
}

void give(sqlite3_context* context, Number number)
{
    if (number) {
        sqlite3_result_double(context, *number);
    } else {
        sqlite3_result_null(context);
    }
}

/// The numbers of a call; empty if one is NULL. What is not a number is an error, and empty too.
std::optional<std::array<double, 3>> numbers(sqlite3_context* context, int count, sqlite3_value** values,
                                             const std::string& function)
{
    std::array<double, 3> found{};
    for (int i = 0; i < count; ++i) {
        switch (sqlite3_value_type(values[i])) {
            case SQLITE_INTEGER:
            case SQLITE_FLOAT: found.at(static_cast<std::size_t>(i)) = sqlite3_value_double(values[i]); break;
            case SQLITE_NULL: return std::nullopt;
            default: fail(context, function + ": expected numbers"); return std::nullopt;
        }
    }
    return found;
}

/// What of the row is not as the function needs it; "" if it is.
std::string complaint(const Aggregate& function, const Pair& row)
{
    const std::string name = function.name;
    if (!std::isfinite(row.x) || !std::isfinite(row.y)) {
        return name + ": expected finite numbers";
    }
    if (function.takes == Takes::probability && !(row.y >= 0 && row.y <= 1)) {
        return name + ": expected a probability between 0 and 1";
    }
    if (function.takes == Takes::positive && !(row.x > 0 && row.y > 0)) {
        return name + ": expected positive numbers";
    }
    if (function.takes == Takes::positive_y && !(row.y > 0)) {
        return name + ": expected a positive second number";
    }
    return "";
}

const Aggregate& function_of(sqlite3_context* context)
{
    return *static_cast<const Aggregate*>(sqlite3_user_data(context));
}

/// SQLite keeps a pointer's worth of zeroed memory per group; the rows stand behind it. Null if there is no memory.
Rows** rows_of(sqlite3_context* context)
{
    return static_cast<Rows**>(sqlite3_aggregate_context(context, sizeof(Rows*)));
}

void take_row(sqlite3_context* context, int count, sqlite3_value** values)
{
    const Aggregate& function = function_of(context);
    const auto found = numbers(context, count, values, function.name);
    if (!found) {
        return;
    }
    const Pair row{(*found)[0], (*found)[1]};
    if (const std::string words = complaint(function, row); !words.empty()) {
        fail(context, words);
        return;
    }
    try {
        Rows** rows = rows_of(context);
        if (rows == nullptr) {
            throw std::bad_alloc{};
        }
        if (*rows == nullptr) {
            *rows = new Rows;
        }
        (*rows)->push_back(row);
    } catch (const std::bad_alloc&) {  // SQLite calls from C
        sqlite3_result_error_nomem(context);
    }
}

void finish(sqlite3_context* context)
{
    Rows** kept = rows_of(context);
    const std::unique_ptr<Rows> rows{kept == nullptr ? nullptr : *kept};
    if (!rows) {
        sqlite3_result_null(context);
        return;
    }
    try {
        give(context, function_of(context).of(*rows));
    } catch (const std::exception& error) {  // SQLite calls from C
        fail(context, error.what());
    }
}

void modified_z(sqlite3_context* context, int count, sqlite3_value** values)
{
    const auto found = numbers(context, count, values, "modified_z");
    if (found) {
        give(context, statistics::modified_z_score((*found)[0], (*found)[1], (*found)[2]));
    }
}

void check(sqlite3* database, int code)
{
    if (code != SQLITE_OK) {
        throw SQLite::Exception{database, code};
    }
}

}  // namespace

void add_functions(sqlite3* database)
{
    constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    for (const Aggregate& one : aggregates) {
        void* const itself = const_cast<Aggregate*>(&one);  // NOLINT: SQLite only hands it back
        check(database, sqlite3_create_function_v2(database, one.name, one.arguments, flags, itself, nullptr, take_row,
                                                   finish, nullptr));
    }
    check(database,
          sqlite3_create_function_v2(database, "modified_z", 3, flags, nullptr, modified_z, nullptr, nullptr, nullptr));
}

}  // namespace gaggle::store
