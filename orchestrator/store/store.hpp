#pragma once

#include "core/record.hpp"
#include "orchestrator/attempt_state.hpp"
#include "orchestrator/plan/plan.hpp"
#include "orchestrator/plan/script.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::store {

struct ExperimentId {
    std::int64_t value = 0;
    auto operator<=>(const ExperimentId&) const = default;
};
struct ArrayId {
    std::int64_t value = 0;
    auto operator<=>(const ArrayId&) const = default;
};
struct AttemptId {
    std::int64_t value = 0;
    auto operator<=>(const AttemptId&) const = default;
};

/// What made an experiment's rows reproducible: hex SHA-256 of the files, and where they were kept.
struct Provenance {
    record::Launcher launcher = record::Launcher::slurm;
    std::string gaggle_version;
    std::string file_sha256;
    std::string template_sha256;
    std::string worker_sha256;
};

/// A cell as the commands need it.
struct CellRow {
    unsigned number = 0;  ///< from 1, as `gaggle plan` numbers them
    unsigned nodes = 0;
    unsigned interpreters = 0;
    std::string environment;
    Role role = Role::measured;

    auto operator<=>(const CellRow&) const = default;
};

/// A task of an array.
struct TaskRow {
    unsigned index = 0;    ///< Slurm's
    std::size_t cell = 0;  ///< index into ArrayRow::cells
    unsigned repetition = 0;

    bool operator==(const TaskRow&) const = default;
};

/// An array as the commands need it.
struct ArrayRow {
    ArrayId id;
    ExperimentId experiment;
    std::string token;
    std::size_t position = 0;  ///< 0-based order in which it was planned to run
    unsigned block = 0;
    bool concurrent = false;              ///< its experiment says so: beside other cells of its block
    std::vector<CellRow> cells;           ///< those that it measures, all with the same number of nodes; mostly one
    std::vector<TaskRow> tasks;           ///< by index
    std::optional<std::uint64_t> job_id;  ///< Slurm's array job id once submitted; empty before, and without Slurm
    /// When it was handed to Slurm (or to the local runner), on the wall clock of whoever did; empty before.
    std::optional<std::int64_t> submitted_unix_ns;
    plan::ArrayFiles files;

    /// Adds a task behind the others.
    void add(const CellRow& cell, unsigned index, unsigned repetition);
};

/// An attempt as the collector needs it.
struct AttemptRow {
    AttemptId id;
    ArrayId array;
    CellRow cell;
    unsigned task = 0;
    unsigned repetition = 0;
    AttemptState state = AttemptState::Planned;
    std::string reason;
    std::string record_file;  ///< name of the ingested record file; "" if none yet
    bool record_closed = false;
    bool superseded = false;  ///< there is a later attempt at its repetition
    /// When slurmctld was first found to have forgotten it while slurmdbd did not have its end; empty: never.
    std::optional<std::int64_t> forgotten_unix_ns;
};

/// What an experiment was, as far as further arrays of it need it.
struct ExperimentRow {
    ExperimentId id;
    std::string name;
    record::Launcher launcher = record::Launcher::slurm;
    unsigned blocks = 1;
    std::string file_sha256;
    std::string template_sha256;
    std::string worker_sha256;
    std::filesystem::path kept_worker;
    std::filesystem::path original_file;  ///< where the experiment file lay
    std::filesystem::path kept_file;      ///< its bytes in the store
    std::filesystem::path kept_template;  ///< the template's; stores of the first gaggles have none
};

/// An attempt with all that a selection may name it by.
struct ElementRow {
    AttemptId attempt;
    ArrayId array;
    unsigned cell = 0;  ///< from 1, as `gaggle plan` numbers them
    unsigned nodes = 0;
    unsigned interpreters = 0;
    std::string environment;
    Role role = Role::measured;
    unsigned block = 0;
    unsigned task = 0;
    unsigned repetition = 0;
    std::optional<std::uint64_t> job_id;
    AttemptState state = AttemptState::Planned;
    std::string reason;
    std::string slurm_nodes;                   ///< compressed host list; "" before it started
    std::optional<std::int64_t> start_unix_s;  ///< as Slurm says, else its record; empty: it did not start
    std::optional<std::int64_t> end_unix_s;
    bool superseded = false;  ///< there is a later attempt at its repetition

    bool operator==(const ElementRow&) const = default;
};

/// An array to add: some tasks of an earlier one again, with these options for Slurm.
struct FurtherArray {
    ArrayId like;
    std::vector<unsigned> tasks;  ///< indices in `like`; the first becomes task 0
    experiment::SlurmOptions slurm;
};

/// A time that others measured.
struct ImportedTime {
    std::string environment;
    unsigned nodes = 0;
    unsigned interpreters = 0;  ///< per node
    std::size_t line = 0;       ///< of its file, from 1
    std::int64_t time_ns = 0;

    bool operator==(const ImportedTime&) const = default;
};

/// Published measurements, each list in its file's order.
struct Imported {
    std::string name;                         ///< of the experiment
    std::vector<ImportedTime> overall;        ///< per attempt, first start to last exit over all nodes
    std::vector<ImportedTime> individual;     ///< per gaggle, the same on its node; which attempt's is not known
    std::string original_files;               ///< where they lay, for people
    std::map<std::string, std::string> kept;  ///< file name, bytes
    std::string sha256;                       ///< of these bytes, one file after the other
};

/// Takes the lists of a part of a record, with the attempt of the whole.
using TakePart = std::function<void(const record::Record& part)>;
/// Hands out all parts of a record, in file order; an `io` line comes with or after its interpreter's.
using HandOut = std::function<void(const TakePart& take)>;

/// What Store::merge brought, and what it left.
struct Merged {
    std::size_t experiments = 0;  ///< that were not here before
    std::size_t arrays = 0;
    std::size_t attempts = 0;
    std::size_t left = 0;  ///< attempts that stay there: they, or others of their array, have not ended

    bool operator==(const Merged&) const = default;
};

/// A result set for people and programs; every value as SQLite's own text of it, NULL as nullopt.
struct Table {
    std::vector<std::string> columns;
    std::vector<bool> numeric;  ///< per column: every value is a number or NULL
    std::vector<std::vector<std::optional<std::string>>> rows;
};

/// Values of a statement's parameters by their names, without the colon.
using Parameters = std::map<std::string, std::string>;

/// The folder that holds results.db and all files of its experiments, and the only code that speaks SQL.
///
///     STORE/results.db  STORE/lock  STORE/bin/gaggle-worker-<sha256, 12 digits>
///     STORE/experiments/<id>-<name>/{experiment.toml,template.sbatch}
///     STORE/experiments/<id>-<name>/arrays/<position, 4 digits>/{spec,script.sbatch,records/,logs/}
///
/// Writers hold an advisory lock on STORE/lock for the Store's lifetime. All errors are Error(Store) and name the file.
/// Paths in the database are relative to the store, so a store may be moved or copied; writers refuse a copy while its
/// original is there. A reader creates no file and works on a read-only file system.
class Store {
public:
    enum class Access { read, write };
    enum class Missing { fail, create };

    /// How long a writer waits for another one before it gives up and says who holds the store.
    static constexpr std::chrono::seconds lock_patience{30};

    /// Brings an older database up to date, which readers too must be able to write for. `missing` matters to writers
    /// only.
    static Store open(const std::filesystem::path& directory, Access access, Missing missing = Missing::fail,
                      std::chrono::milliseconds patience = lock_patience);
    Store(Store&&) noexcept;
    Store& operator=(Store&&) noexcept;
    ~Store();

    /// Throws if no writer can have the store, however long it waits: it is read-only here, or a copy.
    void check_writable() const;

    /// Whether a writer would leave the database as it is: it knows that it lies here, its views are this gaggle's.
    [[nodiscard]] bool is_settled() const;

    [[nodiscard]] const std::filesystem::path& directory() const;

    /// The writer's lock as a file descriptor; a process that inherits it keeps other writers out until it ends.
    /// For writers only.
    [[nodiscard]] int lock_descriptor() const;

    /// Copies `worker` into the store (once per content) and returns the copy's absolute path.
    std::filesystem::path keep_worker(const std::filesystem::path& worker, const std::string& sha256);

    /// Writes the whole plan, one transaction: experiment, environments, cells, arrays with a fresh random
    /// token each, attempts, all Planned. Creates the arrays' folders and writes experiment.toml, spec and
    /// script.sbatch before the rows are committed.
    ExperimentId add_experiment(const plan::Plan& plan, const Provenance& provenance,
                                const std::filesystem::path& kept_worker, const std::string& template_text);

    /// Writes further arrays behind those that the experiment has, one transaction: a fresh token each, the
    /// environment and the time-outs of the array that each is like, attempts all Planned. Files before rows, as in
    /// add_experiment. Returns them in their order.
    std::vector<ArrayRow> add_arrays(ExperimentId experiment, const std::vector<FurtherArray>& arrays,
                                     const std::string& template_text);

    /// Keeps published measurements as an experiment of launcher `imported`, one transaction: an overall time is a
    /// COMPLETED attempt of an array that nobody submitted, repetitions counted in the file's order. Cache and start
    /// are those of whom nobody asked for more, as-is and as-launched. The experiment's folder holds the files.
    ExperimentId add_imported(const Imported& imported, const std::string& gaggle_version);

    /// Brings what `other` has and this store has not: rows, files and workers of its arrays that have ended, one
    /// transaction. An array is known by its token and keeps it, an imported experiment by its files; of arrays that are
    /// here, only records come, and only to those that lack one. Writes nothing to `other`. Throws Error(Usage) if that
    /// is this store.
    Merged merge(const Store& other);

    /// The newest experiment with this name, these bytes and this launcher.
    [[nodiscard]] std::optional<ExperimentId> find_experiment(const std::string& name, const std::string& file_sha256,
                                                              record::Launcher launcher) const;
    [[nodiscard]] std::vector<ExperimentId> experiments() const;
    [[nodiscard]] std::optional<ExperimentId> newest_experiment() const;  ///< by when it was planned

    [[nodiscard]] std::vector<ArrayRow> arrays(ExperimentId experiment) const;  ///< by position
    [[nodiscard]] std::vector<AttemptRow> attempts(ArrayId array) const;        ///< by task index
    /// Empty if there is no such experiment.
    [[nodiscard]] std::optional<ExperimentRow> find(ExperimentId experiment) const;
    [[nodiscard]] std::vector<ElementRow> elements(ExperimentId experiment) const;  ///< by position, task
    /// The attempts of the view `all_latest` for which an SQL condition over its columns holds; of any experiment.
    /// Error(Usage) with SQLite's words.
    [[nodiscard]] std::set<AttemptId> latest_where(const std::string& condition) const;
    /// Names of nodes that failed these attempts: by the records, and by Slurm where it lost an attempt's only node.
    [[nodiscard]] std::set<std::string> failed_nodes(const std::vector<AttemptId>& attempts) const;
    [[nodiscard]] std::vector<ArrayRow> unfinished_arrays() const;   ///< submitted, with a non-terminal attempt
    [[nodiscard]] std::vector<ArrayRow> collectable_arrays() const;  ///< these, and those with an attempt that is Lost

    /// Records that Slurm took the array (job id), or that the local runner did (nullopt); its attempts become Pending.
    void mark_submitted(ArrayId array, std::optional<std::uint64_t> job_id, const std::string& command_line);
    /// Records why the array could not be submitted; it stays Planned.
    void mark_refused(ArrayId array, const std::string& reason);

    /// Records when it was first found that slurmctld had forgotten the attempt while slurmdbd did not have its end.
    void mark_forgotten(AttemptId attempt, std::int64_t unix_ns);

    /// One transaction: the attempt's state and reason, what Slurm said, and, when `reading` has a record, its
    /// gaggles, interpreters and phases, and those that `rows` hands out, in place of any that this attempt already had. An empty `slurm`, or a
    /// `reading` without a record, leaves what an earlier call stored. Throws, and changes nothing, if the record is
    /// another attempt's (token, task, repetition, nodes or interpreters differ).
    void update_attempt(AttemptId attempt, const Judgement& judgement, const std::optional<SlurmWord>& slurm,
                        const std::string& record_file, const record::Reading* reading, const HandOut& rows = {});

    /// Runs one read-only statement; anything that would write is refused. Each :NAME in it needs a parameter, and each
    /// parameter its :NAME; a value that reads as a number is one. Error(Usage) with SQLite's words.
    [[nodiscard]] Table query(std::string_view sql, const Parameters& parameters = {}) const;
    /// The same for a result that may not fit into memory: hands out parts of at most so many rows, at least one part,
    /// which may be empty. `numeric` is true of the part.
    void query_in_parts(std::string_view sql, const Parameters& parameters, std::size_t most_rows,
                        const std::function<void(const Table& part)>& take) const;

private:
    static void bring_up_to_date(const std::filesystem::path& directory, std::chrono::milliseconds patience);
    struct Impl;
    explicit Store(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// A canned query of sql/queries: `description` is the first comment line of its file.
struct CannedQuery {
    std::string_view name;
    std::string_view description;
    std::string_view sql;
};
[[nodiscard]] const std::vector<CannedQuery>& canned_queries();
/// Those of sql/bcp: measurements in the founding study's columns, one a line.
[[nodiscard]] const std::vector<CannedQuery>& bcp_queries();
/// Those of sql/report: the data of gaggle report, of the experiments whose ids are the JSON array :experiments.
[[nodiscard]] const std::vector<CannedQuery>& report_queries();
/// The views of sql/views, which are in every store.
[[nodiscard]] const std::vector<CannedQuery>& views();
/// What gaggle export writes: a query that gives names, and statements of the experiments of the JSON array :experiments.
[[nodiscard]] std::string_view exports_query();

}  // namespace gaggle::store
