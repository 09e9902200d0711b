#pragma once

#include "orchestrator/attempt_state.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::slurm {

/// Every job of gaggle's carries this and its array's token in its comment.
inline constexpr std::string_view comment_prefix = "gaggle:";

/// The built-in template's job names are this and the experiment's name.
inline constexpr std::string_view job_name_prefix = "gaggle-";

/// Arrays, by Slurm's ids.
using JobIds = std::vector<std::uint64_t>;

/// What sbatch calls waiting for all of them: "afterany:12:13". There has to be one.
[[nodiscard]] std::string dependency_on(const JobIds& after);

/// What sbatch answered.
struct Submitted {
    std::uint64_t job_id = 0;  ///< of the array
    std::string cluster;       ///< named by sbatch when it is not the local one, else ""
    std::string command_line;
};

/// One of gaggle's arrays as the scheduler knows it. Elements that it has forgotten are not in `tasks`.
struct ArrayJob {
    std::string token;
    std::uint64_t job_id = 0;
    std::map<unsigned, SlurmWord> tasks;  ///< by task index

    /// Whether an element is still to end.
    [[nodiscard]] bool is_active() const;
};
using Queue = std::vector<ArrayJob>;

/// The array with this token: job ids can be given twice, tokens cannot. Of several with one token (someone handed
/// the script to sbatch again) the one with `job_id`, or the oldest. nullptr if there is none.
[[nodiscard]] const ArrayJob* find(const Queue& queue, std::string_view token, std::optional<std::uint64_t> job_id);

/// An array that was submitted, with what tells it from others in the accounts, where a job id does not.
struct SubmittedArray {
    std::string token;
    std::uint64_t job_id = 0;
    std::string job_name;
    std::int64_t submitted_unix_ns = 0;  ///< soon after sbatch answered, on the clock of whoever submitted
};

/// A partition, as far as it decides whether a job can run.
struct Partition {
    std::string name;
    bool is_default = false;
    std::string state = "UP";  ///< scontrol's word: UP, DOWN, DRAIN, INACTIVE
    unsigned nodes = 0;        ///< that it has, whatever they are doing
    unsigned min_nodes = 0;    ///< of a job
    std::optional<unsigned> max_nodes;
    std::optional<std::chrono::minutes> max_time;
    std::optional<std::uint64_t> max_node_memory;  ///< of a job on one node, in MiB (MaxMemPerNode)
    unsigned nodes_within_memory = 0;              ///< if there is such a limit: nodes that have no more than it

    bool operator==(const Partition&) const = default;
};

/// What the scheduler says in advance of all submissions.
struct Limits {
    unsigned max_array_tasks = 0;  ///< of an array whose tasks are numbered from 0; 0: no arrays here
    bool routes_jobs = false;      ///< a plugin of the site may change what a job asks for, its partition too
    std::vector<Partition> partitions;
};

/// The seam to the batch system. All verbs throw Error(SlurmUnreachable) when it does not answer, and may block for
/// its time-outs (half a minute on a usual site).
class Scheduler {
public:
    Scheduler() = default;
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;
    virtual ~Scheduler() = default;

    /// Hands over a batch script; it starts once all arrays `after` have ended, however they ended. `options` beat
    /// those in the script and SBATCH_*.
    /// `held` is a file descriptor of the caller's that stays open until the scheduler has taken the script or refused
    /// it, even if the caller dies meanwhile. Throws Error(Rejected) with the scheduler's own words.
    virtual Submitted submit(const std::filesystem::path& script, const std::vector<std::string>& options,
                             const JobIds& after, std::optional<int> held) = 0;

    /// All of this user's arrays that carry a token, in one request.
    virtual Queue states() = 0;

    /// What the cluster's accounting has of these arrays, in one request to slurmdbd and none to slurmctld; empty if
    /// the cluster has no slurmdbd. Arrays that it does not have are not in it. It hears of a job's end seconds after
    /// the controller, and is asked only about what the controller has forgotten.
    virtual std::optional<Queue> accounts(const std::vector<SubmittedArray>& arrays) = 0;

    /// What holds for every submission, in two requests.
    virtual Limits limits() = 0;

    /// Ends every element of an array that has not ended yet. Throws Error(Rejected) if it cannot.
    virtual void cancel(std::uint64_t job_id) = 0;

    /// The same for some of its tasks, in one request.
    virtual void cancel(std::uint64_t job_id, const std::vector<unsigned>& tasks) = 0;

    /// Lets a pending array start once all arrays `after` have ended, whatever it waited for before.
    /// Throws Error(Rejected) if it cannot.
    virtual void wait_for(std::uint64_t job_id, const JobIds& after) = 0;
};

}  // namespace gaggle::slurm
