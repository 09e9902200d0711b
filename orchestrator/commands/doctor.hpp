#pragma once

#include "core/names.hpp"
#include "orchestrator/plan/plan.hpp"
#include "orchestrator/slurm/slurm_scheduler.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// What `gaggle doctor` looks at. Nothing of it throws for what it finds.
namespace gaggle::commands {

/// warning: it may do harm. wrong: something will not work.
enum class Health { ok, warning, wrong };
inline constexpr Names<Health, 3> health_names{{"ok", "warning", "wrong"}};
[[nodiscard]] constexpr const auto& names_of(Health /*value*/)
{
    return health_names;
}

/// One thing that was looked at.
struct Check {
    std::string subject;  ///< a word: "slurmctld"
    Health health = Health::ok;
    std::string words;   ///< what was found
    std::string remedy;  ///< what to do about it; "" if it is all right

    bool operator==(const Check&) const = default;
};

/// libslurm, slurm.conf, Slurm's commands, slurmctld, its limits and its clock, and, if there is a plan, what keeps it
/// from running. Where one is wrong, those that need it are left out.
[[nodiscard]] std::vector<Check> check_slurm(slurm::SlurmScheduler& scheduler, const std::optional<plan::Plan>& plan);

/// The store's file system and locks, the worker, container runtimes, tracing, the report's page.
[[nodiscard]] std::vector<Check> check_here(const std::filesystem::path& store,
                                            const std::optional<std::string>& named_worker);

/// What a file system of this type, as stat(1) calls it, is to a store.
[[nodiscard]] Check judge_file_system(const std::filesystem::path& folder, const std::string& type);

}  // namespace gaggle::commands
