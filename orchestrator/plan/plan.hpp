#pragma once

#include "core/array_spec.hpp"
#include "orchestrator/experiment/experiment.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::plan {

/// One (nodes, interpreters, environment), and what for.
struct Cell {
    unsigned nodes = 0;
    unsigned interpreters = 0;    ///< per node
    std::size_t environment = 0;  ///< index into Experiment::environments
    Role role = Role::measured;

    bool operator==(const Cell&) const = default;
};

/// One repetition of one cell.
struct Task {
    std::size_t cell = 0;     ///< index into Plan::cells
    unsigned repetition = 0;  ///< numbered from 1 over the whole experiment's cell

    bool operator==(const Task&) const = default;
};

/// One array to submit: repetitions of one block, or a part of them, of one cell or of several that need the same number
/// of nodes. `tasks[i]` is what the task with index i measures; nobody computes it from i.
struct Array {
    unsigned block = 0;  ///< 0 … blocks − 1
    std::vector<Task> tasks;

    bool operator==(const Array&) const = default;
};

/// What will be submitted. A pure function of the experiment and the seed, on every machine.
struct Plan {
    experiment::Experiment experiment;
    std::uint64_t seed = 0;  ///< the experiment's, or the one drawn
    /// The grid in reading order, nodes outermost, environments innermost; then the sentinel; then those to trace.
    std::vector<Cell> cells;
    /// In the order in which they run: within each block every cell of the grid once, shuffled, or every number of nodes
    /// once, shuffled, with its cells' repetitions shuffled in it (experiment::ArrayOf); among them the sentinel's, one
    /// repetition each, first, last and after so many of the others; behind all those to trace, since they come from the
    /// files that they warm.
    std::vector<Array> arrays;
};

[[nodiscard]] Plan make_plan(experiment::Experiment experiment);

/// "NODESxINTERPRETERS:ENVIRONMENT", with ":ROLE" unless it is measured: no two cells of a plan have the same.
[[nodiscard]] std::string cell_name(unsigned nodes, unsigned interpreters, const std::string& environment, Role role);

/// What an array of several cells is called: "4 nodes, 10 cells".
[[nodiscard]] std::string shape_name(unsigned nodes, std::size_t cells);

/// The cells of an array, in the order of their first tasks.
[[nodiscard]] std::vector<std::size_t> cells_of(const Array& array);

/// The arrays with those of more than `most` tasks cut into several, one after the other: a limit of the cluster
/// that they are submitted to, which the plan does not know.
[[nodiscard]] std::vector<Array> split(const std::vector<Array>& arrays, std::size_t most);

/// The worker's view of one array: a specification for each of its cells (cells_of), with the tasks that measure it.
[[nodiscard]] std::vector<ArraySpec> array_specs(const Plan& plan, const Array& array, const std::string& token);

/// The time limit that the file names; empty: none, or unlimited.
[[nodiscard]] std::optional<std::chrono::minutes> time_limit(const experiment::SlurmOptions& slurm);

/// Node-hours that Slurm may bill at most: nodes × repetitions × the time limit; empty if the file names no limit.
[[nodiscard]] std::optional<double> node_hours(const Plan& plan);

}  // namespace gaggle::plan
