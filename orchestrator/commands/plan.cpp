#include "orchestrator/plan/plan.hpp"

#include "core/resemblance.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/experiment/experiment.hpp"
#include "orchestrator/plan/script.hpp"
#include "orchestrator/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <utility>

namespace gaggle::commands {

namespace {

const Usage plan_usage{
    .synopsis = "gaggle plan [options] FILE",
    .description =
        "Shows what an experiment file asks for: its cells, and the job arrays in the order in which they\n"
        "would run. Writes nothing and does not need Slurm.\n",
    .options = {{"script", "CELL",
                 "print the batch script of a cell instead: its number, or its name, such as 2x4:py_conda"}},
    .least_operands = 1,
    .most_operands = 1};

const std::string& environment_name(const plan::Plan& plan, const plan::Cell& cell)
{
    return plan.experiment.environments.at(cell.environment).name;
}

std::string name_of(const plan::Plan& plan, const plan::Cell& cell)
{
    return plan::cell_name(cell.nodes, cell.interpreters, environment_name(plan, cell), cell.role);
}

std::size_t find_cell(const plan::Plan& plan, const std::string& wanted)
{
    for (std::size_t i = 0; i < plan.cells.size(); ++i) {
        if (name_of(plan, plan.cells[i]) == wanted) {
            return i;
        }
    }
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
    if (error != std::errc{} || end != wanted.data() + wanted.size() || number < 1 || number > plan.cells.size()) {
        std::vector<std::string> names;
        std::ranges::transform(plan.cells, std::back_inserter(names),
                               [&](const plan::Cell& cell) { return name_of(plan, cell); });
        throw Error(ExitCode::Usage, fmt::format("no cell '{}'{}: give a number from 1 to {}, or a name such as {}",
                                                 wanted, did_you_mean(wanted, names), names.size(), names.front()));
    }
    return number - 1;
}

/// The script as `submit` would write it, with names where the store draws or counts something.
std::string script_of(const plan::Plan& plan, std::size_t cell, const std::filesystem::path& store)
{
    const auto array = std::find_if(plan.arrays.begin(), plan.arrays.end(), [cell](const plan::Array& candidate) {
        return std::ranges::find(candidate.tasks, cell, &plan::Task::cell) != candidate.tasks.end();
    });
    const std::filesystem::path folder = store / "experiments" / ("ID-" + plan.experiment.name) / "arrays" /
                                         fmt::format("{:04}", array - plan.arrays.begin());
    const plan::ArrayFiles files{.worker = store / "bin" / "gaggle-worker-SHA256",
                                 .spec = folder / "spec",
                                 .records = folder / "records",
                                 .logs = folder / "logs",
                                 .script = folder / "script.sbatch",
                                 .options = folder / "sbatch-options"};
    return plan::render_script(plan::template_text(plan.experiment.slurm), plan, *array, "TOKEN", files);
}

/// Of the cells of one role.
struct Total {
    std::size_t cells = 0;
    std::size_t arrays = 0;
    std::uint64_t attempts = 0;
    std::uint64_t interpreters = 0;
    std::string names;  ///< of the cells
};

Total total_of(const plan::Plan& plan, Role role)
{
    Total total;
    for (const plan::Cell& cell : plan.cells) {
        if (cell.role == role) {
            ++total.cells;
            total.names += (total.names.empty() ? "" : ", ") + name_of(plan, cell);
        }
    }
    for (const plan::Array& array : plan.arrays) {
        total.arrays += plan.cells[array.tasks.front().cell].role == role ? 1U : 0U;
        for (const plan::Task& task : array.tasks) {
            if (const plan::Cell& cell = plan.cells[task.cell]; cell.role == role) {
                ++total.attempts;
                total.interpreters += std::uint64_t{cell.nodes} * cell.interpreters;
            }
        }
    }
    return total;
}

/// Which environments have which controls.
std::string controls_of(const experiment::Experiment& experiment)
{
    std::string text;
    for (const EnvironmentSpec& environment : experiment.environments) {
        for (const ControlSpec& control : environment.controls) {
            text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", control.name, environment.name);
        }
    }
    return text.empty() ? "none" : text;
}

void print_head(const plan::Plan& plan)
{
    const experiment::Experiment& experiment = plan.experiment;
    const Total measured = total_of(plan, Role::measured);
    fmt::print("experiment    {}\n", experiment.name);
    fmt::print("start         {}\n", to_string(experiment.start));
    fmt::print("cache         {}\n", to_string(experiment.cache));
    fmt::print("controls      {}\n", controls_of(experiment));
    fmt::print("cells         {}\n", measured.cells);
    fmt::print("repetitions   {} in {}\n", experiment.repetitions, counted(experiment.blocks, "block"));
    fmt::print("arrays        {}{}\n", measured.arrays,
               experiment.slurm.array_of == experiment::ArrayOf::shape ? ": one per number of nodes and block" : "");
    fmt::print("concurrent    {}\n", experiment.concurrent
                                         ? "yes: the cells of a block run at the same time, as far as there are nodes"
                                         : "no: one cell after the other");
    fmt::print("attempts      {}\n", measured.attempts);
    fmt::print("interpreters  {}\n", measured.interpreters);
    if (experiment.sentinel) {
        const Total sentinel = total_of(plan, Role::sentinel);
        fmt::print("sentinel      {} more: {}, first, last and after every {}\n", counted(sentinel.arrays, "array"),
                   sentinel.names, counted(*experiment.sentinel, "array"));
    }
    if (experiment.trace) {
        const Total trace = total_of(plan, Role::trace);
        fmt::print("trace         {} more: {}\n", counted(trace.arrays, "array"), trace.names);
    }
    const std::optional<double> hours = plan::node_hours(plan);
    fmt::print("node-hours    {}\n", hours
                                         ? fmt::format("{:.1f} at most, if every attempt takes its time limit", *hours)
                                         : "not limited: the file names no time limit");
    fmt::print("seed          {}{}\n\n", plan.seed,
               experiment.seed ? "" : " (drawn now; the file names none, so submit draws another)");
}

store::Table cell_table(const plan::Plan& plan)
{
    store::Table table{.columns = {"cell", "nodes", "interpreters", "environment", "role"},
                       .numeric = {true, true, true, false, false},
                       .rows = {}};
    for (std::size_t i = 0; i < plan.cells.size(); ++i) {
        const plan::Cell& cell = plan.cells[i];
        table.rows.push_back({std::to_string(i + 1), std::to_string(cell.nodes), std::to_string(cell.interpreters),
                              environment_name(plan, cell), std::string{to_string(cell.role)}});
    }
    return table;
}

store::Table order_table(const plan::Plan& plan)
{
    store::Table table{.columns = {"array", "block", "cell", "name", "repetitions"},
                       .numeric = {true, true, true, false, false},
                       .rows = {}};
    for (std::size_t i = 0; i < plan.arrays.size(); ++i) {
        const plan::Array& array = plan.arrays[i];
        const std::vector<std::size_t> cells = plan::cells_of(array);
        const plan::Cell& first = plan.cells[cells.front()];
        std::vector<unsigned> numbers;
        std::vector<unsigned> repetitions;
        for (const plan::Task& task : array.tasks) {
            numbers.push_back(static_cast<unsigned>(task.cell + 1));
            repetitions.push_back(task.repetition);
        }
        table.rows.push_back({std::to_string(i + 1), std::to_string(array.block + 1), ranges(std::move(numbers)),
                              cells.size() == 1 ? name_of(plan, first) : plan::shape_name(first.nodes, cells.size()),
                              ranges(std::move(repetitions))});
    }
    return table;
}

}  // namespace

ExitCode plan(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(plan_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const plan::Plan planned = plan::make_plan(experiment::read_file(parsed->operands.front()));
    if (const auto wanted = parsed->value("script")) {
        fmt::print("{}", script_of(planned, find_cell(planned, *wanted), parsed->store()));
        return ExitCode::Ok;
    }
    print_head(planned);
    fmt::print("{}\nIn this order:\n{}", table::render(cell_table(planned), table::Format::table),
               table::render(order_table(planned), table::Format::table));
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
