#include "orchestrator/collect.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/line.hpp"
#include "core/record.hpp"
#include "orchestrator/log.hpp"
#include "orchestrator/record_files.hpp"
#include "orchestrator/store/files.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gaggle::collect {

namespace {

/// How long a file may stay invisible here after it was written elsewhere: an NFS client keeps a folder's attributes
/// for up to a minute (acdirmax).
std::chrono::seconds visibility_delay(const std::filesystem::path& folder)
{
    struct statfs file_system {};
    const bool is_nfs = statfs(folder.c_str(), &file_system) == 0 && file_system.f_type == NFS_SUPER_MAGIC;
    return std::chrono::seconds{is_nfs ? 60 : 0};
}

/// One array while it is collected.
class ArrayCollector {
public:
    ArrayCollector(store::Store& store, const store::ArrayRow& array, const Answer& slurm)
        : store_(store), array_(array), slurm_(slurm), folder_(look_into(array.files.records))
    {
        if (array.job_id) {
            job_ = slurm::find(slurm.queue, array.token, array.job_id);
        }
    }

    std::size_t collect()
    {
        for (const std::filesystem::path& stranger : folder_.strangers) {
            log::warn(stranger.string() + ": left out: not the name of a record, TASK.RESTART.record");
        }
        if (!folder_.trouble.empty()) {
            log::warn(folder_.trouble);
        }
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
        const auto [file, reading] = record_of(attempt);
        if (!array_.job_id && !reading) {
            return false;  // the local runner is at it, or was stopped and will be run again
        }
        if (word && word->end_unix != 0 && (!reading || !reading->closed) && may_be_invisible(word->end_unix)) {
            return false;
        }
        const SlurmWitness witness = array_.job_id ? slurm_.witness : SlurmWitness::NotInvolved;
        const Judgement judgement = judge_attempt(witness, word, reading, imports_);
        if (judgement.state == AttemptState::Lost && may_be_too_new()) {
            return false;
        }
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

    struct Found {
        std::string file;  ///< its name, "" if there is none
        std::optional<record::Reading> reading;
    };

    /// The record of this attempt's last start; each file that is passed over is named.
    Found record_of(const store::AttemptRow& attempt)
    {
        if (!folder_.trouble.empty()) {
            return {"", unread(folder_.trouble)};
        }
        for (const std::filesystem::path& file : folder_.of_task[attempt.task]) {
            record::Reading reading = read_record(file);
            if (reading.record && !is_of(reading.record->attempt, attempt, file)) {
                continue;
            }
            if (!reading.closed) {
                const bool has_path = reading.trouble.find(file.string()) != std::string::npos;
                log::warn(has_path ? reading.trouble : (file.parent_path() / reading.trouble).string());
            }
            if (reading.record && !knows_imports()) {
                return {"", unread(spec_trouble_)};
            }
            return {file.filename().string(), std::move(reading)};
        }
        return {};
    }

    static record::Reading unread(const std::string& trouble)
    {
        record::Reading reading;
        reading.unread = true;
        reading.trouble = trouble;
        return reading;
    }

    /// A copy under another name, or of another store, is not.
    bool is_of(const record::Attempt& recorded, const store::AttemptRow& attempt,
               const std::filesystem::path& file) const
    {
        const auto words = [](const std::string& name, const std::string& token, unsigned repetition, unsigned nodes,
                              unsigned interpreters) {
            return fmt::format("{} (token {}, repetition {}, {} nodes with {} interpreters each)", name,
                               line::excerpt(token), repetition, nodes, interpreters);
        };
        const std::string found = words(record::file_name(recorded.task, recorded.restart), recorded.token,
                                        recorded.repetition, recorded.nodes, recorded.interpreters);
        const std::string wanted =
            words(file.filename().string(), array_.token, attempt.repetition, array_.nodes, array_.interpreters);
        if (found == wanted) {
            return true;
        }
        log::warn(fmt::format("{}: left out: it is the record {}, expected {}", file.string(), found, wanted));
        return false;
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

    bool knows_imports()
    {
        if (!has_spec_ && spec_trouble_.empty()) {
            try {
                imports_ = store::read_spec(array_.files.spec).environment.imports;
                has_spec_ = true;
            } catch (const Error& error) {  // this array's trouble, and not that of all others
                spec_trouble_ = error.what();
                log::warn(spec_trouble_);
            }
        }
        return has_spec_;
    }

    store::Store& store_;
    const store::ArrayRow& array_;
    const Answer& slurm_;
    RecordFolder folder_;
    const slurm::ArrayJob* job_ = nullptr;
    bool has_spec_ = false;
    std::string spec_trouble_;
    std::vector<std::string> imports_;  ///< that the array's interpreters were told to do; empty until a record asks
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
    for (const store::ArrayRow& array : store.unfinished_arrays()) {
        if (!array.job_id || slurm.witness != SlurmWitness::NotInvolved) {
            updated += ArrayCollector{store, array, slurm}.collect();
        }
    }
    return updated;
}

}  // namespace gaggle::collect
