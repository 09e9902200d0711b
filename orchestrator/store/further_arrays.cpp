#include "orchestrator/store/files.hpp"
#include "orchestrator/store/impl.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <system_error>
#include <utility>

namespace gaggle::store {

namespace {

namespace fs = std::filesystem;

/// An array that is not in the database yet.
struct Drafted {
    std::int64_t position = 0;
    unsigned block = 0;
    std::string token;
    fs::path folder;  ///< relative to the store
    std::vector<NewAttempt> attempts;
};

/// Where the experiment's further arrays go.
struct Place {
    fs::path arrays;       ///< the folder of its arrays, relative to the store
    fs::path worker_file;  ///< relative to the store
    unsigned blocks = 1;
    std::int64_t next_position = 0;
};

/// Of an earlier array's task: which of its specifications is that of the cell, and which repetition it measures.
plan::Task task_in(const std::vector<ArraySpec>& specs, unsigned index, const fs::path& file)
{
    for (std::size_t place = 0; place < specs.size(); ++place) {
        const auto found = std::ranges::find(specs[place].repetition_of, index, &std::pair<unsigned, unsigned>::first);
        if (found != specs[place].repetition_of.end()) {
            return {place, found->second};
        }
    }
    throw Error{ExitCode::Store, fmt::format("{} has no task {}", file.string(), index)};
}

/// The plan of one array, as far as its specification and its script show it: a cell, and an environment, for each of
/// the specifications of the array that it is like.
plan::Plan plan_of(const fs::path& spec_file, unsigned blocks, unsigned block, const FurtherArray& asked)
{
    const std::vector<ArraySpec> specs = read_specs(spec_file);
    const ArraySpec& first = specs.front();
    plan::Plan plan;
    plan.experiment.name = first.experiment;
    plan.experiment.blocks = blocks;
    plan.experiment.start = first.start;
    plan.experiment.cache = first.cache;
    plan.experiment.interpreter_timeout = std::chrono::milliseconds{first.interpreter_timeout_ms};
    plan.experiment.node_timeout = std::chrono::milliseconds{first.meet_timeout_ms};
    plan.experiment.slurm = asked.slurm;
    for (const ArraySpec& spec : specs) {
        plan.cells.push_back({spec.nodes, spec.interpreters, plan.experiment.environments.size(), spec.role});
        plan.experiment.environments.push_back(spec.environment);
    }
    plan::Array& array = plan.arrays.emplace_back(plan::Array{block, {}});
    for (const unsigned task : asked.tasks) {
        array.tasks.push_back(task_in(specs, task, spec_file));
    }
    return plan;
}

/// What the tasks that are asked for measured in the array that it is like, as the rows have it.
std::vector<NewAttempt> attempts_of(Connection& connection, const FurtherArray& asked)
{
    std::map<unsigned, NewAttempt> of_task;
    Use query = connection.use("SELECT task, cell_id, repetition FROM attempt WHERE array_id = ?");
    for (query.bind(asked.like.value); query.next();) {
        of_task[query.small(0)] = {query.integer(1), query.small(2)};
    }
    std::vector<NewAttempt> attempts;
    for (const unsigned task : asked.tasks) {
        attempts.push_back(of_task.at(task));
    }
    return attempts;
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
    Use query = connection.use("SELECT block, folder FROM array WHERE id = ? AND experiment_id = ?");
    if (!query.bind(asked.like.value, experiment.value).next()) {
        throw Error{ExitCode::Store,
                    fmt::format("array {} is not one of experiment {}", asked.like.value, experiment.value)};
    }
    Drafted array{.position = place.next_position++,
                  .block = query.small(0),
                  .token = draw_token(),
                  .folder = {},
                  .attempts = {}};
    array.folder = place.arrays / fmt::format("{:04}", array.position);
    const plan::Plan plan =
        plan_of(array_files(store, query.text(1), place.worker_file).spec, place.blocks, array.block, asked);
    array.attempts = attempts_of(connection, asked);
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
            INSERT INTO array (experiment_id, position, block, token, folder) VALUES (?, ?, ?, ?, ?))");
        for (const Drafted& one : drafts) {
            insert.bind(experiment.value, one.position, one.block, one.token, one.folder.string()).run();
            const ArrayId array{connection.database().getLastInsertRowid()};
            added.insert(array.value);
            insert_attempts(connection, array, one.attempts);
        }
    });
    std::vector<ArrayRow> rows = this->arrays(experiment);
    std::erase_if(rows, [&](const ArrayRow& row) { return !added.contains(row.id.value); });
    return rows;
}

}  // namespace gaggle::store
