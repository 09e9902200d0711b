#include "orchestrator/store/store.hpp"

#include "core/clock.hpp"
#include "orchestrator/store/durations.hpp"
#include "orchestrator/store/files.hpp"
#include "orchestrator/store/functions.hpp"
#include "orchestrator/store/home.hpp"
#include "orchestrator/store/impl.hpp"
#include "orchestrator/store/schema.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <system_error>

namespace gaggle::store {

namespace {

namespace fs = std::filesystem;

fs::path absolute_directory(const fs::path& directory)
{
    // Not canonical(): a path through an automounter or a symbolic link is how every node knows it.
    const fs::path absolute = fs::absolute(directory).lexically_normal();
    return absolute.has_filename() ? absolute : absolute.parent_path();
}

/// What the system has against opening `file`, before SQLite says no more than "unable to open database file".
void check_access(const fs::path& directory, const fs::path& file, int mode)
{
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) {
        if (errno == ENOENT) {
            throw Error{ExitCode::Store, fmt::format("there is no gaggle store in {}: {} does not exist",
                                                     directory.string(), file.string())};
        }
        throw system_error(ExitCode::Store, "open", file.string(), errno);
    }
    if (!S_ISREG(status.st_mode)) {
        throw Error{ExitCode::Store, fmt::format("{} is not a gaggle store's database: not a file", file.string())};
    }
    if (::faccessat(AT_FDCWD, file.c_str(), mode, AT_EACCESS) != 0) {
        throw system_error(ExitCode::Store, (mode & W_OK) != 0 ? "write" : "read", file.string(), errno);
    }
}

/// Connection-wide settings; journal_mode is said because someone may have switched this file to WAL, which does not
/// work on NFS.
void configure_writer(SQLite::Database& database)
{
    add_duration_functions(database.getHandle());
    database.exec("PRAGMA foreign_keys = ON");
    database.exec("PRAGMA journal_mode = DELETE");
    database.exec("PRAGMA synchronous = FULL");
}

}  // namespace

plan::ArrayFiles array_files(const fs::path& store, const fs::path& folder, const fs::path& worker_file)
{
    const fs::path at = store / folder;
    return {.worker = store / worker_file,
            .spec = at / "spec",
            .records = at / "records",
            .logs = at / "logs",
            .script = at / "script.sbatch",
            .options = at / "sbatch-options"};
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

void Store::Impl::connect_reader(std::optional<Connection>& reader, std::chrono::milliseconds patience) const
{
    constexpr const char* any_read = "SELECT count(*) FROM sqlite_schema";
    reader.emplace(database_file(), SQLite::OPEN_READONLY);
    try {
        reader->database().execAndGet(any_read);
    } catch (const SQLite::Exception& problem) {
        if (problem.getExtendedErrorCode() != SQLITE_READONLY_ROLLBACK) {
            throw;
        }
        // A writer died in the middle of a transaction, which a reader's own connection must not undo.
        const WriterLock only{directory, patience};
        Connection{database_file(), SQLite::OPEN_READWRITE}.database().execAndGet(any_read);
    }
    add_functions(reader->database().getHandle());
    add_duration_functions(reader->database().getHandle());
}

void Store::bring_up_to_date(const fs::path& directory, std::chrono::milliseconds patience)
{
    try {
        static_cast<void>(open(directory, Access::write, Missing::fail, patience));
    } catch (const Error& error) {
        throw Error{error.code(), fmt::format("the store was written by an older gaggle, and cannot be brought up to "
                                              "date: {}",
                                              error.what())};
    }
}

Store Store::open(const fs::path& directory, Access access, Missing missing, std::chrono::milliseconds patience)
{
    auto impl = std::make_unique<Impl>();
    impl->directory = absolute_directory(directory);
    const fs::path file = impl->database_file();
    if (access == Access::read) {
        check_access(impl->directory, file, R_OK);
        impl->guarded("read", [&] {
            impl->connect_reader(impl->connection, patience);
            if (is_behind(impl->connection->database(), file)) {
                impl->connection.reset();
                bring_up_to_date(directory, patience);
                impl->connect_reader(impl->connection, patience);
            }
            check_readable(impl->connection->database(), file);
            check_whole_if_elsewhere(impl->connection->database(), impl->directory);
        });
        return Store{std::move(impl)};
    }
    if (missing == Missing::create) {
        make_folders(impl->directory);
    } else {
        check_access(impl->directory, file, R_OK | W_OK);
    }
    impl->lock.emplace(impl->directory, patience);
    if (fs::exists(file)) {
        check_access(impl->directory, file, R_OK | W_OK);
    }
    impl->guarded("write", [&] {
        impl->connection.emplace(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        SQLite::Database& database = impl->connection->database();
        check_not_newer(database, file);  // before anything that might change a newer gaggle's file
        configure_writer(database);
        migrate(database, file);
        check_no_copy(database, impl->directory);
        check_whole_if_elsewhere(database, impl->directory);
        settle_in(database, impl->directory);
    });
    return Store{std::move(impl)};
}

void Store::check_writable() const
{
    check_access(impl_->directory, impl_->database_file(), R_OK | W_OK);
    impl_->guarded("read", [&] { check_no_copy(impl_->connection->database(), impl_->directory); });
}

bool Store::is_settled() const
{
    return impl_->guarded("read", [&] {
        SQLite::Database& database = impl_->connection->database();
        return has_our_views(database) && is_at_home(database, impl_->directory);
    });
}

const fs::path& Store::directory() const
{
    return impl_->directory;
}

int Store::lock_descriptor() const
{
    assert(impl_->lock);
    return impl_->lock->descriptor();
}

fs::path Store::keep_worker(const fs::path& worker, const std::string& sha256)
{
    const fs::path folder = impl_->directory / "bin";
    fs::path kept = folder / ("gaggle-worker-" + sha256.substr(0, 12));
    std::error_code problem;
    if (fs::exists(kept, problem)) {
        return kept;  // a name appears only with all of its content
    }
    make_folders(folder);
    copy_file(worker, kept, 0777);
    sync_folder(folder);
    sync_folder(impl_->directory);
    return kept;
}

std::optional<ExperimentId> Store::find_experiment(const std::string& name, const std::string& file_sha256,
                                                   record::Launcher launcher) const
{
    return impl_->guarded("read", [&]() -> std::optional<ExperimentId> {
        Use query = impl_->use("SELECT max(id) FROM experiment WHERE name = ? AND file_sha256 = ? AND launcher = ?");
        if (query.bind(name, file_sha256, launcher).next() && !query.null(0)) {
            return ExperimentId{query.integer(0)};
        }
        return std::nullopt;
    });
}

std::vector<ExperimentId> Store::experiments() const
{
    return impl_->guarded("read", [&] {
        std::vector<ExperimentId> ids;
        for (Use query = impl_->use("SELECT id FROM experiment ORDER BY id"); query.next();) {
            ids.push_back(ExperimentId{query.integer(0)});
        }
        return ids;
    });
}

std::optional<ExperimentId> Store::newest_experiment() const
{
    return impl_->guarded("read", [&]() -> std::optional<ExperimentId> {
        Use query = impl_->use(R"(
            SELECT id
            FROM experiment
            WHERE launcher <> 'imported'
            ORDER BY created_unix_ns DESC, id DESC
            LIMIT 1)");
        return query.next() ? std::optional{ExperimentId{query.integer(0)}} : std::nullopt;
    });
}

void ArrayRow::add(const CellRow& cell, unsigned index, unsigned repetition)
{
    const auto found = std::ranges::find(cells, cell);
    tasks.push_back({index, static_cast<std::size_t>(found - cells.begin()), repetition});
    if (found == cells.end()) {
        cells.push_back(cell);
    }
}

std::vector<ArrayRow> Store::Impl::arrays(std::optional<ExperimentId> experiment, std::optional<AttemptState> also)
{
    Use query = use(R"(
        SELECT array.id, array.experiment_id, array.token, array.position, array.block, array.slurm_job_id,
               array.submitted_unix_ns, array.folder, experiment.worker_file, experiment.concurrent, attempt.task,
               attempt.repetition, cell.position + 1, cell.nodes, cell.interpreters, environment.name, cell.role
        FROM array
        JOIN experiment ON experiment.id = array.experiment_id
        JOIN attempt ON attempt.array_id = array.id
        JOIN cell ON cell.id = attempt.cell_id
        JOIN environment ON environment.id = cell.environment_id
        WHERE array.id IN (  -- not two conditions: all attempts would be looked at
            SELECT id
            FROM array
            WHERE experiment_id = ?1
            UNION
            SELECT array.id
            FROM attempt
            JOIN attempt_state USING (state)
            JOIN array ON array.id = attempt.array_id
            WHERE ?1 IS NULL
                AND array.submitted_unix_ns IS NOT NULL
                AND (NOT attempt_state.terminal OR state = ?2))
        ORDER BY array.experiment_id, array.position, attempt.task)");
    query.bind(experiment ? std::optional{experiment->value} : std::nullopt, also);
    std::vector<ArrayRow> rows;
    while (query.next()) {
        if (rows.empty() || rows.back().id.value != query.integer(0)) {
            ArrayRow& row = rows.emplace_back();
            row.id.value = query.integer(0);
            row.experiment.value = query.integer(1);
            row.token = query.text(2);
            row.position = static_cast<std::size_t>(query.integer(3));
            row.block = query.small(4);
            if (!query.null(5)) {
                row.job_id = static_cast<std::uint64_t>(query.integer(5));
            }
            if (!query.null(6)) {
                row.submitted_unix_ns = query.integer(6);
            }
            row.files = array_files(directory, query.text(7), query.text(8));
            row.concurrent = query.integer(9) != 0;
        }
        rows.back().add(cell_in(query, 12), query.small(10), query.small(11));
    }
    return rows;
}

std::vector<ArrayRow> Store::arrays(ExperimentId experiment) const
{
    return impl_->guarded("read", [&] { return impl_->arrays(experiment); });
}

std::vector<ArrayRow> Store::unfinished_arrays() const
{
    return impl_->guarded("read", [&] { return impl_->arrays(std::nullopt); });
}

std::vector<ArrayRow> Store::collectable_arrays() const
{
    return impl_->guarded("read", [&] { return impl_->arrays(std::nullopt, AttemptState::Lost); });
}

void Store::mark_submitted(ArrayId array, std::optional<std::uint64_t> job_id, const std::string& command_line)
{
    impl_->write([&] {
        const int changed = impl_
                                ->use(R"(
            UPDATE array SET slurm_job_id = ?, submitted_unix_ns = ?, command_line = ?, refusal = NULL WHERE id = ?)")
                                .bind(job_id, clocks::realtime_ns(), command_line, array.value)
                                .run();
        if (changed != 1) {
            throw Error{ExitCode::Store, fmt::format("array {} is not in the store", array.value)};
        }
        impl_->use("UPDATE attempt SET state = ?, reason = NULL WHERE array_id = ? AND state = ?")
            .bind(AttemptState::Pending, array.value, AttemptState::Planned)
            .run();
    });
}

void Store::mark_refused(ArrayId array, const std::string& reason)
{
    impl_->write([&] {
        if (impl_->use("UPDATE array SET refusal = ? WHERE id = ?").bind(reason, array.value).run() != 1) {
            throw Error{ExitCode::Store, fmt::format("array {} is not in the store", array.value)};
        }
        impl_->use("UPDATE attempt SET reason = ? WHERE array_id = ? AND state = ?")
            .bind(reason, array.value, AttemptState::Planned)
            .run();
    });
}

}  // namespace gaggle::store
