#include "core/embedded.hpp"
#include "orchestrator/store/files.hpp"
#include "orchestrator/store/impl.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <span>
#include <system_error>

namespace gaggle::store {

std::span<const EmbeddedFile> merge_files();

namespace {

namespace fs = std::filesystem;

/// The text of sql/merge/NAME.sql.
const char* sql_of(std::string_view name)
{
    const auto files = merge_files();
    const auto found =
        std::ranges::find_if(files, [&](const EmbeddedFile& file) { return file.name == std::string{name} + ".sql"; });
    assert(found != files.end());
    return found->text.data();
}

/// A path that a database says is in its store. It may be anybody's database: never one that leads out of it.
fs::path inside(const fs::path& store, const std::string& relative)
{
    fs::path path = fs::path{relative}.lexically_normal();
    if (path.empty() || path.is_absolute() || *path.begin() == ".." || path == ".") {
        throw Error{ExitCode::Store, fmt::format("{}: expected a path in the store, found '{}'",
                                                 (store / "results.db").string(), relative)};
    }
    return path;
}

/// Folders that this merge made. They go, unless its rows were committed.
class Made {
public:
    Made() = default;
    ~Made()
    {
        std::error_code ignored;
        for (const fs::path& folder : folders_) {
            fs::remove_all(folder, ignored);
        }
    }
    Made(const Made&) = delete;
    Made& operator=(const Made&) = delete;

    void make(const fs::path& folder)
    {
        make_folders(folder.parent_path());
        std::error_code problem;
        if (!fs::create_directory(folder, problem)) {
            throw system_error(ExitCode::Store, "create folder", folder.string(), problem ? problem.value() : EEXIST);
        }
        folders_.push_back(folder);
    }
    void keep() { folders_.clear(); }

private:
    std::vector<fs::path> folders_;
};

void copy_missing(const fs::path& from, const fs::path& to)
{
    if (fs::exists(to)) {
        return;
    }
    struct stat status {};
    if (::stat(from.c_str(), &status) != 0) {
        throw system_error(ExitCode::Store, "read", from.string(), errno);
    }
    copy_file(from, to, status.st_mode & 0777);
}

enum class Depth { files, all };

/// The regular files of a folder that are not in the other yet, with those of the folders in it if asked for. What is
/// not there cannot be brought: the rows tell what was measured.
void copy_files(const fs::path& from, const fs::path& to, Depth depth)
{
    std::error_code problem;
    fs::directory_iterator entries{from, problem};
    if (problem == std::errc::no_such_file_or_directory) {
        return;
    }
    if (problem) {
        throw system_error(ExitCode::Store, "read folder", from.string(), problem.value());
    }
    make_folders(to);
    for (const fs::directory_entry& entry : entries) {
        const fs::path target = to / entry.path().filename();
        const fs::file_type type = entry.symlink_status(problem).type();  // gaggle makes no links
        if (type == fs::file_type::regular) {
            copy_missing(entry.path(), target);
        } else if (type == fs::file_type::directory && depth == Depth::all) {
            copy_files(entry.path(), target, depth);
        }
    }
    sync_folder(to);
}

/// One merge: what comes is chosen, its files are copied, then its rows.
class Merge {
public:
    Merge(Connection& connection, const fs::path& here, const fs::path& there)
        : connection_(connection), here_(here), there_(there)
    {
        connection_.use("ATTACH ? AS other").bind((there / "results.db").string()).run();
    }
    ~Merge()
    {
        try {
            connection_.database().exec("DETACH other");
        } catch (const SQLite::Exception&) {
            // The connection itself is broken, and whoever uses it next is told.
        }
    }
    Merge(const Merge&) = delete;
    Merge& operator=(const Merge&) = delete;

    /// What will come.
    Merged choose()
    {
        connection_.database().exec(sql_of("chosen"));
        merged_.arrays = count("SELECT count(*) FROM moved WHERE space = 'array'");
        merged_.attempts = count(R"(
            SELECT count(*)
            FROM other.attempt
            WHERE array_id IN (SELECT old FROM moved WHERE space = 'array'))");
        merged_.left = count(sql_of("left"));
        for (Use experiment = connection_.use(sql_of("experiments")); experiment.next();) {
            ++merged_.experiments;
        }
        return merged_;
    }

    /// What a damaged page had would come as nothing, or as an error that names this store.
    void check_whole()
    {
        Use check = connection_.use("PRAGMA other.quick_check(1)");
        if (check.next() && check.text(0) != "ok") {
            const std::string found = check.text(0);
            throw Error{ExitCode::Store, fmt::format("{} is damaged: {}", (there_ / "results.db").string(),
                                                     found.substr(0, found.find('\n')))};
        }
    }

    void copy_lost_records()
    {
        for (Use lost = connection_.use(sql_of("lost")); lost.next();) {
            copy_files(there_ / inside(there_, lost.text(0)) / "records", here_ / lost.text(1) / "records",
                       Depth::files);
        }
    }

    void copy_experiments(Made& made)
    {
        for (Use experiment = connection_.use(sql_of("experiments")); experiment.next();) {
            const NewExperiment added = new_experiment(connection_, here_, experiment.text(1));
            const fs::path folder = inside(there_, experiment.text(2));
            made.make(here_ / added.folder);
            copy_files(there_ / folder, here_ / added.folder, Depth::files);
            if (!experiment.null(3)) {
                copy_worker(inside(there_, experiment.text(3)));
            }
            note("experiment", experiment.integer(0), added.id.value);
            note("folder", experiment.text(2), added.folder.string());
            sync_folder(here_ / "experiments");
        }
        sync_folder(here_);
    }

    void copy_arrays(Made& made)
    {
        std::set<fs::path> parents;
        for (Use array = connection_.use(sql_of("arrays")); array.next();) {
            const fs::path arrays = here_ / array.text(5) / "arrays";
            const std::int64_t position = free_position({array.integer(3)}, array.integer(1), arrays);
            const fs::path folder = fs::path{array.text(5)} / "arrays" / fmt::format("{:04}", position);
            made.make(here_ / folder);
            copy_files(there_ / inside(there_, array.text(2)), here_ / folder, Depth::all);
            note("position", array.integer(0), position);
            note("folder", array.text(2), folder.string());
            parents.insert(arrays);
            parents.insert(here_ / array.text(5));
        }
        for (const fs::path& parent : parents) {
            sync_folder(parent);
        }
    }

    /// Inside a transaction.
    void copy_rows()
    {
        connection_.database().exec(sql_of("shared"));
        std::vector<std::string> statements;
        for (Use all = connection_.use(sql_of("statements")); all.next();) {
            statements.push_back(all.text(0));
        }
        for (const std::string& statement : statements) {
            connection_.database().exec(statement);
        }
    }

private:
    void copy_worker(const fs::path& worker)
    {
        if (fs::exists(there_ / worker)) {
            make_folders((here_ / worker).parent_path());
            copy_missing(there_ / worker, here_ / worker);
            sync_folder((here_ / worker).parent_path());
        }
    }

    /// The array's own position, unless an array or a folder of this store has it.
    std::int64_t free_position(ExperimentId experiment, std::int64_t wanted, const fs::path& arrays)
    {
        Use taken = connection_.use("SELECT 1 FROM array WHERE experiment_id = ? AND position = ?");
        return taken.bind(experiment.value, wanted).next() || fs::exists(arrays / fmt::format("{:04}", wanted))
                   ? next_array_position(connection_, experiment, arrays)
                   : wanted;
    }

    template <class Value>
    void note(const char* space, const Value& old_value, const Value& new_value)
    {
        connection_.use("INSERT INTO moved VALUES (?, ?, ?, 1)").bind(space, old_value, new_value).run();
    }

    std::size_t count(const char* sql)
    {
        Use query = connection_.use(sql);
        return query.next() ? static_cast<std::size_t>(query.integer(0)) : 0;
    }

    Connection& connection_;
    const fs::path& here_;
    const fs::path& there_;
    Merged merged_;
};

}  // namespace

Merged Store::merge(const Store& other)
{
    const fs::path& there = other.directory();
    std::error_code absent;
    if (fs::equivalent(impl_->directory, there, absent)) {
        throw Error{ExitCode::Usage, fmt::format("cannot merge {} with itself", there.string())};
    }
    try {
        Connection& connection = *impl_->connection;
        Merge merge{connection, impl_->directory, there};
        Made made;
        const Merged merged = merge.choose();
        merge.copy_lost_records();
        if (merged.experiments + merged.arrays > 0) {
            merge.check_whole();
            merge.copy_experiments(made);
            merge.copy_arrays(made);
            SQLite::Transaction transaction{connection.database(), SQLite::TransactionBehavior::IMMEDIATE};
            merge.copy_rows();
            transaction.commit();
        }
        made.keep();
        return merged;
    } catch (const SQLite::Exception& problem) {
        throw Error{ExitCode::Store, fmt::format("cannot merge {} into {}: {}", there.string(),
                                                 impl_->directory.string(), problem.what())};
    }
}

}  // namespace gaggle::store
