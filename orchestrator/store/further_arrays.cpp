#include "orchestrator/store/files.hpp"
#include "orchestrator/store/impl.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <system_error>

namespace gaggle::store {

namespace {

namespace fs = std::filesystem;

/// An array that is not in the database yet.
struct Drafted {
    std::int64_t cell = 0;
    std::int64_t position = 0;
    unsigned block = 0;
    std::string token;
    fs::path folder;  ///< relative to the store
    const FurtherArray* asked = nullptr;
};

/// Where the experiment's further arrays go.
struct Place {
    fs::path arrays;       ///< the folder of its arrays, relative to the store
    fs::path worker_file;  ///< relative to the store
    unsigned blocks = 1;
    std::int64_t next_position = 0;
};

/// The plan of one array, as far as its specification and its script show it.
plan::Plan plan_of(const ArraySpec& spec, unsigned blocks, unsigned block, const FurtherArray& asked)
{
    plan::Plan plan;
    plan.experiment.name = spec.experiment;
    plan.experiment.blocks = blocks;
    plan.experiment.start = spec.start;
    plan.experiment.cache = spec.cache;
    plan.experiment.environments = {spec.environment};
    plan.experiment.interpreter_timeout = std::chrono::milliseconds{spec.interpreter_timeout_ms};
    plan.experiment.node_timeout = std::chrono::milliseconds{spec.meet_timeout_ms};
    plan.experiment.slurm = asked.slurm;
    plan.cells = {{spec.nodes, spec.interpreters, 0, spec.role}};
    plan.arrays = {{0, block, asked.repetitions}};
    return plan;
}

Place place_of(Connection& connection, const fs::path& store, ExperimentId experiment)
{
    Use query = connection.use("SELECT folder, worker_file, blocks FROM experiment WHERE id = ?");
    if (!query.bind(experiment.value).next()) {
        throw Error{ExitCode::Store, fmt::format("experiment {} is not in the store", experiment.value)};
    }
    Place place{.arrays = fs::path{query.text(0)} / "arrays",
                .worker_file = query.text(1),
                .blocks = query.small(2),
                .next_position = 0};
    place.next_position = next_array_position(connection, experiment, store / place.arrays);
    return place;
}

Drafted draft(Connection& connection, const fs::path& store, ExperimentId experiment, Place& place,
              const FurtherArray& asked, const std::string& template_text)
{
    Use query = connection.use("SELECT cell_id, block, folder FROM array WHERE id = ? AND experiment_id = ?");
    if (!query.bind(asked.like.value, experiment.value).next()) {
        throw Error{ExitCode::Store,
                    fmt::format("array {} is not one of experiment {}", asked.like.value, experiment.value)};
    }
    Drafted array{.cell = query.integer(0),
                  .position = place.next_position++,
                  .block = query.small(1),
                  .token = draw_token(),
                  .folder = {},
                  .asked = &asked};
    array.folder = place.arrays / fmt::format("{:04}", array.position);
    const ArraySpec spec = read_spec(array_files(store, query.text(2), place.worker_file).spec);
    const plan::Plan plan = plan_of(spec, place.blocks, array.block, asked);
    write_array(store, array.folder, plan, plan.arrays.front(), array.token, place.worker_file, template_text);
    return array;
}

}  // namespace

std::int64_t next_array_position(Connection& connection, ExperimentId experiment, const fs::path& arrays)
{
    Use query = connection.use("SELECT coalesce(max(position), -1) FROM array WHERE experiment_id = ?");
    std::int64_t highest = query.bind(experiment.value).next() ? query.integer(0) : -1;
    std::error_code missing;
    for (const fs::directory_entry& entry : fs::directory_iterator{arrays, missing}) {
        const std::string name = entry.path().filename().string();
        std::int64_t position = -1;
        std::from_chars(name.data(), name.data() + name.size(), position);
        highest = std::max(highest, position);
    }
    return highest + 1;
}

std::vector<ArrayRow> Store::add_arrays(ExperimentId experiment, const std::vector<FurtherArray>& arrays,
                                        const std::string& template_text)
{
    Connection& connection = *impl_->connection;
    Place place = impl_->guarded("read", [&] { return place_of(connection, impl_->directory, experiment); });
    std::vector<Drafted> drafts;
    drafts.reserve(arrays.size());
    for (const FurtherArray& asked : arrays) {
        drafts.push_back(impl_->guarded(
            "read", [&] { return draft(connection, impl_->directory, experiment, place, asked, template_text); }));
    }
    sync_folder(impl_->directory / place.arrays);
    std::set<std::int64_t> added;
    impl_->write([&] {
        Use insert = impl_->use(R"(
            INSERT INTO array (experiment_id, cell_id, position, block, token, folder) VALUES (?, ?, ?, ?, ?, ?))");
        for (const Drafted& one : drafts) {
            insert.bind(experiment.value, one.cell, one.position, one.block, one.token, one.folder.string()).run();
            const ArrayId array{connection.database().getLastInsertRowid()};
            added.insert(array.value);
            insert_attempts(connection, array, one.asked->repetitions);
        }
    });
    std::vector<ArrayRow> rows = this->arrays(experiment);
    std::erase_if(rows, [&](const ArrayRow& row) { return !added.contains(row.id.value); });
    return rows;
}

}  // namespace gaggle::store
