#include "orchestrator/slurm/scheduler.hpp"

#include "orchestrator/slurm/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gaggle::slurm {

std::string dependency_on(const JobIds& after)
{
    return fmt::format("afterany:{}", fmt::join(after, ":"));
}

bool ArrayJob::is_active() const
{
    return std::any_of(tasks.begin(), tasks.end(), [](const auto& task) { return !is_ended(task.second.state); });
}

const ArrayJob* find(const Queue& queue, std::string_view token, std::optional<std::uint64_t> job_id)
{
    const ArrayJob* found = nullptr;
    for (const ArrayJob& job : queue) {
        if (job.token != token) {
            continue;
        }
        if (job.job_id == job_id) {
            return &job;
        }
        if (found == nullptr || job.job_id < found->job_id) {
            found = &job;
        }
    }
    return found;
}

}  // namespace gaggle::slurm
