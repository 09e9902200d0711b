#include "orchestrator/plan/plan.hpp"

#include "core/random.hpp"
#include "orchestrator/experiment/durations.hpp"
#include "orchestrator/experiment/slurm_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <utility>

namespace gaggle::plan {

namespace {

/// Fisher and Yates' shuffle; Knuth, The Art of Computer Programming 2, 3.4.2, algorithm P.
template <class Item>
void shuffle(std::vector<Item>& items, Generator& generator)
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
            all.push_back({arrays[i].block, {{cell, ++repetition}}});
        }
        all.push_back(arrays[i]);
    }
    all.push_back({arrays.back().block, {{cell, ++repetition}}});
    return all;
}

void add_traces(Plan& plan, const experiment::Experiment& experiment)
{
    for (std::size_t environment = 0; environment < experiment.environments.size(); ++environment) {
        const Task task{plan.cells.size(), 1};
        if (environment > 0 && experiment.slurm.array_of == experiment::ArrayOf::shape) {
            plan.arrays.back().tasks.push_back(task);
        } else {
            plan.arrays.push_back({experiment.blocks - 1, {task}});
        }
        plan.cells.push_back({1, 1, environment, Role::trace});
    }
}

/// Every cell once, shuffled.
[[nodiscard]] std::vector<Array> arrays_by_cell(const Plan& plan, unsigned block,
                                                const std::vector<unsigned>& repetitions, Generator& generator)
{
    std::vector<std::size_t> order(plan.cells.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    shuffle(order, generator);
    std::vector<Array> arrays;
    for (const std::size_t cell : order) {
        Array& array = arrays.emplace_back(Array{block, {}});
        for (const unsigned repetition : repetitions) {
            array.tasks.push_back({cell, repetition});
        }
    }
    return arrays;
}

/// Every number of nodes once, shuffled; its cells' repetitions shuffled in it.
[[nodiscard]] std::vector<Array> arrays_by_shape(const Plan& plan, std::vector<unsigned> node_counts, unsigned block,
                                                 const std::vector<unsigned>& repetitions, Generator& generator)
{
    shuffle(node_counts, generator);
    std::vector<Array> arrays;
    for (const unsigned nodes : node_counts) {
        Array& array = arrays.emplace_back(Array{block, {}});
        for (std::size_t cell = 0; cell < plan.cells.size(); ++cell) {
            for (const unsigned repetition : repetitions) {
                if (plan.cells[cell].nodes == nodes) {
                    array.tasks.push_back({cell, repetition});
                }
            }
        }
        shuffle(array.tasks, generator);
    }
    return arrays;
}

/// The worker's view of one cell; no task measures it yet.
[[nodiscard]] ArraySpec cell_spec(const Plan& plan, const Cell& cell, const std::string& token)
{
    ArraySpec spec;
    spec.token = token;
    spec.experiment = plan.experiment.name;
    spec.nodes = cell.nodes;
    spec.interpreters = cell.interpreters;
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

}  // namespace

Plan make_plan(experiment::Experiment experiment)
{
    Plan plan;
    plan.seed = experiment.seed ? *experiment.seed : drawn_seed();
    plan.cells = grid_of(experiment);
    const unsigned share = experiment.repetitions / experiment.blocks;
    Generator generator{plan.seed};
    for (unsigned block = 0; block < experiment.blocks; ++block) {
        std::vector<unsigned> repetitions(share);
        std::iota(repetitions.begin(), repetitions.end(), block * share + 1);
        std::ranges::move(experiment.slurm.array_of == experiment::ArrayOf::shape
                              ? arrays_by_shape(plan, experiment.nodes, block, repetitions, generator)
                              : arrays_by_cell(plan, block, repetitions, generator),
                          std::back_inserter(plan.arrays));
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

std::string shape_name(unsigned nodes, std::size_t cells)
{
    return fmt::format("{} node{}, {} cells", nodes, nodes == 1 ? "" : "s", cells);
}

std::vector<std::size_t> cells_of(const Array& array)
{
    std::vector<std::size_t> cells;
    std::set<std::size_t> seen;
    for (const Task& task : array.tasks) {
        if (seen.insert(task.cell).second) {
            cells.push_back(task.cell);
        }
    }
    return cells;
}

std::vector<ArraySpec> array_specs(const Plan& plan, const Array& array, const std::string& token)
{
    std::vector<ArraySpec> specs;
    std::map<std::size_t, std::size_t> place;  // of a cell's in `specs`
    for (const std::size_t cell : cells_of(array)) {
        place[cell] = specs.size();
        specs.push_back(cell_spec(plan, plan.cells.at(cell), token));
    }
    for (unsigned index = 0; index < array.tasks.size(); ++index) {
        const Task& task = array.tasks[index];
        specs[place.at(task.cell)].repetition_of.emplace_back(index, task.repetition);
    }
    return specs;
}

std::vector<Array> split(const std::vector<Array>& arrays, std::size_t most)
{
    assert(most > 0);
    std::vector<Array> pieces;
    for (const Array& array : arrays) {
        for (auto begin = array.tasks.begin(); begin != array.tasks.end();) {
            const auto left = static_cast<std::size_t>(array.tasks.end() - begin);
            const auto end = begin + static_cast<std::ptrdiff_t>(std::min(left, most));
            pieces.push_back({array.block, {begin, end}});
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
        nodes += static_cast<double>(plan.cells.at(array.tasks.front().cell).nodes) *
                 static_cast<double>(array.tasks.size());
    }
    return nodes * std::chrono::duration<double, std::ratio<3600>>(*limit).count();
}

}  // namespace gaggle::plan
