#include "orchestrator/store/schema.hpp"

#include "core/embedded.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace gaggle::store {

std::span<const EmbeddedFile> migration_files();

namespace {

constexpr std::int64_t application_id = 0x6761676C;  // "gagl"; set by the first migration

std::int64_t number(SQLite::Database& database, const char* sql)
{
    return database.execAndGet(sql).getInt64();
}

/// SQLite takes what is missing of the last page for zeros.
void check_size(SQLite::Database& database, const std::filesystem::path& file)
{
    const auto page = static_cast<std::uintmax_t>(number(database, "PRAGMA page_size"));
    if (const std::uintmax_t size = std::filesystem::file_size(file); size % page != 0) {
        throw Error{ExitCode::Store, fmt::format("{} is cut off: it has {} bytes, expected whole pages of {}",
                                                 file.string(), size, page)};
    }
}

/// The number of migrations applied, 0 for an empty database; throws if it is not ours or too new.
std::size_t version_of(SQLite::Database& database, const std::filesystem::path& file)
{
    const std::int64_t version = number(database, "PRAGMA user_version");
    const std::int64_t application = number(database, "PRAGMA application_id");
    check_size(database, file);
    const bool empty = number(database, "SELECT count(*) FROM sqlite_schema") == 0;
    if (empty && application == 0 && version == 0) {
        return 0;
    }
    if (application != application_id || version < 1) {
        throw Error{ExitCode::Store, fmt::format("{} is not a gaggle store's database", file.string())};
    }
    const std::size_t known = migration_files().size();
    if (static_cast<std::size_t>(version) > known) {
        throw Error{ExitCode::Store,
                    fmt::format("{} was written by a newer gaggle: its schema is version {}, this gaggle "
                                "knows {}",
                                file.string(), version, known)};
    }
    return static_cast<std::size_t>(version);
}

/// A view as SQLite keeps it: from CREATE VIEW to before the last semicolon.
std::string statement_of(const EmbeddedFile& view)
{
    const std::size_t begin = view.text.find("CREATE VIEW ");
    return std::string{view.text.substr(begin, view.text.rfind(';') - begin)};
}

std::string name_of(const EmbeddedFile& file)
{
    return std::string{file.name.substr(0, file.name.rfind('.'))};
}

std::map<std::string, std::string> views_in(SQLite::Database& database)
{
    std::map<std::string, std::string> views;
    SQLite::Statement query{database, "SELECT name, sql FROM sqlite_schema WHERE type = 'view'"};
    while (query.executeStep()) {
        views.emplace(query.getColumn(0).getString(), query.getColumn(1).getString());
    }
    return views;
}

void drop_our_views(SQLite::Database& database)
{
    const auto present = views_in(database);
    for (const EmbeddedFile& file : view_files()) {
        if (const std::string name = name_of(file); present.contains(name)) {
            // A name cannot be bound; this one is a file name of sql/views/.
            database.exec("DROP VIEW " + name);
        }
    }
}

void refresh_views(SQLite::Database& database)
{
    if (has_our_views(database)) {
        return;
    }
    SQLite::Transaction transaction{database, SQLite::TransactionBehavior::IMMEDIATE};
    drop_our_views(database);
    for (const EmbeddedFile& file : view_files()) {
        database.exec(std::string{file.text});
    }
    transaction.commit();
}

/// Throws if a row refers to one that is not there: then nothing is changed.
void check_references(SQLite::Database& database, const std::filesystem::path& file, const EmbeddedFile& migration)
{
    SQLite::Statement query{database, "PRAGMA foreign_key_check"};
    if (query.executeStep()) {
        throw Error{
            ExitCode::Store,
            fmt::format("{} cannot be brought up to date by {}: a row of '{}' refers to one of '{}' that is "
                        "not there",
                        file.string(), migration.name, query.getColumn(0).getString(), query.getColumn(2).getString())};
    }
}

}  // namespace

void check_readable(SQLite::Database& database, const std::filesystem::path& file)
{
    if (version_of(database, file) == 0) {
        throw Error{ExitCode::Store, fmt::format("{} is empty: nothing was ever planned in this store", file.string())};
    }
}

bool is_behind(SQLite::Database& database, const std::filesystem::path& file)
{
    const std::size_t version = version_of(database, file);
    return version > 0 && version < migration_files().size();
}

bool has_our_views(SQLite::Database& database)
{
    const auto present = views_in(database);
    return std::ranges::all_of(view_files(), [&](const EmbeddedFile& file) {
        const auto found = present.find(name_of(file));
        return found != present.end() && found->second == statement_of(file);
    });
}

void check_not_newer(SQLite::Database& database, const std::filesystem::path& file)
{
    static_cast<void>(version_of(database, file));
}

void migrate(SQLite::Database& database, const std::filesystem::path& file)
{
    const auto migrations = migration_files();
    // A table that others refer to is made anew without foreign keys; inside a transaction this would do nothing.
    database.exec("PRAGMA foreign_keys = OFF");
    for (std::size_t version = version_of(database, file); version < migrations.size(); ++version) {
        SQLite::Transaction transaction{database, SQLite::TransactionBehavior::IMMEDIATE};
        // A view of tables that are about to change would make ALTER TABLE fail; refresh_views brings them back.
        drop_our_views(database);
        database.exec(std::string{migrations[version].text});
        if (number(database, "PRAGMA user_version") != static_cast<std::int64_t>(version) + 1) {
            throw Error{ExitCode::Store, fmt::format("migration {} does not set user_version {}",
                                                     migrations[version].name, version + 1)};
        }
        check_references(database, file, migrations[version]);
        transaction.commit();
    }
    database.exec("PRAGMA foreign_keys = ON");
    refresh_views(database);
}

}  // namespace gaggle::store
