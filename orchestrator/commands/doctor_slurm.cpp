#include "core/error.hpp"
#include "orchestrator/child.hpp"
#include "orchestrator/commands/doctor.hpp"
#include "orchestrator/commands/foresight.hpp"
#include "orchestrator/slurm/conf.hpp"
#include "orchestrator/slurm/version.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gaggle::commands {

namespace {

Check check_library()
{
    const std::string trouble = slurm::mismatch();
    if (!trouble.empty()) {
        return {"libslurm", Health::wrong, trouble, "its structures differ from release to release"};
    }
    return {"libslurm", Health::ok,
            fmt::format("built for Slurm {}, runs with {}", slurm::built_version(), slurm::loaded_file()), ""};
}

Check check_configuration()
{
    try {
        return {"slurm.conf", Health::ok, slurm::configuration_file().string(), ""};
    } catch (const Error& error) {
        return {"slurm.conf", Health::wrong, error.what(), "run gaggle on a login node of the cluster"};
    }
}

Check check_programs()
{
    std::string missing;
    for (const char* name : {"sbatch", "srun"}) {
        if (!child::find_program(name)) {
            missing += (missing.empty() ? "" : ", ") + std::string{name};
        }
    }
    if (missing.empty()) {
        return {"commands", Health::ok, "sbatch and srun are in PATH", ""};
    }
    return {"commands", Health::wrong, "not in PATH: " + missing,
            "load the site's Slurm module, or install slurm-client"};
}

Check check_controller(const slurm::Controller& controller)
{
    const std::string words = fmt::format("Slurm {} of cluster '{}' answers", controller.version, controller.cluster);
    const std::string built = slurm::built_version();  // and so libslurm's release, or it would not be asked
    if (controller.version.substr(0, controller.version.rfind('.')) == built.substr(0, built.rfind('.'))) {
        return {"slurmctld", Health::ok, words, ""};
    }
    return {"slurmctld", Health::warning, fmt::format("{}; gaggle was built for {}", words, built),
            "build gaggle with the cluster's release: Slurm understands older ones for a while only"};
}

Check check_arrays(const slurm::Controller& controller)
{
    if (controller.max_array_size == 0) {
        return {"arrays", Health::wrong, "MaxArraySize=0: this cluster takes no job arrays",
                "ask its administrators for MaxArraySize=1001, Slurm's default"};
    }
    return {"arrays", Health::ok,
            fmt::format("MaxArraySize={} (of more repetitions several arrays are made), MaxJobCount={}",
                        controller.max_array_size, controller.max_jobs),
            ""};
}

Check check_clock(const slurm::Controller& controller)
{
    constexpr std::chrono::seconds measured{2};    // it is known to the second
    constexpr std::chrono::seconds lifetime{300};  // of a credential of munge's
    if (!controller.clock_ahead) {
        return {"clock", Health::ok, "slurmctld does not tell its clock; that it answered, its authentication agrees",
                ""};
    }
    const auto ahead = controller.clock_ahead->count();
    const std::string words =
        ahead == 0 ? "agrees with slurmctld's to the second"
                   : fmt::format("slurmctld's is {} s {}", std::abs(ahead), ahead > 0 ? "ahead" : "behind");
    const auto off = std::chrono::abs(*controller.clock_ahead);
    return {"clock",
            off >= lifetime  ? Health::wrong
            : off > measured ? Health::warning
                             : Health::ok,
            fmt::format("{} ({})", words, controller.authentication),
            off > measured ? "let both keep time by NTP (chrony): credentials are valid for five minutes" : ""};
}

std::string limits_of(const slurm::Partition& partition)
{
    return fmt::format("'{}': {} nodes, {} per job, time limit {}", partition.name, partition.nodes,
                       partition.max_nodes ? fmt::format("at most {}", *partition.max_nodes) : "all",
                       partition.max_time ? fmt::format("{} min", partition.max_time->count()) : "none");
}

Check check_partition(const std::vector<slurm::Partition>& partitions)
{
    const auto found = std::ranges::find(partitions, true, &slurm::Partition::is_default);
    if (found == partitions.end()) {
        return {"partition", Health::warning, fmt::format("none of {} is the default", partitions.size()),
                "name one: partition in [slurm], or -p"};
    }
    if (found->state != "UP") {
        return {"partition", Health::warning, fmt::format("{}; it is {}", limits_of(*found), found->state),
                "name another one: partition in [slurm], or -p"};
    }
    return {"partition", Health::ok, "the default " + limits_of(*found), ""};
}

std::vector<Check> check_plan(const plan::Plan& plan, const slurm::Limits& limits)
{
    std::vector<Check> checks;
    for (const Obstacle& obstacle : foresee(plan, limits)) {
        const bool lasts = obstacle.lasts == Obstacle::Lasts::forever;
        checks.push_back({"experiment", lasts ? Health::wrong : Health::warning, obstacle.words,
                          "change the file, or give other options to 'gaggle submit'"});
    }
    if (checks.empty()) {
        checks.push_back({"experiment", Health::ok, "nothing is known that keeps Slurm from running it", ""});
    }
    return checks;
}

}  // namespace

std::vector<Check> check_slurm(slurm::SlurmScheduler& scheduler, const std::optional<plan::Plan>& plan)
{
    std::vector<Check> checks{check_library(), check_configuration(), check_programs()};
    if (checks[0].health == Health::wrong || checks[1].health == Health::wrong) {
        return checks;
    }
    try {
        const slurm::Controller controller = scheduler.controller();
        checks.push_back(check_controller(controller));
        checks.push_back(check_arrays(controller));
        checks.push_back(check_clock(controller));
        const slurm::Limits limits = scheduler.limits();
        checks.push_back(check_partition(limits.partitions));
        if (plan) {
            std::ranges::copy(check_plan(*plan, limits), std::back_inserter(checks));
        }
    } catch (const Error& error) {
        checks.push_back({"slurmctld", Health::wrong, error.what(),
                          "see 'scontrol ping', and that munged runs here with the cluster's key"});
    }
    return checks;
}

}  // namespace gaggle::commands
