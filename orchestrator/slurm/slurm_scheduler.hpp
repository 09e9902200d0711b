#pragma once

#include "orchestrator/slurm/controller.hpp"
#include "orchestrator/slurm/scheduler.hpp"

#include <memory>

namespace gaggle::slurm {

/// Slurm: submission through sbatch, everything else through libslurm. At most one per process, because libslurm
/// keeps its configuration in globals; constructing it reads nothing.
class SlurmScheduler : public Scheduler {
public:
    SlurmScheduler();
    ~SlurmScheduler() override;

    Submitted submit(const std::filesystem::path& script, const std::vector<std::string>& options, const JobIds& after,
                     std::optional<int> held) override;
    Queue states() override;
    std::optional<Queue> accounts(const std::vector<SubmittedArray>& arrays) override;
    Limits limits() override;
    void cancel(std::uint64_t job_id) override;
    void cancel(std::uint64_t job_id, const std::vector<unsigned>& tasks) override;
    void wait_for(std::uint64_t job_id, const JobIds& after) override;

    /// What `gaggle doctor` wants to know of slurmctld. Throws Error(SlurmUnreachable).
    Controller controller();

private:
    class Library;
    Library& library();

    std::unique_ptr<Library> library_;
};

}  // namespace gaggle::slurm
