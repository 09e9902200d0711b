#include "orchestrator/slurm/slurm_scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"
#include "tests/support/killing.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>

using namespace gaggle::tests;

namespace {

constexpr int kills = 20;

constexpr std::size_t cells = 12;

/// Its cells are tiny and share nodes, so that many run at once when all is over.
std::string twelve_cells()
{
    return R"(
nodes = [1]
interpreters = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
[slurm]
exclusive = false
time = "00:10:00"
)" + std::string{sound_environment};
}

/// A campaign with an sbatch of its own, which counts its calls, calls the real one, and takes its time.
class Killed {
public:
    Killed() : campaign_(twelve_cells())
    {
        tools_.write("sbatch", "#!/bin/sh\necho call >> " + calls() + "\nsleep 0.01\n" + path_of("sbatch") +
                                   " \"$@\"\nstatus=$?\nsleep 0.01\nexit $status\n");
        std::filesystem::permissions(tools_.path() / "sbatch", std::filesystem::perms::owner_all);
    }

    [[nodiscard]] const Campaign& campaign() const { return campaign_; }
    [[nodiscard]] std::string log() const { return campaign_.path("log"); }
    [[nodiscard]] std::size_t count_calls() const
    {
        const std::string text = read_text(calls());
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }

    /// Becomes gaggle.
    [[nodiscard]] int submit() const
    {
        for (const auto& [name, value] : dirty_shell()) {
            setenv(name.c_str(), value.c_str(), 1);
        }
        setenv("PATH", (tools_.path().string() + ":" + getenv("PATH")).c_str(), 1);
        execl(GAGGLE_PROGRAM, "gaggle", "--store", campaign_.path("store").c_str(), "submit",
              campaign_.experiment().c_str(), nullptr);
        return 98;
    }

private:
    [[nodiscard]] std::string calls() const { return (tools_.path() / "calls").string(); }

    TemporaryDirectory tools_;
    Campaign campaign_;
};

std::vector<std::string> lines_of(const std::string& text)
{
    std::istringstream in{text};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// How many jobs slurmctld has per token.
std::map<std::string, int> jobs_by_token(gaggle::slurm::Scheduler& scheduler)
{
    std::map<std::string, int> jobs;
    for (const gaggle::slurm::ArrayJob& job : scheduler.states()) {
        ++jobs[job.token];
    }
    return jobs;
}

}  // namespace

TEST_CASE("a submitter killed at 20 random moments, with a real sbatch, has submitted every array once")
{
    const Cluster cluster;
    Moments moments;
    CAPTURE(moments.seed());
    const Killed first;  // the first one finds nothing in the caches
    static_cast<void>(duration_of(first.log(), [&] { return first.submit(); }));
    const Killed second;
    const auto length = duration_of(second.log(), [&] { return second.submit(); });
    std::vector<std::unique_ptr<Killed>> rounds;
    int interrupted = 0;
    for (int killed = 0; killed < kills;) {
        rounds.push_back(std::make_unique<Killed>());
        const Killed& round = *rounds.back();
        int end = 128 + SIGKILL;
        while (end == 128 + SIGKILL) {  // and again at once: sbatch may be alive
            const pid_t pid = start(round.log(), [&] { return round.submit(); });
            if (killed % 2 == 0) {
                end = kill_after(pid, moments.before(length));
            } else {  // planning takes longest: half of the kills are for what comes then
                CHECK(eventually([&] { return round.count_calls() > 0; }));
                end = kill_after(pid, moments.before(std::chrono::milliseconds{600}));
            }
            if (end == 128 + SIGKILL) {
                ++killed;
                const std::size_t calls = round.count_calls();
                interrupted += calls > 0 && calls < cells ? 1 : 0;
            }
        }
        CAPTURE(killed, read_text(round.log()));
        REQUIRE(end == 0);
        CHECK(round.count_calls() == cells);
    }
    CHECK(interrupted > 0);
    WARN("seed " << moments.seed() << ", a submission takes " << length.count() << " us; " << interrupted
                 << " kills after the first call of sbatch and before the last");

    gaggle::slurm::SlurmScheduler scheduler;
    REQUIRE(eventually([] { return run({"squeue", "-h"}).out.empty(); }, std::chrono::seconds{200}));
    const std::map<std::string, int> jobs = jobs_by_token(scheduler);
    for (const auto& round : rounds) {
        const Campaign& campaign = round->campaign();
        for (const std::string& token : lines_of(campaign.value("SELECT token FROM array"))) {
            CHECK((jobs.contains(token) && jobs.at(token) == 1));
        }
        campaign.gaggle_ends(0, {"collect"});
        CHECK(campaign.value("SELECT state, count(*), count(DISTINCT slurm_job_id) FROM attempt "
                             "JOIN array ON array.id = array_id GROUP BY state") == "COMPLETED|12|12");
    }
}
