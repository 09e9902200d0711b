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
#include <unordered_map>
#include <utility>
#include <vector>

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

/// A value that is a BLOB.
struct Bytes {
    std::string bytes;
};

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
        } else if constexpr (std::is_same_v<T, Bytes>) {
            statement_.bind(index, value.bytes.data(), static_cast<int>(value.bytes.size()));
        } else if constexpr (std::floating_point<T>) {
            statement_.bind(index, value);
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

/// A cell from five columns beginning with `first`: number, nodes, interpreters, environment's name, role.
[[nodiscard]] inline CellRow cell_in(Use& query, int first)
{
    return {.number = query.small(first),
            .nodes = query.small(first + 1),
            .interpreters = query.small(first + 2),
            .environment = query.text(first + 3),
            .role = role_in(query.text(first + 4))};
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
    std::optional<Connection> reader;      ///< a writer's, for query(): read-only; opened at its first use

    [[nodiscard]] std::filesystem::path database_file() const { return directory / "results.db"; }
    [[nodiscard]] Use use(const char* sql) { return connection->use(sql); }

    /// Opens a read-only connection that has our SQL functions, in which the database can be read: a transaction in the
    /// middle of which a writer died is undone.
    void connect_reader(std::optional<Connection>& reader, std::chrono::milliseconds patience) const;
    /// The connection for query().
    [[nodiscard]] Connection& read_only();

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

struct NewAttempt {
    std::int64_t cell = 0;  ///< its id
    unsigned repetition = 0;
};
/// The attempts of a new array, all Planned, inside a transaction: task i measures attempts[i].
void insert_attempts(Connection& connection, ArrayId array, const std::vector<NewAttempt>& attempts);

/// Puts a record's rows in place of those that its attempt had, inside a transaction, part by part. A line of the record
/// that contradicts an earlier one, or belongs to none, is left out: judge_attempt has said so in the state.
class RecordRows {
public:
    RecordRows(Connection& connection, AttemptId attempt);
    void add(const record::Record& part);
    /// After the last part: what is kept of each gaggle's and the attempt's interpreters together.
    void finish();

    /// What processes that have their rows are together.
    struct Processes {
        std::int64_t count = 0;
        std::int64_t failed = 0;
        std::int64_t first_start_ns = 0;
        std::int64_t last_start_ns = 0;
        std::int64_t last_exit_ns = 0;
        double sum_ns = 0;
    };
    /// A gaggle that has its row.
    struct Gaggle {
        std::int64_t id = 0;
        unsigned steps = 0;
        std::optional<std::int64_t> steps_ns;  ///< what they took, the mount included; none: it did nothing of it
        std::vector<std::int32_t> next_phase;  ///< per interpreter: the ordinal of its next phase; -1: has no row
        Processes interpreters;
        std::int64_t ios = 0;  ///< interpreters whose reads and writes are known; the sums are theirs
        std::int64_t read_calls = 0;
        std::int64_t write_calls = 0;
        std::int64_t read_bytes = 0;
        std::int64_t storage_read_bytes = 0;
    };
    using Gaggles = std::unordered_map<unsigned, Gaggle>;  ///< by node

private:
    /// Of one phase, those that have no row yet.
    struct Durations {
        std::vector<std::int64_t> waiting_ns;
        std::int64_t pieces = 0;
        std::int64_t ordinal = 0;  ///< the least among them
    };

    void add_duration(std::int64_t name, std::int64_t ordinal, std::int64_t begin_ns, std::int64_t end_ns);
    void write_piece(std::int64_t name, Durations& durations);
    [[nodiscard]] std::int64_t phase_name(const std::string& name);
    void insert_gaggles(const record::Record& part);
    void insert_interpreters(const record::Record& part);
    void insert_phases(const record::Record& part);

    Connection& connection_;
    AttemptId attempt_;
    Gaggles gaggles_;
    std::unordered_map<std::string, std::int64_t> phase_names_;  ///< ids; a name seen for the first time gets one
    std::map<std::int64_t, Durations> durations_;                ///< by phase name; 0: from start to exit
    std::map<std::string, Processes> controls_;                  ///< by name, on all nodes together
};

}  // namespace gaggle::store
