#include "orchestrator/commands/submission.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/record.hpp"
#include "orchestrator/commands/turns.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/record_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace gaggle::commands {

namespace {

/// What of this store Slurm has yet to end, in the order in which it was submitted.
std::vector<store::ArrayRow> active_arrays(const store::Store& store, const slurm::Queue& queue)
{
    std::vector<store::ArrayRow> active;
    for (store::ArrayRow& array : store.unfinished_arrays()) {
        const slurm::ArrayJob* job = slurm::find(queue, array.token, array.job_id);
        if (job != nullptr && job->is_active()) {
            array.job_id = job->job_id;
            active.push_back(std::move(array));
        }
    }
    std::ranges::sort(active, {}, &store::ArrayRow::job_id);
    return active;
}

/// Slurm's id of an array that has run already, from the names of its logs.
std::optional<std::uint64_t> job_of_logs(const plan::ArrayFiles& files)
{
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator{files.logs, gone}) {
        const std::string name = entry.path().filename().string();  // TASK.ID.out
        const std::size_t dot = name.find('.');
        std::uint64_t id = 0;
        if (dot != std::string::npos && name.ends_with(".out") &&
            std::from_chars(name.data() + dot + 1, name.data() + name.size(), id).ec == std::errc{} && id > 0) {
            return id;
        }
    }
    return std::nullopt;
}

/// The same from its records, which are there whatever the template says of logs.
std::optional<std::uint64_t> job_of_records(const store::ArrayRow& array)
{
    for (const auto& [task, file] : collect::record_files(array)) {
        const record::Reading reading = collect::read_record(file);
        if (reading.record && reading.record->attempt.token == array.token &&
            reading.record->attempt.array_job_id > 0) {
            return reading.record->attempt.array_job_id;
        }
    }
    return std::nullopt;
}

}  // namespace

Submission::Submission(store::Store& store, slurm::Scheduler& scheduler, const slurm::Queue& queue)
    : store_(store), scheduler_(scheduler), queue_(queue)
{
    std::signal(SIGPIPE, SIG_IGN);  // who reads our lines may have read enough (`gaggle submit FILE | head`)
    for (const store::ArrayRow& array : active_arrays(store, queue)) {
        line_up(array);
        turn_.push_back(array);
    }
}

void Submission::submit(store::ArrayRow array)
{
    if (const slurm::ArrayJob* job = slurm::find(queue_, array.token, std::nullopt)) {
        // An earlier gaggle died between sbatch and writing down the job id.
        log::info(fmt::format("job {} is already ours", job->job_id));
        line_up(array);
        take(array, job->job_id, "adopted by its token");
        turn_.push_back(std::move(array));
        return;
    }
    const std::optional<std::uint64_t> recorded = job_of_records(array);
    if (const auto ran = recorded ? recorded : job_of_logs(array.files)) {  // and slurmctld has forgotten it since
        log::info(fmt::format("job {} was ours, and has run", *ran));
        take(array, *ran, "adopted by its records");
        return;  // the next one need not wait for what is over
    }
    line_up(array);
    const slurm::Submitted submitted = hand_over(array);
    if (!submitted.cluster.empty()) {
        log::warn(fmt::format("job {} went to cluster {}: gaggle can only follow jobs of the local cluster",
                              submitted.job_id, submitted.cluster));
    }
    take(array, submitted.job_id, submitted.command_line);
    turn_.push_back(std::move(array));
}

void Submission::line_up(const store::ArrayRow& array)
{
    if (is_of_turn(array, turn_)) {
        return;
    }
    after_.clear();
    for (const store::ArrayRow& before : turn_) {
        after_.push_back(*before.job_id);
    }
    turn_.clear();
}

slurm::Submitted Submission::hand_over(const store::ArrayRow& array)
{
    try {
        return scheduler_.submit(array.files.script, plan::given_options(array.files), after_,
                                 store_.lock_descriptor());
    } catch (const Error& error) {  // kept beside the array, for `status`; then it is everybody's trouble
        store_.mark_refused(array.id, error.what());
        throw;
    }
}

void Submission::take(store::ArrayRow& array, std::uint64_t job_id, const std::string& command_line)
{
    store_.mark_submitted(array.id, job_id, command_line);
    array.job_id = job_id;
    std::cout << array_line(array) << std::endl;  // at once: a pipe's reader may be waiting for it
}

void warn_of_clusters()
{
    for (const char* name : {"SLURM_CLUSTERS", "SBATCH_CLUSTERS"}) {
        if (std::getenv(name) != nullptr) {
            log::warn(std::string{name} +
                      " is left out: gaggle submits to the local cluster, the only one it can follow");
        }
    }
}

}  // namespace gaggle::commands
