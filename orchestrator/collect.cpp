#include "orchestrator/collect.hpp"

#include "core/array_spec.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/line.hpp"
#include "core/record.hpp"
#include "orchestrator/log.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace gaggle::collect {

namespace {

std::string read_bytes(const std::filesystem::path& file)
{
    std::ifstream in{file, std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    if (!in.is_open() || in.bad()) {
        throw system_error(ExitCode::Store, "read", file.string(), errno);
    }
    return bytes;
}

/// The task and restart in a record file's name, if it is one.
std::optional<std::pair<unsigned, unsigned>> task_and_restart(const std::string& name)
{
    const char* const end = name.data() + name.size();
    unsigned task = 0;
    unsigned restart = 0;
    const auto first = std::from_chars(name.data(), end, task);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') {
        return std::nullopt;
    }
    if (std::from_chars(first.ptr + 1, end, restart).ec != std::errc{} || record::file_name(task, restart) != name) {
        return std::nullopt;
    }
    return std::pair{task, restart};
}

/// How long a file may stay invisible here after it was written elsewhere: an NFS client keeps a folder's attributes
/// for up to a minute (acdirmax).
std::chrono::seconds visibility_delay(const std::filesystem::path& folder)
{
    struct statfs file_system {};
    const bool is_nfs = statfs(folder.c_str(), &file_system) == 0 && file_system.f_type == NFS_SUPER_MAGIC;
    return std::chrono::seconds{is_nfs ? 60 : 0};
}

/// The last line of a log, cut short; "" if there is none.
std::string last_line(const std::filesystem::path& log)
{
    constexpr std::streamoff most = 300;
    std::ifstream in{log, std::ios::binary | std::ios::ate};
    const std::streamoff size = in.is_open() ? std::streamoff{in.tellg()} : 0;
    in.seekg(std::max(std::streamoff{0}, size - most));
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    text.resize(text.find_last_not_of("\r\n") + 1);
    const std::size_t newline = text.rfind('\n');
    return newline == std::string::npos ? text : text.substr(newline + 1);
}

/// One array while it is collected.
class ArrayCollector {
public:
    ArrayCollector(store::Store& store, const store::ArrayRow& array, const Answer& slurm)
        : store_(store), array_(array), slurm_(slurm), files_(record_files(array))
    {
        if (array.job_id) {
            job_ = slurm::find(slurm.queue, array.token, array.job_id);
        }
    }

    /// Those that Slurm had forgotten, and of which a record has turned up since: it decides now.
    std::size_t collect_found()
    {
        std::size_t updated = 0;
        for (const store::AttemptRow& attempt : store_.attempts(array_.id)) {
            if (attempt.state != AttemptState::Lost || !files_.contains(attempt.task)) {
                continue;
            }
            const std::optional<record::Reading> reading = read_record(attempt);
            if (!reading || !reading->record) {
                continue;
            }
            const Judgement judgement = judge_attempt(SlurmWitness::Answered, std::nullopt, reading, imports());
            store_.update_attempt(attempt.id, judgement, std::nullopt, files_.at(attempt.task).filename().string(),
                                  &*reading);
            ++updated;
        }
        return updated;
    }

    std::size_t collect()
    {
        std::size_t updated = 0;
        for (const store::AttemptRow& attempt : store_.attempts(array_.id)) {
            if (!is_terminal(attempt.state) && collect(attempt)) {
                ++updated;
            }
        }
        return updated;
    }

private:
    /// Whether the attempt's row had to change.
    bool collect(const store::AttemptRow& attempt)
    {
        const std::optional<SlurmWord> word = slurm_word(attempt.task);
        const std::optional<record::Reading> reading = read_record(attempt);
        if (!array_.job_id && !reading) {
            return false;  // the local runner is at it, or was stopped and will be run again
        }
        if (word && word->end_unix != 0 && (!reading || !reading->closed) && may_be_invisible(word->end_unix)) {
            return false;
        }
        const SlurmWitness witness = array_.job_id ? slurm_.witness : SlurmWitness::NotInvolved;
        Judgement judgement = judge_attempt(witness, word, reading, imports());
        if (judgement.state == AttemptState::Lost && may_be_too_new()) {
            return false;
        }
        if (!reading && is_terminal(judgement.state)) {
            judgement.reason += log_words(attempt.task);
        }
        const std::string file = reading ? files_.at(attempt.task).filename().string() : "";
        const bool is_read =
            !reading || !reading->record || (file == attempt.record_file && reading->closed == attempt.record_closed);
        if (judgement.state == attempt.state && judgement.reason == attempt.reason && is_read) {
            return false;
        }
        log::debug(fmt::format("array {} task {}: {} {}", array_.position + 1, attempt.task, to_string(judgement.state),
                               judgement.reason));
        store_.update_attempt(attempt.id, judgement, word, file, reading ? &*reading : nullptr);
        return true;
    }

    std::optional<SlurmWord> slurm_word(unsigned task) const
    {
        if (job_ == nullptr) {
            return std::nullopt;
        }
        const auto found = job_->tasks.find(task);
        return found == job_->tasks.end() ? std::nullopt : std::optional{found->second};
    }

    /// Empty if there is no record of this attempt.
    std::optional<record::Reading> read_record(const store::AttemptRow& attempt) const
    {
        const auto found = files_.find(attempt.task);
        if (found == files_.end()) {
            return std::nullopt;
        }
        const std::filesystem::path& file = found->second;
        record::Reading reading = record::read(read_bytes(file));
        if (!reading.closed) {
            log::warn(file.string() + ": " + reading.trouble);
        }
        if (reading.record && !is_of(reading.record->attempt, attempt)) {
            log::warn(file.string() + " is the record of another attempt: left out");
            return std::nullopt;
        }
        return reading;
    }

    bool is_of(const record::Attempt& recorded, const store::AttemptRow& attempt) const
    {
        return recorded.token == array_.token && recorded.task == attempt.task &&
               recorded.repetition == attempt.repetition && recorded.nodes == array_.nodes &&
               recorded.interpreters == array_.interpreters;
    }

    /// Where there is no record, the log may say why.
    [[nodiscard]] std::string log_words(unsigned task) const
    {
        const std::string line = last_line(array_.files.logs / plan::log_name(task, array_.job_id.value_or(0)));
        return line.empty() ? "" : "; its log ends: " + line;
    }

    /// Slurm may have been asked before another gaggle, perhaps on another host, submitted this array.
    bool may_be_too_new() const
    {
        constexpr std::chrono::nanoseconds between_clocks = std::chrono::seconds{5};
        return array_.submitted_unix_ns.value_or(0) > slurm_.asked_unix_ns - between_clocks.count();
    }

    bool may_be_invisible(std::int64_t end_unix) const
    {
        const std::chrono::seconds since =
            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()) -
            std::chrono::seconds{end_unix};
        return since < visibility_delay(array_.files.records);
    }

    /// Those that the array's interpreters were told to do: what was submitted counts, not what the file says today.
    const std::vector<std::string>& imports()
    {
        if (!imports_) {
            std::string text = read_bytes(array_.files.spec);
            text.resize(std::min(text.size(), text.find('\n')));
            imports_ = line::read<ArraySpec>(text).environment.imports;
        }
        return *imports_;
    }

    store::Store& store_;
    const store::ArrayRow& array_;
    const Answer& slurm_;
    std::map<unsigned, std::filesystem::path> files_;
    const slurm::ArrayJob* job_ = nullptr;
    std::optional<std::vector<std::string>> imports_;
};

}  // namespace

Answer ask(slurm::Scheduler& scheduler)
{
    const std::int64_t now = clocks::realtime_ns();
    try {
        return {SlurmWitness::Answered, scheduler.states(), "", now};
    } catch (const Error& error) {  // not an operating error here: the attempts are then Unverified, and that is stored
        if (error.code() != ExitCode::SlurmUnreachable) {
            throw;
        }
        return {SlurmWitness::Unreachable, {}, error.what(), now};
    }
}

void end_abandoned(const store::Store& store, slurm::Scheduler& scheduler, const Answer& slurm)
{
    for (const store::ArrayRow& array : store.unfinished_arrays()) {
        const slurm::ArrayJob* const job = array.job_id ? slurm::find(slurm.queue, array.token, array.job_id) : nullptr;
        if (job == nullptr) {
            continue;
        }
        for (const auto& [task, word] : job->tasks) {
            if (word.lost_host.empty()) {
                continue;
            }
            log::warn(
                fmt::format("job {}_{} lost node {}, where its batch script ran: it is cancelled, for Slurm would "
                            "keep it until its time limit",
                            job->job_id, task, word.lost_host));
            try {
                scheduler.cancel(job->job_id, {task});
            } catch (const Error& error) {  // it ends all the same, later
                log::warn(error.what());
            }
        }
    }
}

bool needs_slurm(const store::Store& store)
{
    for (const store::ArrayRow& array : store.unfinished_arrays()) {
        if (array.job_id) {
            return true;
        }
    }
    return false;
}

std::size_t collect(store::Store& store, const Answer& slurm)
{
    std::size_t updated = 0;
    for (const store::ArrayRow& array : store.collectable_arrays()) {
        ArrayCollector collector{store, array, slurm};
        updated += collector.collect_found();
        if (!array.job_id || slurm.witness != SlurmWitness::NotInvolved) {
            updated += collector.collect();
        }
    }
    return updated;
}

std::map<unsigned, std::filesystem::path> record_files(const store::ArrayRow& array)
{
    std::map<unsigned, unsigned> restarts;
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator{array.files.records, gone}) {
        if (const auto found = task_and_restart(entry.path().filename().string())) {
            unsigned& restart = restarts[found->first];
            restart = std::max(restart, found->second);
        }
    }
    std::map<unsigned, std::filesystem::path> files;
    for (const auto& [task, restart] : restarts) {
        files[task] = array.files.records / record::file_name(task, restart);
    }
    return files;
}

}  // namespace gaggle::collect
