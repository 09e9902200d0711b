#pragma once

#include "orchestrator/slurm/scheduler.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace gaggle::tests {

/// The one fake behind the scheduler seam. Its queue is a file, so that it outlives the process that submits, and its
/// sbatch is a process of its own, as the real one is: it goes on when its parent is killed, holds nothing of its
/// parent's open but what it was told to, and takes a while, before the job is in the queue and after.
class FakeScheduler : public slurm::Scheduler {
public:
    /// `folder` has to exist. A call of sbatch takes up to `longest`.
    FakeScheduler(std::filesystem::path folder, std::chrono::microseconds longest);

    slurm::Submitted submit(const std::filesystem::path& script, const std::vector<std::string>& options,
                            const slurm::JobIds& after, std::optional<int> held) override;
    slurm::Queue states() override;
    std::optional<slurm::Queue> accounts(const std::vector<slurm::SubmittedArray>& arrays) override;
    slurm::Limits limits() override;
    void cancel(std::uint64_t job_id) override;
    void cancel(std::uint64_t job_id, const std::vector<unsigned>& tasks) override;
    void wait_for(std::uint64_t job_id, const slurm::JobIds& after) override;

    /// A job as it was taken.
    struct Job {
        std::uint64_t id = 0;
        std::string token;
        unsigned tasks = 0;
        std::string after;  ///< "afterany:ID…"; "-": none
    };
    [[nodiscard]] std::vector<Job> jobs() const;
    /// The token of each call of sbatch, whether its job has come into the queue yet or not.
    [[nodiscard]] std::vector<std::string> calls() const;

private:
    [[noreturn]] void sbatch(const std::filesystem::path& script, const slurm::JobIds& after) const;

    std::filesystem::path folder_;
    std::chrono::microseconds longest_;
};

}  // namespace gaggle::tests
