#include "core/clock.hpp"
#include "orchestrator/store/files.hpp"
#include "orchestrator/store/impl.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace gaggle::store {

namespace {

namespace fs = std::filesystem;

void write_files(const fs::path& store, const fs::path& folder, const Imported& imported)
{
    make_folders(store / folder);
    for (const auto& [name, bytes] : imported.kept) {
        write_file(store / folder / name, bytes, 0666);
    }
    sync_folder(store / folder);
    sync_folder(store / folder.parent_path());
    sync_folder(store);
}

/// The rows of one import, inside a transaction: environments, cells and arrays come as the first time asks for them.
class ImportedRows {
public:
    ImportedRows(Connection& connection, ExperimentId experiment) : connection_(connection), experiment_(experiment) {}

    void insert_experiment(const Imported& imported, const fs::path& folder, const std::string& gaggle_version)
    {
        std::map<std::tuple<std::string, unsigned, unsigned>, std::size_t> counts;
        std::size_t repetitions = 1;
        for (const ImportedTime& time : imported.overall) {
            repetitions = std::max(repetitions, ++counts[{time.environment, time.nodes, time.interpreters}]);
        }
        connection_
            .use(R"(
            INSERT INTO experiment (id, name, launcher, created_unix_ns, folder, original_file, gaggle_version,
                                    file_sha256, repetitions, blocks, cache, start)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 'as-is', 'as-launched'))")
            .bind(experiment_.value, imported.name, record::Launcher::imported, clocks::realtime_ns(), folder.string(),
                  imported.original_files, gaggle_version, imported.sha256, repetitions)
            .run();
    }

    void insert_overall(const ImportedTime& time)
    {
        const std::int64_t cell = cell_of(time);
        Array& array = array_of(cell);
        connection_
            .use(R"(
            INSERT INTO attempt (array_id, task, cell_id, repetition, state, imported_ns) VALUES (?, ?, ?, ?, ?, ?))")
            .bind(array.id, array.attempts, cell, array.attempts + 1, AttemptState::Completed, time.time_ns)
            .run();
        ++array.attempts;
    }

    void insert_individual(const ImportedTime& time)
    {
        connection_.use("INSERT INTO imported_gaggle (cell_id, line, time_ns) VALUES (?, ?, ?)")
            .bind(cell_of(time), time.line, time.time_ns)
            .run();
    }

private:
    struct Array {
        std::int64_t id = 0;
        unsigned attempts = 0;
    };

    std::int64_t environment_of(const std::string& name)
    {
        const auto [known, is_new] = environments_.try_emplace(name, 0);
        if (is_new) {
            connection_
                .use(R"(
                INSERT INTO environment (experiment_id, position, name, kind, language, command, variables, imports)
                VALUES (?, ?, ?, 'imported', 'none', '[]', '[]', '[]'))")
                .bind(experiment_.value, environments_.size() - 1, name)
                .run();
            known->second = connection_.database().getLastInsertRowid();
        }
        return known->second;
    }

    std::int64_t cell_of(const ImportedTime& time)
    {
        const std::int64_t environment = environment_of(time.environment);
        const auto [known, is_new] = cells_.try_emplace({environment, time.nodes, time.interpreters}, 0);
        if (is_new) {
            connection_
                .use(R"(
                INSERT INTO cell (experiment_id, position, environment_id, nodes, interpreters)
                VALUES (?, ?, ?, ?, ?))")
                .bind(experiment_.value, cells_.size() - 1, environment, time.nodes, time.interpreters)
                .run();
            known->second = connection_.database().getLastInsertRowid();
        }
        return known->second;
    }

    Array& array_of(std::int64_t cell)
    {
        const auto [known, is_new] = arrays_.try_emplace(cell);
        if (is_new) {
            connection_.use("INSERT INTO array (experiment_id, position, block, token) VALUES (?, ?, 0, ?)")
                .bind(experiment_.value, arrays_.size() - 1, draw_token())
                .run();
            known->second.id = connection_.database().getLastInsertRowid();
        }
        return known->second;
    }

    Connection& connection_;
    ExperimentId experiment_;
    std::map<std::string, std::int64_t> environments_;
    std::map<std::tuple<std::int64_t, unsigned, unsigned>, std::int64_t> cells_;
    std::map<std::int64_t, Array> arrays_;
};

}  // namespace

ExperimentId Store::add_imported(const Imported& imported, const std::string& gaggle_version)
{
    Connection& connection = *impl_->connection;
    const NewExperiment added =
        impl_->guarded("read", [&] { return new_experiment(connection, impl_->directory, imported.name); });
    write_files(impl_->directory, added.folder, imported);
    impl_->write([&] {
        ImportedRows rows{connection, added.id};
        rows.insert_experiment(imported, added.folder, gaggle_version);
        for (const ImportedTime& time : imported.overall) {
            rows.insert_overall(time);
        }
        for (const ImportedTime& time : imported.individual) {
            rows.insert_individual(time);
        }
    });
    return added.id;
}

}  // namespace gaggle::store
