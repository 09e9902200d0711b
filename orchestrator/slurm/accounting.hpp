#pragma once

#include "orchestrator/slurm/scheduler.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::slurm {

/// A row of slurmdbd's: an element of an array, or all those that had not started.
struct AccountedJob {
    std::string comment;  ///< "" if the job has not ended, or without AccountingStoreFlags=job_comment
    std::string name;
    std::uint32_t user = 0;  ///< its number
    std::uint64_t array_job_id = 0;
    std::vector<unsigned> tasks;
    std::int64_t submit_unix = 0;  ///< of a requeued job: when it was requeued
    SlurmWord word;
};

/// Whether this cluster's configuration names a slurmdbd. libslurm must have been initialised.
[[nodiscard]] bool has_accounting();

/// The rows of these arrays' ids, other jobs' that had the id too, by one request to slurmdbd, from a day before the
/// first submission on: sites limit how far back users may look (MaxQueryTimeRange). libslurm must have been
/// initialised. Throws Error(SlurmUnreachable).
[[nodiscard]] std::vector<AccountedJob> load_accounts(const std::vector<SubmittedArray>& arrays);

/// The rows that are these arrays': by the token, where the row has a comment, else by job name, user (this one) and a
/// submission within five minutes. Of several rows of an element, as a requeue makes them, the last counts.
[[nodiscard]] Queue queue_of(std::vector<AccountedJob> jobs, const std::vector<SubmittedArray>& arrays);

/// The tasks of slurmdbd's array_task_str: a bitmap in hexadecimal, "0x14" for 2 and 4. Empty if it is not one.
[[nodiscard]] std::vector<unsigned> tasks_of(std::string_view bitmap);

}  // namespace gaggle::slurm
