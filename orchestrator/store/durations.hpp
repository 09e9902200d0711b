#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;

namespace gaggle::store {

/// Durations as a row of the table `durations` has them, whose migration says how (sql/migrations/0012-summaries.sql).
[[nodiscard]] std::string pack(std::vector<std::int64_t> durations_ns);
/// Appends those that were packed, in ascending order; false if the bytes end in the middle of one.
[[nodiscard]] bool unpack(std::string_view packed, std::vector<std::int64_t>& durations_ns);

/// Adds to a connection the aggregates over such rows, which give NULL if there is none:
///
///     pack(ns)                    packed, of integers
///     packed_quantile(packed, p)  as quantile(), of all durations of all pieces
///     packed_quantiles(packed, '[p, …]')  several of them, as a JSON array
///     packed_outliers(packed)     how many of them are beyond 3.5 by modified_z(); NULL also if their MAD is 0
///
/// Quantiles are in ns. Throws SQLite::Exception.
void add_duration_functions(sqlite3* database);

}  // namespace gaggle::store
