#pragma once

#include "core/error.hpp"
#include "orchestrator/store/lock.hpp"
#include "orchestrator/store/store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gaggle::store {

/// A value as NULL where the schema says that zero, or nothing, means "there is none".
template <std::integral T>
[[nodiscard]] std::optional<T> null_if_zero(T value)
{
    return value == T{} ? std::nullopt : std::optional{value};
}
[[nodiscard]] inline std::optional<std::string> null_if_empty(const std::string& text)
{
    return text.empty() ? std::nullopt : std::optional{text};
}

/// A prepared statement lent for one use: reset when the use ends, so that no lock outlives it.
class Use {
public:
    explicit Use(SQLite::Statement& statement) : statement_(statement) {}
    ~Use() { statement_.tryReset(); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    /// Binds all parameters in order; empty optionals are NULL.
    template <class... Values>
    Use& bind(const Values&... values)
    {
        statement_.reset();
        int index = 0;
        (put(++index, values), ...);
        return *this;
    }
    /// Runs a statement without results; returns the number of rows changed.
    int run()
    {
        statement_.reset();
        return statement_.exec();
    }
    [[nodiscard]] bool next() { return statement_.executeStep(); }

    [[nodiscard]] std::int64_t integer(int column) { return statement_.getColumn(column).getInt64(); }
    [[nodiscard]] unsigned small(int column) { return static_cast<unsigned>(integer(column)); }
    [[nodiscard]] std::string text(int column) { return statement_.getColumn(column).getString(); }  ///< NULL: ""
    [[nodiscard]] bool null(int column) { return statement_.getColumn(column).isNull(); }

private:
    template <class T>
    void put(int index, const T& value)
    {
        if constexpr (std::is_enum_v<T>) {
            statement_.bind(index, std::string{to_string(value)});
        } else if constexpr (std::integral<T>) {
            statement_.bind(index, static_cast<std::int64_t>(value));
        } else {
            statement_.bind(index, std::string{value});
        }
    }
    template <class T>
    void put(int index, const std::optional<T>& value)
    {
        if (value) {
            put(index, *value);
        } else {
            statement_.bind(index);
        }
    }

    SQLite::Statement& statement_;
};

/// A role as the schema spells it.
[[nodiscard]] inline Role role_in(const std::string& text)
{
    Role role{};
    if (!from_string(text, role)) {
        throw Error{ExitCode::Store, fmt::format("a cell has the unknown role '{}'", text)};
    }
    return role;
}

/// A database and the statements prepared on it.
class Connection {
public:
    Connection(const std::filesystem::path& file, int flags) : database_(file.string(), flags, busy_timeout_ms) {}

    [[nodiscard]] SQLite::Database& database() { return database_; }
    /// Lends the statement, which is prepared once. `sql` must be a literal: its address is not copied.
    [[nodiscard]] Use use(const char* sql) { return Use{statements_.try_emplace(sql, database_, sql).first->second}; }

    /// A plain reader in the middle of a long query holds up our commits; we wait for it so long.
    static constexpr int busy_timeout_ms = 30'000;

private:
    SQLite::Database database_;
    std::map<std::string_view, SQLite::Statement> statements_;
};

/// Members are destroyed from the last: connections, and only then the lock.
struct Store::Impl {
    std::filesystem::path directory;       ///< absolute
    std::optional<WriterLock> lock;        ///< empty: opened for reading
    std::optional<Connection> connection;  ///< never empty in an opened Store
    std::optional<Connection> reader;      ///< for query(): read-only; opened at its first use

    [[nodiscard]] std::filesystem::path database_file() const { return directory / "results.db"; }
    [[nodiscard]] Use use(const char* sql) { return connection->use(sql); }

    /// Runs `work`; SQLite's exceptions become Error(Store) "cannot OPERATION FILE: …".
    template <class Work>
    auto guarded(std::string_view operation, Work&& work) const
    {
        try {
            return std::forward<Work>(work)();
        } catch (const SQLite::Exception& problem) {
            throw Error{ExitCode::Store,
                        fmt::format("cannot {} {}: {}", operation, database_file().string(), problem.what())};
        }
    }
    /// One transaction, committed when `work` returns.
    template <class Work>
    void write(Work&& work)
    {
        guarded("write", [&] {
            SQLite::Transaction transaction{connection->database(), SQLite::TransactionBehavior::IMMEDIATE};
            std::forward<Work>(work)();
            transaction.commit();
        });
    }

    /// The arrays of an experiment, or of all experiments those that are submitted and unfinished, or have an
    /// attempt in the state `also`.
    [[nodiscard]] std::vector<ArrayRow> arrays(std::optional<ExperimentId> experiment,
                                               std::optional<AttemptState> also = std::nullopt);

    /// The state by its name in the database. Throws Error(Store) if it is none of ours.
    [[nodiscard]] AttemptState state_of(AttemptId attempt, const std::string& name) const;
};

/// The files of an array from the relative paths in the database.
[[nodiscard]] plan::ArrayFiles array_files(const std::filesystem::path& store, const std::filesystem::path& folder,
                                           const std::filesystem::path& worker_file);

/// The id that a new experiment gets, and its folder relative to the store; the writer's lock keeps both ours. The id
/// is higher than every experiment's in the database and every folder's: a folder without a row was left by a crash, or
/// the database was restored from a copy, and either way it is not ours to write into.
struct NewExperiment {
    ExperimentId id;
    std::filesystem::path folder;
};
[[nodiscard]] NewExperiment new_experiment(Connection& connection, const std::filesystem::path& store,
                                           const std::string& name);

/// Where a further array of the experiment goes: higher than every array's position in the database and every folder's
/// in `arrays`, for a folder without a row was left by a crash.
[[nodiscard]] std::int64_t next_array_position(Connection& connection, ExperimentId experiment,
                                               const std::filesystem::path& arrays);

/// A fresh identity of an array: 128 random bits in hexadecimal.
[[nodiscard]] std::string draw_token();

/// Creates an array's folder with its specification and its script. Their names are durable once the folder above
/// was synced.
void write_array(const std::filesystem::path& store, const std::filesystem::path& folder, const plan::Plan& plan,
                 const plan::Array& array, const std::string& token, const std::filesystem::path& worker_file,
                 const std::string& template_text);

/// The attempts of a new array, all Planned, inside a transaction: task i measures repetitions[i].
void insert_attempts(Connection& connection, ArrayId array, const std::vector<unsigned>& repetitions);

/// Replaces an attempt's gaggles, interpreters and phases, inside a transaction. A line of the record that
/// contradicts an earlier one, or belongs to none, is left out: judge_attempt has said so in the state.
void replace_record_rows(Connection& connection, AttemptId attempt, const record::Record& record);

}  // namespace gaggle::store
