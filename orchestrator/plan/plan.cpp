#include "orchestrator/plan/plan.hpp"

#include "core/random.hpp"
#include "orchestrator/experiment/durations.hpp"
#include "orchestrator/experiment/slurm_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

namespace gaggle::plan {

namespace {

/// Fisher and Yates' shuffle; Knuth, The Art of Computer Programming 2, 3.4.2, algorithm P.
void shuffle(std::vector<std::size_t>& items, Generator& generator)
{
    for (std::size_t left = items.size(); left > 1; --left) {
        std::swap(items[left - 1], items[draw(generator, left)]);
    }
}

/// SQLite and TOML hold no unsigned 64-bit integers.
[[nodiscard]] std::uint64_t drawn_seed()
{
    std::random_device device;
    const std::uint64_t high = device();
    return ((high << 32U) | device()) & static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}

[[nodiscard]] std::vector<Cell> grid_of(const experiment::Experiment& experiment)
{
    std::vector<Cell> cells;
    for (const unsigned nodes : experiment.nodes) {
        for (const unsigned interpreters : experiment.interpreters) {
            for (std::size_t environment = 0; environment < experiment.environments.size(); ++environment) {
                cells.push_back({nodes, interpreters, environment});
            }
        }
    }
    return cells;
}

/// The smallest cell of the first environment.
[[nodiscard]] Cell sentinel_of(const experiment::Experiment& experiment)
{
    return {std::ranges::min(experiment.nodes), std::ranges::min(experiment.interpreters), 0, Role::sentinel};
}

/// Before the first array, after every `interval` arrays, and after the last one.
[[nodiscard]] std::vector<Array> with_sentinels(const std::vector<Array>& arrays, std::size_t cell, unsigned interval)
{
    std::vector<Array> all;
    unsigned repetition = 0;
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        if (i % interval == 0) {
            all.push_back({cell, arrays[i].block, {++repetition}});
        }
        all.push_back(arrays[i]);
    }
    all.push_back({cell, arrays.back().block, {++repetition}});
    return all;
}

void add_traces(Plan& plan, const experiment::Experiment& experiment)
{
    for (std::size_t environment = 0; environment < experiment.environments.size(); ++environment) {
        plan.arrays.push_back({plan.cells.size(), experiment.blocks - 1, {1}});
        plan.cells.push_back({1, 1, environment, Role::trace});
    }
}

}  // namespace

Plan make_plan(experiment::Experiment experiment)
{
    Plan plan;
    plan.seed = experiment.seed ? *experiment.seed : drawn_seed();
    plan.cells = grid_of(experiment);
    const unsigned share = experiment.repetitions / experiment.blocks;
    Generator generator{plan.seed};
    for (unsigned block = 0; block < experiment.blocks; ++block) {
        std::vector<std::size_t> order(plan.cells.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        shuffle(order, generator);
        std::vector<unsigned> repetitions(share);
        std::iota(repetitions.begin(), repetitions.end(), block * share + 1);
        for (const std::size_t cell : order) {
            plan.arrays.push_back({cell, block, repetitions});
        }
    }
    if (experiment.sentinel) {
        plan.arrays = with_sentinels(plan.arrays, plan.cells.size(), *experiment.sentinel);
        plan.cells.push_back(sentinel_of(experiment));
    }
    if (experiment.trace) {
        add_traces(plan, experiment);
    }
    plan.experiment = std::move(experiment);
    return plan;
}

std::string cell_name(unsigned nodes, unsigned interpreters, const std::string& environment, Role role)
{
    return fmt::format("{}x{}:{}{}{}", nodes, interpreters, environment, role == Role::measured ? "" : ":",
                       role == Role::measured ? "" : to_string(role));
}

ArraySpec array_spec(const Plan& plan, const Array& array, const std::string& token)
{
    const Cell& cell = plan.cells.at(array.cell);
    ArraySpec spec;
    spec.token = token;
    spec.experiment = plan.experiment.name;
    spec.nodes = cell.nodes;
    spec.interpreters = cell.interpreters;
    for (unsigned task = 0; task < array.repetitions.size(); ++task) {
        spec.repetition_of.emplace_back(task, array.repetitions[task]);
    }
    spec.meet_timeout_ms = plan.experiment.node_timeout.count();
    spec.prepare_timeout_ms = plan.experiment.node_timeout.count();
    spec.interpreter_timeout_ms = plan.experiment.interpreter_timeout.count();
    spec.start = plan.experiment.start;
    spec.cache = plan.experiment.cache;
    spec.environment = plan.experiment.environments.at(cell.environment);
    spec.role = cell.role;
    if (cell.role != Role::measured) {
        spec.environment.controls.clear();  // they stand beside results
    }
    return spec;
}

std::vector<Array> split(const std::vector<Array>& arrays, std::size_t most)
{
    assert(most > 0);
    std::vector<Array> pieces;
    for (const Array& array : arrays) {
        for (auto begin = array.repetitions.begin(); begin != array.repetitions.end();) {
            const auto left = static_cast<std::size_t>(array.repetitions.end() - begin);
            const auto end = begin + static_cast<std::ptrdiff_t>(std::min(left, most));
            pieces.push_back({array.cell, array.block, {begin, end}});
            begin = end;
        }
    }
    return pieces;
}

std::optional<std::chrono::minutes> time_limit(const experiment::SlurmOptions& slurm)
{
    const std::optional<std::string> text = experiment::value_of(slurm, "time", "-t");
    const auto parsed = text ? experiment::parse_time_limit(*text) : std::nullopt;
    return parsed ? parsed->minutes : std::nullopt;
}

std::optional<double> node_hours(const Plan& plan)
{
    const auto limit = time_limit(plan.experiment.slurm);
    if (!limit) {
        return std::nullopt;
    }
    double nodes = 0;
    for (const Array& array : plan.arrays) {
        nodes += static_cast<double>(plan.cells.at(array.cell).nodes) * static_cast<double>(array.repetitions.size());
    }
    return nodes * std::chrono::duration<double, std::ratio<3600>>(*limit).count();
}

}  // namespace gaggle::plan
