#include "core/clock.hpp"
#include "core/line.hpp"
#include "orchestrator/store/files.hpp"
#include "orchestrator/store/impl.hpp"
#include "orchestrator/store/json.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>
#include <system_error>

namespace gaggle::store {

namespace {

namespace fs = std::filesystem;

/// What an array gets beyond the plan.
struct Named {
    std::string token;
    fs::path folder;  ///< relative to the store
};

/// An experiment's name as part of a folder's.
std::string folder_name(const std::string& name)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    std::string safe = name.substr(0, 64);
    std::ranges::replace_if(
        safe, [&](char letter) { return plain.find(letter) == std::string_view::npos; }, '_');
    return safe;
}

std::int64_t next_experiment_id(Connection& connection, const fs::path& experiments)
{
    Use query = connection.use("SELECT coalesce(max(id), 0) FROM experiment");
    std::int64_t highest = query.next() ? query.integer(0) : 0;
    std::error_code missing;
    for (const fs::directory_entry& entry : fs::directory_iterator{experiments, missing}) {
        const std::string name = entry.path().filename().string();
        std::int64_t id = 0;
        std::from_chars(name.data(), name.data() + name.size(), id);
        highest = std::max(highest, id);
    }
    return highest + 1;
}

void write_files(const fs::path& store, const fs::path& folder, const plan::Plan& plan, const std::vector<Named>& names,
                 const fs::path& worker_file, const std::string& template_text)
{
    const fs::path arrays = store / folder / "arrays";
    make_folders(arrays);
    write_file(store / folder / "experiment.toml", plan.experiment.text, 0666);
    write_file(store / folder / "template.sbatch", template_text, 0666);
    for (std::size_t i = 0; i < names.size(); ++i) {
        write_array(store, names[i].folder, plan, plan.arrays[i], names[i].token, worker_file, template_text);
    }
    sync_folder(arrays);
    sync_folder(store / folder);
    sync_folder(store / folder.parent_path());
    sync_folder(store);
}

void insert_experiment(Connection& connection, ExperimentId id, const plan::Plan& plan, const Provenance& provenance,
                       const fs::path& folder, const fs::path& worker_file)
{
    const experiment::Experiment& asked = plan.experiment;
    connection
        .use(R"(
        INSERT INTO experiment (id, name, launcher, created_unix_ns, folder, worker_file, original_file,
                                gaggle_version, file_sha256, template_sha256, worker_sha256, seed, repetitions, blocks,
                                cache, start, interpreter_timeout_ms, node_timeout_ms, concurrent)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))")
        .bind(id.value, asked.name, provenance.launcher, clocks::realtime_ns(), folder.string(), worker_file.string(),
              asked.file.string(), provenance.gaggle_version, provenance.file_sha256, provenance.template_sha256,
              provenance.worker_sha256, plan.seed, asked.repetitions, asked.blocks, asked.cache, asked.start,
              asked.interpreter_timeout.count(), asked.node_timeout.count(), asked.concurrent ? 1 : 0)
        .run();
}

/// Returns the ids, in the experiment's order.
std::vector<std::int64_t> insert_environments(Connection& connection, ExperimentId id,
                                              const std::vector<EnvironmentSpec>& environments)
{
    Use insert = connection.use(R"(
        INSERT INTO environment (experiment_id, position, name, kind, language, command, variables, image, imports,
                                 setup, stage, unstage, controls, cache_paths)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))");
    std::vector<std::int64_t> ids;
    for (const EnvironmentSpec& one : environments) {
        std::map<std::string, std::vector<std::string>> controls;
        for (const ControlSpec& control : one.controls) {
            controls.emplace(control.name, control.command);
        }
        insert
            .bind(id.value, ids.size(), one.name, one.kind, one.language, json(one.command), json(one.variables),
                  null_if_empty(one.image), json(one.imports), null_if_empty(one.setup), json(one.stage),
                  json(one.unstage), json(controls), json(one.cache_paths))
            .run();
        ids.push_back(connection.database().getLastInsertRowid());
    }
    return ids;
}

/// Returns the ids, in the plan's order.
std::vector<std::int64_t> insert_cells(Connection& connection, ExperimentId id, const std::vector<plan::Cell>& cells,
                                       const std::vector<std::int64_t>& environments)
{
    Use insert = connection.use(R"(
        INSERT INTO cell (experiment_id, position, environment_id, nodes, interpreters, role)
        VALUES (?, ?, ?, ?, ?, ?))");
    std::vector<std::int64_t> ids;
    for (const plan::Cell& one : cells) {
        insert.bind(id.value, ids.size(), environments.at(one.environment), one.nodes, one.interpreters, one.role)
            .run();
        ids.push_back(connection.database().getLastInsertRowid());
    }
    return ids;
}

void insert_arrays(Connection& connection, ExperimentId id, const std::vector<plan::Array>& arrays,
                   const std::vector<Named>& names, const std::vector<std::int64_t>& cells)
{
    Use insert_array = connection.use(R"(
        INSERT INTO array (experiment_id, position, block, token, folder) VALUES (?, ?, ?, ?, ?))");
    for (std::size_t position = 0; position < arrays.size(); ++position) {
        const plan::Array& one = arrays[position];
        const Named& named = names[position];
        insert_array.bind(id.value, position, one.block, named.token, named.folder.string()).run();
        std::vector<NewAttempt> attempts;
        std::ranges::transform(one.tasks, std::back_inserter(attempts), [&](const plan::Task& task) {
            return NewAttempt{cells.at(task.cell), task.repetition};
        });
        insert_attempts(connection, {connection.database().getLastInsertRowid()}, attempts);
    }
}

}  // namespace

NewExperiment new_experiment(Connection& connection, const fs::path& store, const std::string& name)
{
    const fs::path experiments = "experiments";
    const ExperimentId id{next_experiment_id(connection, store / experiments)};
    return {id, experiments / fmt::format("{}-{}", id.value, folder_name(name))};
}

std::string draw_token()
{
    if (sodium_init() < 0) {
        throw Error{ExitCode::Store, "cannot draw a random token: libsodium does not initialise"};
    }
    std::array<unsigned char, 16> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    std::array<char, 2 * bytes.size() + 1> text{};
    sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
    return text.data();
}

void write_array(const fs::path& store, const fs::path& folder, const plan::Plan& plan, const plan::Array& array,
                 const std::string& token, const fs::path& worker_file, const std::string& template_text)
{
    const plan::ArrayFiles files = array_files(store, folder, worker_file);
    make_folders(files.records);
    make_folders(files.logs);
    std::string specs;
    for (const ArraySpec& spec : plan::array_specs(plan, array, token)) {
        specs += line::write(spec);
    }
    write_file(files.spec, specs, 0666);
    write_file(files.script, plan::render_script(template_text, plan, array, token, files), 0777);
    if (const std::vector<std::string>& given = plan.experiment.slurm.given; !given.empty()) {
        write_file(files.options, fmt::format("{}\n", fmt::join(given, "\n")), 0666);
    }
    sync_folder(store / folder);
}

void insert_attempts(Connection& connection, ArrayId array, const std::vector<NewAttempt>& attempts)
{
    Use insert =
        connection.use("INSERT INTO attempt (array_id, task, cell_id, repetition, state) VALUES (?, ?, ?, ?, ?)");
    for (std::size_t task = 0; task < attempts.size(); ++task) {
        insert.bind(array.value, task, attempts[task].cell, attempts[task].repetition, AttemptState::Planned).run();
    }
}

ExperimentId Store::add_experiment(const plan::Plan& plan, const Provenance& provenance, const fs::path& kept_worker,
                                   const std::string& template_text)
{
    Connection& connection = *impl_->connection;
    const fs::path worker_file = kept_worker.lexically_relative(impl_->directory);
    if (worker_file.empty() || *worker_file.begin() == "..") {
        throw Error{ExitCode::Store, fmt::format("{} is not in the store {}: keep_worker puts it there",
                                                 kept_worker.string(), impl_->directory.string())};
    }
    const NewExperiment added =
        impl_->guarded("read", [&] { return new_experiment(connection, impl_->directory, plan.experiment.name); });
    std::vector<Named> names;
    for (std::size_t position = 0; position < plan.arrays.size(); ++position) {
        names.push_back({draw_token(), added.folder / "arrays" / fmt::format("{:04}", position)});
    }
    write_files(impl_->directory, added.folder, plan, names, worker_file, template_text);
    impl_->write([&] {
        insert_experiment(connection, added.id, plan, provenance, added.folder, worker_file);
        const auto environments = insert_environments(connection, added.id, plan.experiment.environments);
        const auto cells = insert_cells(connection, added.id, plan.cells, environments);
        insert_arrays(connection, added.id, plan.arrays, names, cells);
    });
    return added.id;
}

}  // namespace gaggle::store
