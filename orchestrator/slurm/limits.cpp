#include "orchestrator/slurm/limits.hpp"

#include "core/error.hpp"
#include "orchestrator/slurm/free_with.hpp"

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include <cerrno>
#include <memory>

namespace gaggle::slurm {

namespace {

#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(26, 5, 0)
using Configuration = std::unique_ptr<slurm_conf_t, FreeWith<slurm_free_conf>>;
#else
using Configuration = std::unique_ptr<slurm_conf_t, FreeWith<slurm_free_ctl_conf>>;
#endif
using Partitions = std::unique_ptr<partition_info_msg_t, FreeWith<slurm_free_partition_info_msg>>;

Error no_answer(const std::string& what)
{
    return {ExitCode::SlurmUnreachable, "cannot ask slurmctld for " + what + ": " + slurm_strerror(errno)};
}

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

Partition partition_of(const partition_info_t& info)
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
    return partition;
}

}  // namespace

Limits load_limits()
{
    slurm_conf_t* raw_configuration = nullptr;
    if (slurm_load_ctl_conf(0, &raw_configuration) != SLURM_SUCCESS) {
        throw no_answer("its configuration");
    }
    const Configuration configuration{raw_configuration};
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
        limits.partitions.push_back(partition_of(partitions->partition_array[i]));
    }
    return limits;
}

}  // namespace gaggle::slurm
