#include "orchestrator/commands/foresight.hpp"

#include "orchestrator/commands/sbatch_variables.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/experiment/durations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

namespace gaggle::commands {

namespace {

using Lasts = Obstacle::Lasts;

/// Looks at one plan with one cluster's limits.
class Foresight {
public:
    Foresight(const plan::Plan& plan, const slurm::Limits& limits)
        : plan_(plan),
          limits_(limits),
          options_(plan.experiment.slurm),
          bounds_last_(limits.routes_jobs || asked_of_sbatch(options_, "qos") ? Lasts::now : Lasts::forever)
    {
    }

    std::vector<Obstacle> all()
    {
        if (limits_.max_array_tasks == 0) {
            add(Lasts::forever, "this cluster has no job arrays: its MaxArraySize is 0");
        }
        find_partitions();
        if (!partitions_.empty()) {
            std::set<unsigned> counts;
            for (const plan::Cell& cell : plan_.cells) {
                counts.insert(cell.nodes);
            }
            std::for_each(counts.begin(), counts.end(), [this](unsigned nodes) { check_nodes(nodes); });
            if (!options_.template_file) {
                std::for_each(counts.begin(), counts.end(), [this](unsigned nodes) { check_memory(nodes); });
            }
            check_time();
            check_states();
        }
        return std::move(obstacles_);
    }

private:
    void add(Lasts lasts, std::string words) { obstacles_.push_back({lasts, std::move(words)}); }

    void find_partitions()
    {
        const std::optional<std::string> named = asked_of_sbatch(options_, "partition");
        if (!named) {
            for (const slurm::Partition& partition : limits_.partitions) {
                if (partition.is_default) {
                    partitions_.push_back(&partition);
                }
            }
            if (partitions_.empty()) {
                add(bounds_last_, "no partition is named, and this cluster has no default partition");
            }
            return;
        }
        std::istringstream names{*named};
        for (std::string name; std::getline(names, name, ',');) {
            const auto found = std::find_if(limits_.partitions.begin(), limits_.partitions.end(),
                                            [&](const slurm::Partition& partition) { return partition.name == name; });
            if (found == limits_.partitions.end()) {
                add(limits_.routes_jobs ? Lasts::now : Lasts::forever, fmt::format("there is no partition '{}'", name));
            } else {
                partitions_.push_back(&*found);
            }
        }
    }

    /// A job fits if it fits into one of the partitions.
    void check_nodes(unsigned nodes)
    {
        std::string why;
        Lasts lasts = Lasts::forever;
        for (const slurm::Partition* partition : partitions_) {
            std::string reason;
            if (nodes > partition->nodes) {
                reason = fmt::format("has {}", counted(partition->nodes, "node"));
                lasts = limits_.routes_jobs ? Lasts::now : lasts;
            } else if (partition->max_nodes && nodes > *partition->max_nodes) {
                reason = fmt::format("gives a job at most {} (MaxNodes)", counted(*partition->max_nodes, "node"));
                lasts = bounds_last_ == Lasts::now ? Lasts::now : lasts;
            } else if (nodes < partition->min_nodes) {
                reason = fmt::format("gives a job at least {} (MinNodes)", counted(partition->min_nodes, "node"));
                lasts = bounds_last_ == Lasts::now ? Lasts::now : lasts;
            } else {
                return;
            }
            why += fmt::format("{}partition {} {}", why.empty() ? "" : ", ", partition->name, reason);
        }
        add(lasts, fmt::format("cells of {} cannot run: {}", counted(nodes, "node"), why));
    }

    /// gaggle's own template asks for all memory of a node. Slurm takes such a job and keeps it pending (MaxMemPerLimit).
    void check_memory(unsigned nodes)
    {
        std::string why;
        for (const slurm::Partition* partition : partitions_) {
            if (!partition->max_node_memory || nodes <= partition->nodes_within_memory) {
                return;
            }
            why += fmt::format("{}partition {} gives a job at most {} MiB of a node (MaxMemPerNode), and {} no more",
                               why.empty() ? "" : ", ", partition->name, *partition->max_node_memory,
                               partition->nodes_within_memory == 1
                                   ? "1 node has"
                                   : fmt::format("{} nodes have", partition->nodes_within_memory));
        }
        add(Lasts::now,
            fmt::format("cells of {} would stay pending: they ask for all memory of each node (--mem=0), but "
                        "{}; a template ([slurm] template) can ask for less",
                        counted(nodes, "node"), why));
    }

    void check_time()
    {
        const auto text = asked_of_sbatch(options_, "time");
        const auto parsed = text ? experiment::parse_time_limit(*text) : std::nullopt;
        if (!parsed || !parsed->minutes) {
            return;
        }
        const std::chrono::minutes limit = *parsed->minutes;
        std::string why;
        for (const slurm::Partition* partition : partitions_) {
            if (!partition->max_time || limit <= *partition->max_time) {
                return;
            }
            why +=
                fmt::format("{}partition {} gives a job at most {} (MaxTime)", why.empty() ? "" : ", ", partition->name,
                            counted(static_cast<std::size_t>(partition->max_time->count()), "minute"));
        }
        add(bounds_last_, fmt::format("a time limit of {} is too long: {}",
                                      counted(static_cast<std::size_t>(limit.count()), "minute"), why));
    }

    void check_states()
    {
        std::string why;
        for (const slurm::Partition* partition : partitions_) {
            if (partition->state == "UP") {
                return;
            }
            why += fmt::format("{}partition {} is {}", why.empty() ? "" : ", ", partition->name, partition->state);
        }
        add(Lasts::now, "nothing starts now: " + why);
    }

    const plan::Plan& plan_;
    const slurm::Limits& limits_;
    const experiment::SlurmOptions& options_;
    Lasts bounds_last_;  ///< a partition's limits on jobs: some QOS, and plugins, let jobs exceed them
    std::vector<const slurm::Partition*> partitions_;
    std::vector<Obstacle> obstacles_;
};

}  // namespace

std::vector<Obstacle> foresee(const plan::Plan& plan, const slurm::Limits& limits)
{
    return Foresight{plan, limits}.all();
}

}  // namespace gaggle::commands
