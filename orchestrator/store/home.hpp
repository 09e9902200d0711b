#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>

/// Where a store lies. Its database says where it was written last; one that lies elsewhere was moved or copied. The
/// jobs of a copied store are the original's, and its records go to the original: a copy is only for reading.
/// Errors of SQLite pass through.
namespace gaggle::store {

/// For readers and writers. A database that lies elsewhere may have been copied in the middle of a write: reads all of
/// it and throws Error(Store) if it is damaged. Otherwise quick.
void check_whole_if_elsewhere(SQLite::Database& database, const std::filesystem::path& directory);

/// Whether the database says that it lies in `directory`, by whatever name.
[[nodiscard]] bool is_at_home(SQLite::Database& database, const std::filesystem::path& directory);

/// For writers. Throws Error(Store) if the store in `directory` is a copy of one that is still where it was.
void check_no_copy(SQLite::Database& database, const std::filesystem::path& directory);

/// For writers, once it is no copy: says that the store lies in `directory`, unless it says so.
void settle_in(SQLite::Database& database, const std::filesystem::path& directory);

}  // namespace gaggle::store
