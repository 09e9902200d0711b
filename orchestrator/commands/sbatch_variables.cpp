#include "orchestrator/commands/sbatch_variables.hpp"

#include "core/log.hpp"
#include "orchestrator/experiment/slurm_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace gaggle::commands {

namespace {

struct Variable {
    const char* name;
    std::string_view option;
    std::string_view letter;  ///< with its dash; "": none
};

/// Those with a value that gaggle lets through (scrub::is_kept).
constexpr std::array<Variable, 22> variables{{
    {"SBATCH_ACCOUNT", "account", "-A"},
    {"SBATCH_ACCTG_FREQ", "acctg-freq", ""},
    {"SBATCH_BATCH", "batch", ""},
    {"SBATCH_CONSTRAINT", "constraint", "-C"},
    {"SBATCH_CPUS_PER_GPU", "cpus-per-gpu", ""},
    {"SBATCH_DELAY_BOOT", "delay-boot", ""},
    {"SBATCH_GPUS", "gpus", "-G"},
    {"SBATCH_GPUS_PER_NODE", "gpus-per-node", ""},
    {"SBATCH_GPUS_PER_TASK", "gpus-per-task", ""},
    {"SBATCH_GPU_BIND", "gpu-bind", ""},
    {"SBATCH_GPU_FREQ", "gpu-freq", ""},
    {"SBATCH_GRES", "gres", ""},
    {"SBATCH_GRES_FLAGS", "gres-flags", ""},
    {"SBATCH_NETWORK", "network", ""},
    {"SBATCH_PARTITION", "partition", "-p"},
    {"SBATCH_POWER", "power", ""},
    {"SBATCH_QOS", "qos", "-q"},
    {"SBATCH_REQ_SWITCH", "switches", ""},
    {"SBATCH_RESERVATION", "reservation", ""},
    {"SBATCH_TIMELIMIT", "time", "-t"},
    {"SBATCH_WAIT_ALL_NODES", "wait-all-nodes", ""},
    {"SBATCH_WCKEY", "wckey", ""},
}};

std::optional<std::string> in_shell(const Variable& variable)
{
    const char* const value = std::getenv(variable.name);
    return value != nullptr && *value != '\0' ? std::optional{std::string{value}} : std::nullopt;
}

}  // namespace

std::optional<std::string> asked_of_sbatch(const experiment::SlurmOptions& slurm, std::string_view option)
{
    const auto* const variable = std::ranges::find(variables, option, &Variable::option);
    if (variable == variables.end()) {
        return experiment::value_of(slurm, option, "");
    }
    if (auto given = experiment::value_given(slurm, option, variable->letter)) {
        return given;
    }
    const auto value = in_shell(*variable);
    return value ? value : experiment::value_of(slurm, option, variable->letter);
}

std::vector<std::string> contradictions(const experiment::SlurmOptions& slurm)
{
    std::vector<std::string> found;
    for (const Variable& variable : variables) {
        const auto in_file = experiment::value_of(slurm, variable.option, variable.letter);
        const auto value = in_shell(variable);
        const bool is_given = experiment::value_given(slurm, variable.option, variable.letter).has_value();
        if (value && in_file && !is_given && *value != *in_file) {
            found.push_back(fmt::format("{}={} beats --{}={}", variable.name, *value, variable.option, *in_file));
        }
    }
    return found;
}

void warn_of_contradictions(const experiment::SlurmOptions& slurm)
{
    for (const std::string& words : contradictions(slurm)) {
        log::warn(words);
    }
}

}  // namespace gaggle::commands
