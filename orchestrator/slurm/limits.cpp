#include "orchestrator/slurm/limits.hpp"

#include "core/error.hpp"
#include "orchestrator/slurm/configuration.hpp"
#include "orchestrator/slurm/free_with.hpp"

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace gaggle::slurm {

namespace {

using Nodes = std::unique_ptr<node_info_msg_t, FreeWith<slurm_free_node_info_msg>>;
using Partitions = std::unique_ptr<partition_info_msg_t, FreeWith<slurm_free_partition_info_msg>>;

bool is_named(const char* text)
{
    return text != nullptr && *text != '\0';
}

const char* state_name(std::uint16_t state)
{
    switch (state) {
        case PARTITION_UP: return "UP";
        case PARTITION_DOWN: return "DOWN";
        case PARTITION_DRAIN: return "DRAIN";
        case PARTITION_INACTIVE: return "INACTIVE";
        default: return "UNKNOWN";
    }
}

/// slurmctld's rule: a partition's own limit, else the cluster's; in MiB.
std::optional<std::uint64_t> max_node_memory(const partition_info_t& info, const slurm_conf_t& configuration)
{
    const std::uint64_t limit = info.max_mem_per_cpu != 0 ? info.max_mem_per_cpu : configuration.max_mem_per_cpu;
    const bool is_of_nodes = limit != 0 && limit != INFINITE64 && limit != NO_VAL64 && (limit & MEM_PER_CPU) == 0;
    return is_of_nodes ? std::optional{limit} : std::nullopt;
}

bool has_partition(const node_info_t& node, const std::string& partition)
{
    std::istringstream names{is_named(node.partitions) ? node.partitions : ""};
    for (std::string name; std::getline(names, name, ',');) {
        if (name == partition) {
            return true;
        }
    }
    return false;
}

/// Asks for all nodes, a large answer: only where a limit makes it matter.
void count_nodes_within_memory(std::vector<Partition>& partitions, partition_info_msg_t& loaded)
{
    node_info_msg_t* raw_nodes = nullptr;
    if (slurm_load_node(0, &raw_nodes, SHOW_ALL | SHOW_LOCAL) != SLURM_SUCCESS) {
        throw no_answer("nodes");
    }
    const Nodes nodes{raw_nodes};
    slurm_populate_node_partitions(nodes.get(), &loaded);
    for (Partition& partition : partitions) {
        for (std::uint32_t i = 0; partition.max_node_memory && i < nodes->record_count; ++i) {
            const node_info_t& node = nodes->node_array[i];
            const bool is_within = node.real_memory <= *partition.max_node_memory;
            partition.nodes_within_memory += is_within && has_partition(node, partition.name) ? 1 : 0;
        }
    }
}

Partition partition_of(const partition_info_t& info, const slurm_conf_t& configuration)
{
    Partition partition;
    partition.name = is_named(info.name) ? info.name : "";
    partition.is_default = (info.flags & PART_FLAG_DEFAULT) != 0;
    partition.state = state_name(info.state_up);
    partition.nodes = info.total_nodes;
    partition.min_nodes = info.min_nodes;
    if (info.max_nodes != INFINITE && info.max_nodes != NO_VAL) {
        partition.max_nodes = info.max_nodes;
    }
    if (info.max_time != INFINITE && info.max_time != NO_VAL) {
        partition.max_time = std::chrono::minutes{info.max_time};
    }
    partition.max_node_memory = max_node_memory(info, configuration);
    return partition;
}

}  // namespace

Error no_answer(const std::string& what)
{
    return {ExitCode::SlurmUnreachable, "cannot ask slurmctld for " + what + ": " + slurm_strerror(errno)};
}

Configuration load_configuration()
{
    slurm_conf_t* raw = nullptr;
    if (slurm_load_ctl_conf(0, &raw) != SLURM_SUCCESS) {
        throw no_answer("its configuration");
    }
    return Configuration{raw};
}

Limits load_limits()
{
    const Configuration configuration = load_configuration();
    partition_info_msg_t* raw_partitions = nullptr;
    // SHOW_ALL: a hidden partition can be used by those who know its name.
    if (slurm_load_partitions(0, &raw_partitions, SHOW_ALL | SHOW_LOCAL) != SLURM_SUCCESS) {
        throw no_answer("partitions");
    }
    const Partitions partitions{raw_partitions};
    Limits limits;
    limits.max_array_tasks = configuration->max_array_sz;
    limits.routes_jobs = is_named(configuration->job_submit_plugins) || is_named(configuration->cli_filter_plugins);
    for (std::uint32_t i = 0; i < partitions->record_count; ++i) {
        limits.partitions.push_back(partition_of(partitions->partition_array[i], *configuration));
    }
    if (std::ranges::any_of(limits.partitions, [](const Partition& p) { return p.max_node_memory.has_value(); })) {
        count_nodes_within_memory(limits.partitions, *partitions);
    }
    return limits;
}

}  // namespace gaggle::slurm
