#include "orchestrator/slurm/jobs.hpp"

#include "core/error.hpp"
#include "orchestrator/slurm/free_with.hpp"
#include "orchestrator/slurm/names.hpp"

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>

// In every libslurm from 20.11 to 26.05 but in no header; Slurm's own Perl binding uses them like this. The second
// answers an int in some versions and a bool in others, so only its lowest byte means something.
extern "C" {
int64_t slurm_bit_size(bitstr_t* bits);
int slurm_bit_test(bitstr_t* bits, bitoff_t bit);
}

namespace gaggle::slurm {

namespace {

using JobsMessage = std::unique_ptr<job_info_msg_t, FreeWith<slurm_free_job_info_msg>>;

bool is_set(bitstr_t* bits, std::int64_t bit)
{
    return (slurm_bit_test(bits, bit) & 0xff) != 0;
}

/// The node of a job's batch script, if Slurm has taken it from the job: with --no-kill the job goes on without.
std::string lost_host(const slurm_job_info_t& job)
{
    if (job.job_state != JOB_RUNNING || job.batch_host == nullptr || job.nodes == nullptr) {
        return {};
    }
    auto* const nodes = slurm_hostlist_create(job.nodes);
    const bool is_there = nodes == nullptr || slurm_hostlist_find(nodes, job.batch_host) >= 0;
    slurm_hostlist_destroy(nodes);
    return is_there ? "" : job.batch_host;
}

SlurmWord word_of(const slurm_job_info_t& job)
{
    SlurmWord word;
    word.state = state_name(job.job_state);
    word.reason = job.state_desc != nullptr ? job.state_desc : reason_name(job.state_reason);
    word.restarts = job.restart_cnt;
    word.nodes = job.nodes != nullptr ? job.nodes : "";
    word.lost_host = lost_host(job);
    const std::uint32_t base = job.job_state & JOB_STATE_BASE;
    if (base != JOB_PENDING) {  // before that, start_time is a forecast
        word.start_unix = job.start_time;
    }
    if (base > JOB_SUSPENDED) {  // before that, end_time is the limit and exit_code means nothing
        word.end_unix = job.end_time;
        set_exit(word, job.exit_code);
    }
    return word;
}

/// Adds what one record of slurmctld's says: an element, or all those of an array that have not started.
void add(Queue& queue, const slurm_job_info_t& job)
{
    const std::string_view comment = job.comment != nullptr ? job.comment : "";
    if (!comment.starts_with(comment_prefix) || job.array_job_id == 0) {
        return;
    }
    const std::string_view token = comment.substr(comment_prefix.size());
    ArrayJob* array = nullptr;
    for (ArrayJob& known : queue) {
        if (known.job_id == job.array_job_id && known.token == token) {
            array = &known;
        }
    }
    if (array == nullptr) {
        array = &queue.emplace_back(ArrayJob{std::string{token}, job.array_job_id, {}});
    }
    if (job.array_task_id != NO_VAL) {
        array->tasks.insert_or_assign(job.array_task_id, word_of(job));
    } else if (auto* remainder = static_cast<bitstr_t*>(job.array_bitmap); remainder != nullptr) {
        const std::int64_t size = slurm_bit_size(remainder);
        for (std::int64_t task = 0; task < size; ++task) {
            if (is_set(remainder, task)) {
                array->tasks.try_emplace(static_cast<unsigned>(task), word_of(job));
            }
        }
    }
}

}  // namespace

void set_exit(SlurmWord& word, std::uint32_t wait_status)
{
    const int raw = static_cast<int>(wait_status);
    if (WIFEXITED(raw)) {
        word.exit_code = WEXITSTATUS(raw);
    } else if (WIFSIGNALED(raw)) {
        word.signal = WTERMSIG(raw);
    }
}

Queue load_queue()
{
    job_info_msg_t* raw = nullptr;
    // SHOW_LOCAL: otherwise another request first asks which clusters are federated.
    if (slurm_load_job_user(&raw, getuid(), SHOW_ALL | SHOW_LOCAL) != SLURM_SUCCESS) {
        throw Error(ExitCode::SlurmUnreachable, std::string{"cannot ask slurmctld for jobs: "} + slurm_strerror(errno));
    }
    const JobsMessage message{raw};
    Queue queue;
    for (std::uint32_t i = 0; i < message->record_count; ++i) {
        add(queue, message->job_array[i]);
    }
    return queue;
}

std::string elements(std::uint64_t job_id, const std::vector<unsigned>& tasks)
{
    std::string id = std::to_string(job_id) + "_[";
    for (const unsigned task : tasks) {
        id += (id.back() == '[' ? "" : ",") + std::to_string(task);
    }
    return id + "]";
}

void cancel_jobs(const std::string& id)
{
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(22, 5, 0)
    const int result = slurm_kill_job2(id.c_str(), SIGKILL, 0, nullptr);
#else
    const int result = slurm_kill_job2(id.c_str(), SIGKILL, 0);
#endif
    if (result != SLURM_SUCCESS && errno != ESLURM_ALREADY_DONE) {
        throw Error(ExitCode::Rejected, "cannot cancel job " + id + ": " + slurm_strerror(errno));
    }
}

void set_dependency(std::uint64_t job_id, const JobIds& after)
{
    std::string id = std::to_string(job_id);
    std::string dependency = dependency_on(after);
    job_desc_msg_t change;
    slurm_init_job_desc_msg(&change);
    change.job_id_str = id.data();
    change.dependency = dependency.data();
    job_array_resp_msg_t* raw = nullptr;
    const int result = slurm_update_job2(&change, &raw);
    const int trouble = errno;
    const std::unique_ptr<job_array_resp_msg_t, FreeWith<slurm_free_job_array_resp>> answers{raw};
    if (result != SLURM_SUCCESS) {
        throw Error(ExitCode::Rejected,
                    "cannot let job " + id + " start " + dependency + ": " + slurm_strerror(trouble));
    }
}

}  // namespace gaggle::slurm
