#include "orchestrator/slurm/controller.hpp"

#include "core/error.hpp"
#include "orchestrator/slurm/configuration.hpp"
#include "orchestrator/slurm/free_with.hpp"

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include <cerrno>
#include <ctime>
#include <memory>

// In every libslurm from 20.11 to 26.05 but in no header.
extern "C" {
void slurm_free_stats_response_msg(stats_info_response_msg_t* message);
}

namespace gaggle::slurm {

namespace {

using Statistics = std::unique_ptr<stats_info_response_msg_t, FreeWith<slurm_free_stats_response_msg>>;

std::string string_of(const char* value)
{
    return value != nullptr ? value : "";
}

/// slurmctld's clock, from the one answer that carries it.
std::optional<std::chrono::seconds> clock_ahead()
{
    stats_info_request_msg_t request{};
    request.command_id = STAT_COMMAND_GET;
    stats_info_response_msg_t* raw = nullptr;
    const std::time_t before = std::time(nullptr);
    if (slurm_get_statistics(&raw, &request) != SLURM_SUCCESS) {
        return std::nullopt;  // a site may refuse it
    }
    const std::time_t after = std::time(nullptr);
    const Statistics statistics{raw};
    const std::time_t theirs = statistics->req_time;
    return std::chrono::seconds{theirs < before ? theirs - before : theirs > after ? theirs - after : 0};
}

}  // namespace

Controller ask_controller()
{
    const Configuration configuration = load_configuration();
    return {.version = string_of(configuration->version),
            .cluster = string_of(configuration->cluster_name),
            .authentication = string_of(configuration->authtype),
            .max_array_size = configuration->max_array_sz,
            .max_jobs = configuration->max_job_cnt,
            .clock_ahead = clock_ahead()};
}

}  // namespace gaggle::slurm
