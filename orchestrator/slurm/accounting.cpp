#include "orchestrator/slurm/accounting.hpp"

#include "core/error.hpp"
#include "orchestrator/slurm/free_with.hpp"
#include "orchestrator/slurm/jobs.hpp"
#include "orchestrator/slurm/names.hpp"

#include <fcntl.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <slurm/slurmdb.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <limits>
#include <memory>
#include <string_view>
#include <type_traits>

// libslurm's copy of slurm.conf: in every version from 20.11, in no header.
extern "C" slurm_conf_t slurm_conf;

namespace gaggle::slurm {

namespace {

/// Between the clocks of whoever submitted and of slurmctld, and what sbatch takes to answer.
constexpr std::chrono::seconds submission_window = std::chrono::minutes{5};

/// An array whose submitter died was submitted earlier than the store says, which has the time of its adoption.
constexpr std::chrono::seconds adoption_delay = std::chrono::hours{24};

// List until 23.11, list_t* since.
using List = std::remove_cvref_t<decltype(slurmdb_job_cond_t::step_list)>;
using OwnedList = std::unique_ptr<std::remove_pointer_t<List>, FreeWith<slurm_list_destroy>>;
using OwnedIterator = std::unique_ptr<std::remove_pointer_t<decltype(slurm_list_iterator_create(nullptr))>,
                                      FreeWith<slurm_list_iterator_destroy>>;

struct CloseConnection {
    void operator()(void* connection) const { slurmdb_connection_close(&connection); }
};
using Connection = std::unique_ptr<void, CloseConnection>;

/// libslurm complains on standard error, in several lines, of a slurmdbd that does not answer. What it means is in
/// errno; while one of these lives, all that this process says there is lost.
class NoComplaints {
public:
    NoComplaints() : kept_(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3))
    {
        const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (kept_ >= 0 && nowhere >= 0) {
            dup2(nowhere, STDERR_FILENO);
        }
        close(nowhere);
    }
    ~NoComplaints()
    {
        if (kept_ >= 0) {
            dup2(kept_, STDERR_FILENO);
            close(kept_);
        }
    }
    NoComplaints(const NoComplaints&) = delete;
    NoComplaints& operator=(const NoComplaints&) = delete;

private:
    int kept_;
};

Error no_accounts(int trouble)
{
    return {ExitCode::SlurmUnreachable, std::string{"cannot ask slurmdbd for jobs: "} + slurm_strerror(trouble)};
}

std::string text(const char* value)
{
    return value != nullptr ? value : "";
}

/// Zero, or one of Slurm's values for "none", is none.
std::int64_t time_or_zero(std::time_t time)
{
    return time == static_cast<std::time_t>(NO_VAL) || time == static_cast<std::time_t>(INFINITE) ? 0 : time;
}

AccountedJob job_of(const slurmdb_job_rec_t& row)
{
    AccountedJob job;
    job.comment = text(row.derived_es);  // its name when comments could only be given afterwards
    job.name = text(row.jobname);
    job.user = row.uid;
    job.array_job_id = row.array_job_id;
    if (row.array_task_id != NO_VAL) {
        job.tasks = {row.array_task_id};
    } else {
        job.tasks = tasks_of(text(row.array_task_str));
    }
    job.submit_unix = row.submit;
    job.word.from = SlurmDaemon::slurmdbd;
    job.word.state = state_name(row.state);
    job.word.start_unix = time_or_zero(row.start);
    job.word.end_unix = time_or_zero(row.end);
    if (job.word.start_unix != 0) {  // before that, nodes is "None assigned"
        job.word.nodes = text(row.nodes);
    }
    if (job.word.start_unix != 0 && is_ended(job.word.state)) {
        set_exit(job.word, row.exitcode);
    }
    // Not the row's reason: that is why it waited before it started.
    return job;
}

bool is_of(const AccountedJob& job, const SubmittedArray& array)
{
    if (job.array_job_id != array.job_id) {
        return false;
    }
    if (!job.comment.empty()) {
        return job.comment == std::string{comment_prefix} + array.token;
    }
    const std::chrono::nanoseconds submitted{array.submitted_unix_ns};
    return job.user == getuid() && job.name == array.job_name &&
           std::chrono::abs(std::chrono::seconds{job.submit_unix} - submitted) <= submission_window;
}

}  // namespace

bool has_accounting()
{
    return text(slurm_conf.accounting_storage_type).ends_with("slurmdbd");
}

std::vector<AccountedJob> load_accounts(const std::vector<SubmittedArray>& arrays)
{
    const NoComplaints quiet;
    std::vector<slurm_selected_step_t> selected(arrays.size());
    const OwnedList ids{slurm_list_create(nullptr)};
    std::int64_t first_ns = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        selected[i].array_task_id = NO_VAL;
        selected[i].het_job_offset = NO_VAL;
        selected[i].step_id.job_id = static_cast<std::uint32_t>(arrays[i].job_id);
        selected[i].step_id.step_id = NO_VAL;
        selected[i].step_id.step_het_comp = NO_VAL;
        slurm_list_append(ids.get(), &selected[i]);
        first_ns = std::min(first_ns, arrays[i].submitted_unix_ns);
    }
    const OwnedList clusters{slurm_list_create(nullptr)};
    slurm_list_append(clusters.get(), slurm_conf.cluster_name);
    slurmdb_job_cond_t wanted{};
    wanted.step_list = ids.get();
    wanted.cluster_list = clusters.get();
    wanted.flags = JOBCOND_FLAG_DUP | JOBCOND_FLAG_NO_STEP | JOBCOND_FLAG_NO_TRUNC;
    wanted.db_flags = SLURMDB_JOB_FLAG_NOTSET;
    wanted.usage_start = first_ns / 1'000'000'000 - adoption_delay.count();
    wanted.usage_end = std::time(nullptr) + submission_window.count();

    errno = 0;
    std::uint16_t flags = 0;
    Connection connection{slurmdb_connection_get(&flags)};
    if (connection == nullptr || errno != 0) {
        throw no_accounts(errno);
    }
    const OwnedList rows{slurmdb_jobs_get(connection.get(), &wanted)};
    if (rows == nullptr) {
        throw no_accounts(errno);
    }
    std::vector<AccountedJob> jobs;
    const OwnedIterator next{slurm_list_iterator_create(rows.get())};
    while (const auto* row = static_cast<const slurmdb_job_rec_t*>(slurm_list_next(next.get()))) {
        jobs.push_back(job_of(*row));
    }
    return jobs;
}

Queue queue_of(std::vector<AccountedJob> jobs, const std::vector<SubmittedArray>& arrays)
{
    std::ranges::stable_sort(jobs, {}, &AccountedJob::submit_unix);
    Queue queue;
    for (const SubmittedArray& array : arrays) {
        ArrayJob known{array.token, array.job_id, {}};
        for (const AccountedJob& job : jobs) {
            if (!is_of(job, array)) {
                continue;
            }
            for (const unsigned task : job.tasks) {
                const auto [word, is_first] = known.tasks.try_emplace(task, job.word);
                if (!is_first) {
                    const unsigned restarts = word->second.restarts + 1;
                    word->second = job.word;
                    word->second.restarts = restarts;
                }
            }
        }
        if (!known.tasks.empty()) {
            queue.push_back(std::move(known));
        }
    }
    return queue;
}

std::vector<unsigned> tasks_of(std::string_view bitmap)
{
    std::vector<unsigned> tasks;
    if (!bitmap.starts_with("0x")) {
        return tasks;
    }
    bitmap.remove_prefix(2);
    for (unsigned digit = 0; digit < bitmap.size(); ++digit) {
        const std::size_t value = std::string_view{"0123456789abcdef"}.find(
            static_cast<char>(std::tolower(bitmap[bitmap.size() - 1 - digit])));
        if (value == std::string_view::npos) {
            return {};
        }
        for (unsigned bit = 0; bit < 4; ++bit) {
            if ((value >> bit & 1U) != 0) {
                tasks.push_back(4 * digit + bit);
            }
        }
    }
    return tasks;
}

}  // namespace gaggle::slurm
