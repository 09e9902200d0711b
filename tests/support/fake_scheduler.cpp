#include "tests/support/fake_scheduler.hpp"

#include "core/error.hpp"
#include "tests/support/temporary.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <sstream>
#include <thread>

namespace gaggle::tests {

namespace {

/// In one write(2): whole, or not there.
void append(const std::filesystem::path& file, const std::string& line)
{
    const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const bool whole = write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    close(descriptor);
    if (!whole) {
        throw Error(ExitCode::SlurmUnreachable, "cannot write " + file.string());
    }
}

/// What of a script follows `key`, up to `end`.
std::string part(const std::string& script, const std::string& key, char end)
{
    const std::size_t begin = script.find(key);
    return begin == std::string::npos ? ""
                                      : script.substr(begin + key.size(), script.find(end, begin) - begin - key.size());
}

void close_all_but(std::optional<int> held)
{
    const auto kept = static_cast<unsigned>(held.value_or(2));
    if (kept > 3) {
        close_range(3, kept - 1, 0);
    }
    close_range(kept + 1, ~0U, 0);
}

}  // namespace

FakeScheduler::FakeScheduler(std::filesystem::path folder, std::chrono::microseconds longest)
    : folder_(std::move(folder)), longest_(longest)
{
}

void FakeScheduler::sbatch(const std::filesystem::path& script, const slurm::JobIds& after) const
{
    std::mt19937 random{static_cast<unsigned>(getpid())};
    const auto spend_time = [&] {  // the latency that is faked, not a wait for something
        std::this_thread::sleep_for(longest_ * (random() % 100) / 200);
    };
    const std::string text = read_text(script);
    const std::string token = part(text, "--comment=gaggle:", '\n');
    append(folder_ / "calls", token + "\n");
    spend_time();
    const std::uint64_t id = 1'000 + jobs().size();
    append(folder_ / "queue", std::to_string(id) + " " + token + " " + part(text, "--array=0-", '%') + " " +
                                  (after.empty() ? "-" : slurm::dependency_on(after)) + "\n");
    spend_time();
    _exit(0);
}

slurm::Submitted FakeScheduler::submit(const std::filesystem::path& script, const std::vector<std::string>& /*options*/,
                                       const slurm::JobIds& after, std::optional<int> held)
{
    const pid_t pid = fork();
    if (pid == 0) {
        close_all_but(held);
        sbatch(script, after);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        throw Error(ExitCode::SlurmUnreachable, "the fake sbatch failed");
    }
    return {jobs().back().id, "", "fake sbatch"};
}

slurm::Queue FakeScheduler::states()
{
    slurm::Queue queue;
    for (const Job& job : jobs()) {
        slurm::ArrayJob& array = queue.emplace_back(slurm::ArrayJob{job.token, job.id, {}});
        for (unsigned task = 0; task < job.tasks; ++task) {
            array.tasks[task].state = "PENDING";
        }
    }
    return queue;
}

std::optional<slurm::Queue> FakeScheduler::accounts(const std::vector<slurm::SubmittedArray>& /*arrays*/)
{
    return std::nullopt;  // a cluster without slurmdbd
}

slurm::Limits FakeScheduler::limits()
{
    slurm::Partition partition;
    partition.name = "main";
    partition.is_default = true;
    partition.nodes = 1'000;
    slurm::Limits limits;
    limits.max_array_tasks = 1'001;
    limits.partitions.push_back(partition);
    return limits;
}

void FakeScheduler::cancel(std::uint64_t /*job_id*/)
{
    throw Error(ExitCode::Rejected, "this fake cancels nothing");
}

void FakeScheduler::cancel(std::uint64_t job_id, const std::vector<unsigned>& /*tasks*/)
{
    cancel(job_id);
}

void FakeScheduler::wait_for(std::uint64_t /*job_id*/, const slurm::JobIds& /*after*/)
{
    throw Error(ExitCode::Rejected, "this fake changes no dependency");
}

std::vector<FakeScheduler::Job> FakeScheduler::jobs() const
{
    std::vector<Job> jobs;
    std::istringstream lines{read_text(folder_ / "queue")};
    unsigned last_task = 0;
    for (Job job; lines >> job.id >> job.token >> last_task >> job.after;) {
        job.tasks = last_task + 1;
        jobs.push_back(job);
    }
    return jobs;
}

std::vector<std::string> FakeScheduler::calls() const
{
    std::istringstream lines{read_text(folder_ / "calls")};
    std::vector<std::string> tokens;
    for (std::string token; lines >> token;) {
        tokens.push_back(token);
    }
    return tokens;
}

}  // namespace gaggle::tests
