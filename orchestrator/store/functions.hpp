#pragma once

struct sqlite3;

namespace gaggle::store {

/// Gives a connection the functions of core/statistics.hpp: median(x), quantile(x, p), drift(x, y) and the others of
/// docs/data-model.md. Throws SQLite::Exception.
void add_functions(sqlite3* database);

}  // namespace gaggle::store
