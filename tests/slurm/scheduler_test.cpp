#include "core/error.hpp"
#include "orchestrator/slurm/slurm_scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

using namespace gaggle::tests;
using gaggle::slurm::ArrayJob;
using gaggle::slurm::SlurmScheduler;

namespace {

std::filesystem::path write_script(const TemporaryDirectory& folder, const std::string& token, const std::string& array)
{
    return folder.write(token + ".sh", "#!/bin/sh\n#SBATCH --comment=gaggle:" + token + "\n#SBATCH --array=" + array +
                                           "\n#SBATCH --output=/dev/null\n#SBATCH --no-requeue\nexec sleep 600\n");
}

/// The array's state now; it has to be known.
ArrayJob state_of(SlurmScheduler& scheduler, const std::string& token)
{
    const gaggle::slurm::Queue queue = scheduler.states();
    const ArrayJob* job = find(queue, token, std::nullopt);
    REQUIRE(job != nullptr);
    return *job;
}

}  // namespace

TEST_CASE("an array's elements are told apart by task, those that have not started too")
{
    static_cast<void>(Cluster::running());
    const TemporaryDirectory folder;
    SlurmScheduler scheduler;
    // 100 elements with gaps: Slurm's own string of them is cut short.
    const auto submitted = scheduler.submit(write_script(folder, "gaps", "1-199:2%1"), {}, {}, std::nullopt);
    CHECK(submitted.job_id > 0);
    CHECK(submitted.cluster.empty());
    REQUIRE(eventually([&] { return state_of(scheduler, "gaps").tasks.at(1).state == "RUNNING"; }));

    const ArrayJob running = state_of(scheduler, "gaps");
    CHECK(running.job_id == submitted.job_id);
    REQUIRE(running.tasks.size() == 100);
    CHECK(running.is_active());
    CHECK_THAT(running.tasks.at(1).nodes, Catch::Matchers::StartsWith("n00"));
    CHECK(running.tasks.at(1).start_unix > 0);
    CHECK(running.tasks.at(1).end_unix == 0);
    CHECK_FALSE(running.tasks.at(1).exit_code);
    for (unsigned task = 3; task < 200; task += 2) {
        REQUIRE(running.tasks.at(task).state == "PENDING");
        REQUIRE(running.tasks.at(task).start_unix == 0);
    }
    CHECK(running.tasks.at(199).reason == "JobArrayTaskLimit");

    SECTION("and one after it waits for all of them")
    {
        const auto after = scheduler.submit(write_script(folder, "after", "0"), {}, {submitted.job_id}, std::nullopt);
        CHECK(after.job_id > submitted.job_id);
        CHECK(eventually([&] { return state_of(scheduler, "after").tasks.at(0).reason == "Dependency"; }));
        scheduler.cancel(after.job_id);
    }
    scheduler.cancel(submitted.job_id);
    REQUIRE(eventually([&] { return !state_of(scheduler, "gaps").is_active(); }));
    const ArrayJob cancelled = state_of(scheduler, "gaps");
    CHECK(cancelled.tasks.at(1).state == "CANCELLED");
    CHECK(cancelled.tasks.at(1).signal == 15);
    CHECK(cancelled.tasks.at(1).end_unix > 0);
}

TEST_CASE("a job that ended tells how")
{
    static_cast<void>(Cluster::running());
    const TemporaryDirectory folder;
    const auto script = folder.write("seven.sh",
                                     "#!/bin/sh\n#SBATCH --comment=gaggle:seven\n#SBATCH --array=4\n"
                                     "#SBATCH --output=/dev/null\nexit 7\n");
    SlurmScheduler scheduler;
    static_cast<void>(scheduler.submit(script, {}, {}, std::nullopt));
    REQUIRE(eventually([&] { return state_of(scheduler, "seven").tasks.at(4).state == "FAILED"; }));
    const ArrayJob job = state_of(scheduler, "seven");
    CHECK(job.tasks.at(4).exit_code == 7);
    CHECK_FALSE(job.tasks.at(4).signal);
    CHECK(job.tasks.at(4).reason == "NonZeroExitCode");
    CHECK_FALSE(job.is_active());
}

TEST_CASE("a script that Slurm does not want is rejected with its words")
{
    static_cast<void>(Cluster::running());
    const TemporaryDirectory folder;
    SlurmScheduler scheduler;
    const auto script = write_script(folder, "huge", "0-5000");
    try {
        static_cast<void>(scheduler.submit(script, {}, {}, std::nullopt));
        FAIL("sbatch took an array larger than MaxArraySize");
    } catch (const gaggle::Error& error) {
        CHECK(error.code() == gaggle::ExitCode::Rejected);
        CHECK_THAT(error.what(), gaggle::tests::has_text("Invalid job array specification"));
    }
}
