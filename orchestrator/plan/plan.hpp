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

/// One (nodes, interpreters, environment).
struct Cell {
    unsigned nodes = 0;
    unsigned interpreters = 0;    ///< per node
    std::size_t environment = 0;  ///< index into Experiment::environments

    bool operator==(const Cell&) const = default;
};

/// One array to submit: a cell's repetitions of one block, or a part of them. Task i measures `repetitions[i]`.
struct Array {
    std::size_t cell = 0;               ///< index into Plan::cells
    unsigned block = 0;                 ///< 0 … blocks − 1
    std::vector<unsigned> repetitions;  ///< numbered from 1 over the whole experiment's cell

    bool operator==(const Array&) const = default;
};

/// What will be submitted. A pure function of the experiment and the seed, on every machine.
struct Plan {
    experiment::Experiment experiment;
    std::uint64_t seed = 0;     ///< the experiment's, or the one drawn
    std::vector<Cell> cells;    ///< nodes outermost, environments innermost: the grid in reading order
    std::vector<Array> arrays;  ///< in the order in which they run: within each block every cell once, shuffled
};

[[nodiscard]] Plan make_plan(experiment::Experiment experiment);

/// The arrays with those of more than `most` repetitions cut into several, one after the other: a limit of the cluster
/// that they are submitted to, which the plan does not know.
[[nodiscard]] std::vector<Array> split(const std::vector<Array>& arrays, std::size_t most);

/// The worker's view of one array.
[[nodiscard]] ArraySpec array_spec(const Plan& plan, const Array& array, const std::string& token);

/// The value of an option among sbatch's, such as "--time=30" or "-t 30"; the last one counts. Empty if it is not there.
[[nodiscard]] std::optional<std::string> sbatch_option(const experiment::SlurmOptions& slurm, std::string_view name,
                                                       char letter);

/// The time limit that the file names; empty: none, or unlimited.
[[nodiscard]] std::optional<std::chrono::minutes> time_limit(const experiment::SlurmOptions& slurm);

/// Node-hours that Slurm may bill at most: nodes × repetitions × the time limit; empty if the file names no limit.
[[nodiscard]] std::optional<double> node_hours(const Plan& plan);

}  // namespace gaggle::plan
