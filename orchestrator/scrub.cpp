#include "orchestrator/scrub.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace gaggle::scrub {

using namespace std::string_view_literals;

namespace {

constexpr std::array kept_names{
    // A person's session. Not TMPDIR, XDG_RUNTIME_DIR and the like: they mean something on the login node only.
    "HOME"sv, "USER"sv, "LOGNAME"sv, "SHELL"sv, "PATH"sv, "LANG"sv, "LANGUAGE"sv, "TZ"sv,
    // How Slurm's clients find the controller and prove who asks. Everything else in SLURM_* belongs to an enclosing job.
    "SLURM_CONF"sv, "SLURM_CONF_SERVER"sv, "SLURM_JWT"sv,
    // auks and other SPANK plugins forward a ticket to reach a kerberised home.
    "KRB5CCNAME"sv};

/// Options of sbatch that gaggle decides, because they would change what is measured, or break it (docs/slurm.md
/// gives the reason for each). Those that say where and for whom a job runs are the submitter's.
// clang-format off
constexpr std::array decided_by_gaggle{
    "SBATCH_ARRAY_INX"sv, "SBATCH_CLUSTERS"sv, "SBATCH_CONTAINER"sv, "SBATCH_CORE_SPEC"sv, "SBATCH_DEBUG"sv,
    "SBATCH_DISTRIBUTION"sv, "SBATCH_ERROR"sv, "SBATCH_EXCLUSIVE"sv, "SBATCH_EXPORT"sv, "SBATCH_GET_USER_ENV"sv,
    "SBATCH_HINT"sv, "SBATCH_IGNORE_PBS"sv, "SBATCH_INPUT"sv, "SBATCH_JOB_NAME"sv, "SBATCH_MEM_BIND"sv,
    "SBATCH_MEM_PER_CPU"sv, "SBATCH_MEM_PER_GPU"sv, "SBATCH_MEM_PER_NODE"sv, "SBATCH_NO_KILL"sv,
    "SBATCH_NO_REQUEUE"sv, "SBATCH_OPEN_MODE"sv, "SBATCH_OUTPUT"sv, "SBATCH_OVERCOMMIT"sv, "SBATCH_PROFILE"sv,
    "SBATCH_REQUEUE"sv, "SBATCH_SIGNAL"sv, "SBATCH_SPREAD_JOB"sv, "SBATCH_THREAD_SPEC"sv,
    "SBATCH_THREADS_PER_CORE"sv, "SBATCH_USE_MIN_NODES"sv, "SBATCH_WAIT"sv};
// clang-format on

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool is_kept(std::string_view name)
{
    if (name.starts_with("SBATCH_")) {
        return !contains(decided_by_gaggle, name);
    }
    return name.starts_with("LC_") || contains(kept_names, name);
}

std::vector<std::string> kept(const std::vector<std::string>& environment)
{
    std::vector<std::string> result;
    std::copy_if(environment.begin(), environment.end(), std::back_inserter(result), [](const std::string& variable) {
        return is_kept(std::string_view{variable}.substr(0, variable.find('=')));
    });
    return result;
}

std::vector<std::string> current()
{
    std::vector<std::string> result;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        result.emplace_back(*variable);
    }
    return result;
}

}  // namespace gaggle::scrub
