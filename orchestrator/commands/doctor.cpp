#include "orchestrator/commands/doctor.hpp"

#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/experiment/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace gaggle::commands {

namespace {

const Usage doctor_usage{
    .synopsis = "gaggle doctor [options] [FILE]",
    .description =
        "Says what is wrong with Slurm here, the store, the worker and this installation, a line each with what to do\n"
        "about it, and with an experiment file whether Slurm would run it. Works without Slurm, too; asks slurmctld\n"
        "four times. Exit status 1 if something is wrong; warnings are for you to judge.\n",
    .options = {{"json", "", "one JSON object: version (of this format, 1), checks: subject, health, words, remedy"},
                {"worker", "FILE",
                 "the gaggle-worker to look at (default: $GAGGLE_WORKER, else the one beside gaggle)"}},
    .least_operands = 0,
    .most_operands = 1};

void print_lines(const std::vector<Check>& checks)
{
    for (const Check& check : checks) {
        std::cout << fmt::format("{:<8} {:<11} {}{}\n", to_string(check.health), check.subject, check.words,
                                 check.remedy.empty() ? "" : "; " + check.remedy);
    }
}

void print_json(const std::vector<Check>& checks)
{
    nlohmann::ordered_json object{{"version", 1}, {"checks", nlohmann::ordered_json::array()}};
    for (const Check& check : checks) {
        object["checks"].push_back({{"subject", check.subject},
                                    {"health", to_string(check.health)},
                                    {"words", check.words},
                                    {"remedy", check.remedy}});
    }
    std::cout << object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

}  // namespace

ExitCode doctor(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(doctor_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    std::optional<plan::Plan> plan;
    if (!parsed->operands.empty()) {
        plan = plan::make_plan(experiment::read_file(parsed->operands.front()));
    }
    slurm::SlurmScheduler scheduler;
    std::vector<Check> checks = check_slurm(scheduler, plan);
    std::ranges::copy(check_here(parsed->store(), parsed->value("worker")), std::back_inserter(checks));
    if (parsed->has("json")) {
        print_json(checks);
    } else {
        print_lines(checks);
    }
    return std::ranges::find(checks, Health::wrong, &Check::health) == checks.end() ? ExitCode::Ok
                                                                                    : ExitCode::CellsFailed;
}

}  // namespace gaggle::commands
