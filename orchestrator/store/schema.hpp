#pragma once

#include "core/embedded.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <span>

/// The schema of results.db: sql/migrations/ and sql/views/. Its version is PRAGMA user_version, the number of
/// migrations applied. Errors of SQLite pass through; a database that is not ours or too new is Error(Store).
namespace gaggle::store {

/// sql/views: those that every store has.
std::span<const EmbeddedFile> view_files();

/// Throws Error(Store) unless this gaggle can read the database as it is.
void check_readable(SQLite::Database& database, const std::filesystem::path& file);

/// Whether migrate() would change it: an older gaggle wrote it. Throws Error(Store) for one that is not ours or newer.
[[nodiscard]] bool is_behind(SQLite::Database& database, const std::filesystem::path& file);

/// Whether each view of this gaggle is in the database, with its text.
[[nodiscard]] bool has_our_views(SQLite::Database& database);

/// Throws Error(Store) if the database is a newer gaggle's, or none of ours. Writes nothing.
void check_not_newer(SQLite::Database& database, const std::filesystem::path& file);

/// Brings the database up to date: an empty one gets everything, an older one what it lacks, each migration in its
/// own transaction; then the views, if their text differs from this gaggle's. Throws Error(Store) for a newer one.
void migrate(SQLite::Database& database, const std::filesystem::path& file);

}  // namespace gaggle::store
