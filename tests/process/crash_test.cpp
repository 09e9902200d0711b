#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/submit.hpp"
#include "tests/catch.hpp"
#include "tests/support/fake_scheduler.hpp"
#include "tests/support/killing.hpp"
#include "tests/unit/store_fixture.hpp"

#include <signal.h>

#include <algorithm>
#include <fstream>

using namespace gaggle;
using namespace gaggle::tests;
using namespace std::chrono_literals;

namespace {

constexpr int kills = GAGGLE_KILLS;

constexpr const char* twelve_cells = R"(name = "crash"
seed = 1
nodes = [1, 2, 3]
interpreters = [1, 2]
repetitions = 4
[[environment]]
name = "one"
kind = "command"
language = "none"
command = ["/bin/true"]
[[environment]]
name = "two"
kind = "command"
language = "none"
command = ["/bin/true"]
)";

/// A store, an experiment of twelve cells, and a scheduler to submit it to.
class Submitting {
public:
    Submitting() : scheduler(folder_.path(), 2ms), file_(folder_.write("experiment.toml", twelve_cells)) {}

    [[nodiscard]] std::string log() const { return (folder_.path() / "log").string(); }
    [[nodiscard]] std::filesystem::path directory() const { return folder_.path() / "store"; }

    int submit()
    {
        return static_cast<int>(
            commands::submit_to(scheduler, {"--store", directory().string(), "--worker", "/bin/true", file_.string()}));
    }

    /// Every cell has its repetitions, each array is one job, and they run one after the other.
    void check() const
    {
        const store::Store store = store::Store::open(directory(), store::Store::Access::read);
        CHECK(lines(store.query("SELECT count(*), min(n), max(n) FROM (SELECT count(DISTINCT repetition) AS n "
                                "FROM attempt JOIN array ON array.id = array_id GROUP BY cell_id)")) ==
              Lines{"12|4|4"});
        CHECK(lines(store.query("SELECT count(*), count(DISTINCT experiment_id) FROM attempt "
                                "JOIN array ON array.id = array_id WHERE state = 'PENDING'")) == Lines{"48|1"});
        std::vector<std::string> tokens;
        std::vector<std::uint64_t> ids;
        for (const store::ArrayRow& array : store.arrays(store.experiments().at(0))) {
            tokens.push_back(array.token);
            ids.push_back(array.job_id.value_or(0));
        }
        const std::vector<FakeScheduler::Job> jobs = scheduler.jobs();
        REQUIRE(jobs.size() == 12);
        CHECK(scheduler.calls() == tokens);
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            CHECK(jobs[i].token == tokens[i]);
            CHECK(jobs[i].id == ids[i]);
            CHECK(jobs[i].tasks == 4);
            CHECK(jobs[i].after == (i == 0 ? "-" : "afterany:" + std::to_string(jobs[i - 1].id)));
        }
    }

private:
    TemporaryDirectory folder_;

public:
    FakeScheduler scheduler;

private:
    std::filesystem::path file_;
};

/// Where the kills fell.
struct Spread {
    int before = 0;  ///< the first job
    int between = 0;
    int under_way = 0;  ///< of all, and aimed: sbatch was at work, and went on
    int after = 0;      ///< the last job

    void count(const FakeScheduler& scheduler)
    {
        const std::size_t jobs = scheduler.jobs().size();
        ++(jobs == 0 ? before : jobs < 12 ? between : after);
    }
};

int collect(const std::filesystem::path& directory)
{
    return static_cast<int>(commands::collect({"--store", directory.string()}));
}

}  // namespace

TEST_CASE("a submitter killed at 200 random moments has submitted every array once when it is run again")
{
    Moments moments;
    CAPTURE(moments.seed());
    Submitting whole;
    const auto length = duration_of(whole.log(), [&] { return whole.submit(); });
    whole.check();
    Spread spread;
    for (int killed = 0; killed < kills;) {
        Submitting round;
        int end = 128 + SIGKILL;
        while (end == 128 + SIGKILL) {  // some of them get to the end
            const pid_t submitter = start(round.log(), [&] { return round.submit(); });
            const bool is_aimed = killed % 10 == 9;  // chance alone seldom hits a slow submitter's short call of sbatch
            end = is_aimed ? kill_when(submitter,
                                       [&] { return round.scheduler.calls().size() > round.scheduler.jobs().size(); })
                           : kill_after(submitter, moments.before(length * 7 / 10));
            if (end == 128 + SIGKILL) {
                spread.under_way += is_aimed ? 1 : 0;
                ++killed;
                spread.count(round.scheduler);
            }
        }
        CAPTURE(killed, read_text(round.log()));
        REQUIRE(end == 0);
        round.check();
    }
    WARN("seed " << moments.seed() << ", a submission takes " << length.count() << " us; kills before the first job "
                 << spread.before << ", between " << spread.between << ", after the last " << spread.after
                 << "; while sbatch was at work " << spread.under_way);
    CHECK(spread.between > kills / 10);
    CHECK(spread.under_way > 0);
}

TEST_CASE("an array that ran after its submitter had died is not submitted again when Slurm has forgotten it")
{
    Submitting campaign;
    CHECK(end_of(start(campaign.log(), [&] { return campaign.submit(); })) == 0);
    std::vector<store::ArrayRow> arrays;
    {
        const store::Store store = store::Store::open(campaign.directory(), store::Store::Access::read);
        arrays = store.arrays(store.experiments().at(0));
        record::Record record = made_record(arrays[0], store.attempts(arrays[0].id).at(0), 1);
        record.attempt.array_job_id = 77;
        std::ofstream{arrays[0].files.records / record::file_name(0, 0)} << record::write(record);
        std::ofstream{arrays[1].files.logs / "0.78.out"} << "";
        CHECK(sqlite3(store,
                      "UPDATE array SET slurm_job_id = NULL, submitted_unix_ns = NULL WHERE position < 3; "
                      "UPDATE attempt SET state = 'PLANNED' WHERE array_id < 4")
                  .status == 0);
    }
    const TemporaryDirectory forgetful;
    FakeScheduler scheduler{forgetful.path(), 0us};
    const std::vector<std::string> again{"--store", campaign.directory().string(), "--worker", "/bin/true",
                                         (campaign.directory().parent_path() / "experiment.toml").string()};
    CHECK(end_of(start(campaign.log(), [&] { return static_cast<int>(commands::submit_to(scheduler, again)); })) == 0);
    CHECK(scheduler.calls() == Lines{arrays[2].token});
    const store::Store store = store::Store::open(campaign.directory(), store::Store::Access::read);
    CHECK(lines(store.query("SELECT slurm_job_id FROM array WHERE position < 3 ORDER BY position")) ==
          Lines{"77", "78", "1000"});
}

TEST_CASE("a collector killed at 200 random moments leaves what one that was not killed leaves")
{
    Moments moments;
    CAPTURE(moments.seed());
    const TemporaryDirectory folder;
    const std::filesystem::path origin = folder.path() / "origin";
    const std::filesystem::path store = folder.path() / "store";
    const std::string log = (folder.path() / "log").string();
    make_uncollected(store);
    std::filesystem::copy(store, origin, std::filesystem::copy_options::recursive);
    const auto length = duration_of(log, [&] { return collect(store); });
    const std::vector<std::string> expected = dump(store);
    REQUIRE(std::count(expected.begin(), expected.end(), "attempt") == 1);

    int hot = 0;
    for (int killed = 0; killed < kills;) {
        std::filesystem::remove_all(store);
        std::filesystem::copy(origin, store, std::filesystem::copy_options::recursive);
        int end = 128 + SIGKILL;
        while (end == 128 + SIGKILL) {
            end = kill_after(start(log, [&] { return collect(store); }), moments.before(length * 7 / 10));
            if (end == 128 + SIGKILL) {
                ++killed;
                hot += std::filesystem::exists(store / "results.db-journal") ? 1 : 0;
            }
        }
        CAPTURE(killed, read_text(log));
        REQUIRE(end == 0);
        REQUIRE(dump(store) == expected);
    }
    WARN("seed " << moments.seed() << ", collecting takes " << length.count()
                 << " us; kills in the middle of a transaction " << hot);
    CHECK(hot > 0);
}

TEST_CASE("a merge killed at random moments has brought all or nothing, and brings all when it is run again")
{
    Moments moments;
    CAPTURE(moments.seed());
    const TemporaryDirectory folder;
    const std::filesystem::path other = folder.path() / "other";
    const std::filesystem::path store = folder.path() / "store";
    const std::filesystem::path origin = folder.path() / "origin";
    const std::string log = (folder.path() / "log").string();
    make_uncollected(other);
    make_uncollected(store);
    REQUIRE(collect(store) == 0);
    std::filesystem::copy(store, origin, std::filesystem::copy_options::recursive);
    const auto merge = [&] { return static_cast<int>(commands::merge({"--store", store.string(), other.string()})); };
    // Without the experiments' numbers, which the folders of a killed merge use up.
    const auto shape = [&] {
        const store::Store there = store::Store::open(store, store::Store::Access::read);
        Lines all = lines(there.query("SELECT token FROM array ORDER BY token"));
        for (const char* const query :
             {"SELECT count(*) FROM experiment", "SELECT count(*) FROM cell", "SELECT count(*) FROM phase",
              "SELECT environment, nodes, repetition, time_s, state FROM overall ORDER BY 1, 2, 3, 4",
              "SELECT environment, library, duration_s FROM imports ORDER BY 1, 2, 3"}) {
            const Lines rows = lines(there.query(query));
            all.insert(all.end(), rows.begin(), rows.end());
        }
        return all;
    };
    const Lines before = shape();
    const auto length = duration_of(log, merge);
    const Lines after = shape();
    REQUIRE(after.size() > before.size() + 16);

    int hot = 0;
    for (int killed = 0; killed < kills / 4;) {
        std::filesystem::remove_all(store);
        std::filesystem::copy(origin, store, std::filesystem::copy_options::recursive);
        int end = 128 + SIGKILL;
        while (end == 128 + SIGKILL) {
            end = kill_after(start(log, merge), moments.before(length));
            if (end == 128 + SIGKILL) {
                ++killed;
                hot += std::filesystem::exists(store / "results.db-journal") ? 1 : 0;
                const Lines now = shape();
                CHECK((now == before || now == after));
            }
        }
        CAPTURE(killed, read_text(log));
        REQUIRE(end == 0);
        REQUIRE(shape() == after);
    }
    WARN("seed " << moments.seed() << ", merging takes " << length.count()
                 << " us; kills in the middle of a transaction " << hot);
}
