#include "orchestrator/store/home.hpp"

#include "core/error.hpp"
#include "orchestrator/store/impl.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <string>

namespace gaggle::store {

namespace {

namespace fs = std::filesystem;

struct Home {
    std::string identity;
    fs::path directory;
};

/// Empty for a store that has never said so.
std::optional<Home> home_of(SQLite::Database& database)
{
    SQLite::Statement query{database, "SELECT identity, directory FROM store"};
    if (!query.executeStep()) {
        return std::nullopt;
    }
    return Home{query.getColumn(0).getString(), query.getColumn(1).getString()};
}

/// One file under two names: a path through a symbolic link, an automounter, another mount.
bool is_same_file(const fs::path& one, const fs::path& other)
{
    std::error_code absent;
    return fs::equivalent(one, other, absent);
}

bool lies_elsewhere(const Home& home, const fs::path& directory)
{
    return home.directory != directory && !is_same_file(home.directory / "results.db", directory / "results.db");
}

/// What the store in `directory` calls itself; empty if there is certainly none.
std::optional<std::string> identity_in(const fs::path& directory)
{
    const fs::path file = directory / "results.db";
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return std::nullopt;
        }
        throw system_error(ExitCode::Store, "see whether this is a copy of", file.string(), errno);
    }
    SQLite::Database original{file.string(), SQLite::OPEN_READONLY, Connection::busy_timeout_ms};
    const std::optional<Home> home = home_of(original);
    return home ? std::optional{home->identity} : std::nullopt;
}

}  // namespace

void check_whole_if_elsewhere(SQLite::Database& database, const fs::path& directory)
{
    const std::optional<Home> home = home_of(database);
    if (!home || !lies_elsewhere(*home, directory)) {
        return;
    }
    const std::string found = database.execAndGet("PRAGMA integrity_check(1)").getString();
    SQLite::Statement orphans{database, "PRAGMA foreign_key_check"};
    if (found != "ok" || orphans.executeStep()) {
        throw Error{ExitCode::Store, fmt::format("{} was copied from {} while that was written, and is damaged ({}): "
                                                 "copy the store again while no gaggle works in it",
                                                 (directory / "results.db").string(), home->directory.string(),
                                                 found != "ok" ? found.substr(0, found.find('\n'))
                                                               : "rows refer to rows that are not there")};
    }
}

void check_no_copy(SQLite::Database& database, const fs::path& directory)
{
    const std::optional<Home> home = home_of(database);
    if (home && lies_elsewhere(*home, directory) && identity_in(home->directory) == home->identity) {
        throw Error{ExitCode::Store,
                    fmt::format("store {} is a copy of {}, whose jobs and records these are: it is only for reading "
                                "('gaggle status', 'gaggle sql') while the original is there",
                                directory.string(), home->directory.string())};
    }
}

bool is_at_home(SQLite::Database& database, const fs::path& directory)
{
    const std::optional<Home> home = home_of(database);
    return home && !lies_elsewhere(*home, directory);
}

void settle_in(SQLite::Database& database, const fs::path& directory)
{
    if (is_at_home(database, directory)) {
        return;
    }
    SQLite::Statement insert{database,
                             "INSERT INTO store (only, identity, directory) VALUES (1, ?1, ?2) "
                             "ON CONFLICT DO UPDATE SET directory = ?2"};
    insert.bind(1, draw_token());
    insert.bind(2, directory.string());
    insert.exec();
}

}  // namespace gaggle::store
