#include "orchestrator/collect.hpp"

#include "core/clock.hpp"
#include "tests/unit/store_fixture.hpp"

namespace gaggle::tests {

namespace {

constexpr std::uint64_t job_id = 7;
constexpr std::int64_t s = 1'000'000'000;

/// One array of two attempts that was submitted a while ago, and what is collected of it.
class Forgotten {
public:
    Forgotten()
        : store_(create(folder_.path() / "store")), array_(array_of(store_, add(store_, small_plan()), 1, "tree"))
    {
        store_.mark_submitted(array_.id, job_id, "sbatch");
    }

    /// Collects as if slurmctld, asked this long after the submission, had forgotten the array.
    void collect(std::chrono::seconds after, const std::optional<collect::Accounts>& accounts)
    {
        const std::int64_t asked = submitted_ + after.count() * s;
        collect::collect(store_, {.witness = SlurmWitness::Answered, .asked_unix_ns = asked, .accounts = accounts});
    }

    /// slurmdbd's answer; the tasks' states from 0 on.
    [[nodiscard]] std::optional<collect::Accounts> accounts(const std::vector<std::string>& states) const
    {
        slurm::ArrayJob job{array_.token, job_id, {}};
        for (const std::string& state : states) {
            SlurmWord& word = job.tasks[static_cast<unsigned>(job.tasks.size())];
            word.from = SlurmDaemon::slurmdbd;
            word.state = state;
        }
        return collect::Accounts{SlurmWitness::Answered, states.empty() ? slurm::Queue{} : slurm::Queue{job}};
    }

    void record(unsigned task)
    {
        const std::string bytes = record::write(made_record(array_, store_.attempts(array_.id).at(task), 1));
        static_cast<void>(folder_.write(array_.files.records / record::file_name(task, 0), bytes));
    }

    [[nodiscard]] std::vector<std::string> states() const
    {
        std::vector<std::string> states;
        for (const store::AttemptRow& attempt : store_.attempts(array_.id)) {
            states.emplace_back(to_string(attempt.state));
        }
        return states;
    }

private:
    TemporaryDirectory folder_;
    store::Store store_;
    store::ArrayRow array_;
    std::int64_t submitted_ = clocks::realtime_ns();
};

using std::chrono::seconds;
constexpr seconds later{3'600};

}  // namespace

TEST_CASE("what slurmctld has forgotten is left alone while slurmdbd was not asked")
{
    Forgotten forgotten;
    forgotten.record(0);
    forgotten.collect(later, std::nullopt);
    CHECK(forgotten.states() == Lines{"PENDING", "PENDING"});
    forgotten.collect(later, collect::Accounts{});  // asked whether there is one: no
    CHECK(forgotten.states() == Lines{"COMPLETED", "LOST"});
}

TEST_CASE("what may have been submitted after slurmctld was asked is not forgotten")
{
    Forgotten forgotten;
    forgotten.collect(seconds{0}, collect::Accounts{});
    CHECK(forgotten.states() == Lines{"PENDING", "PENDING"});
}

TEST_CASE("slurmdbd's end of an attempt is its end")
{
    Forgotten forgotten;
    forgotten.record(0);
    forgotten.collect(later, forgotten.accounts({"COMPLETED", "NODE_FAIL"}));
    CHECK(forgotten.states() == Lines{"COMPLETED", "NODE_FAIL"});
}

TEST_CASE("slurmdbd may lag behind, but not for ever")
{
    Forgotten forgotten;
    SECTION("it says that they run")
    {
        forgotten.record(0);
        for (const seconds more : {seconds{0}, seconds{10}, collect::accounting_patience}) {
            forgotten.collect(later + more, forgotten.accounts({"RUNNING", "RUNNING"}));
            CHECK(forgotten.states() == Lines{"UNVERIFIED", "UNVERIFIED"});
        }
        SECTION("until it knows better")
        {
            forgotten.collect(later + seconds{20}, forgotten.accounts({"TIMEOUT", "CANCELLED"}));
            CHECK(forgotten.states() == Lines{"TIMEOUT", "CANCELLED"});
        }
        SECTION("for too long")
        {
            forgotten.collect(later + collect::accounting_patience + seconds{1},
                              forgotten.accounts({"RUNNING", "RUNNING"}));
            CHECK(forgotten.states() == Lines{"COMPLETED", "LOST"});
        }
    }
    SECTION("it does not know the array")
    {
        forgotten.record(0);
        forgotten.collect(later, forgotten.accounts({}));
        CHECK(forgotten.states() == Lines{"COMPLETED", "UNVERIFIED"});
        forgotten.collect(later + collect::accounting_patience + seconds{1}, forgotten.accounts({}));
        CHECK(forgotten.states() == Lines{"COMPLETED", "LOST"});
    }
}

TEST_CASE("an element that slurmdbd does not know, of an array that it does, was taken out before it started")
{
    Forgotten forgotten;
    SECTION("of an array that has ended")
    {
        forgotten.collect(later, forgotten.accounts({"FAILED"}));
        CHECK(forgotten.states() == Lines{"FAILED", "CANCELLED"});
    }
    SECTION("of one that may go on: its news may be on their way")
    {
        forgotten.collect(later, forgotten.accounts({"RUNNING"}));
        CHECK(forgotten.states() == Lines{"UNVERIFIED", "UNVERIFIED"});
        forgotten.collect(later + collect::accounting_patience + seconds{1}, forgotten.accounts({"RUNNING"}));
        CHECK(forgotten.states() == Lines{"LOST", "CANCELLED"});
    }
}

TEST_CASE("a slurmdbd that does not answer keeps open what no closed record tells, however long")
{
    Forgotten forgotten;
    forgotten.record(0);
    const collect::Accounts down{SlurmWitness::Unreachable, {}};
    forgotten.collect(later, down);
    CHECK(forgotten.states() == Lines{"COMPLETED", "UNVERIFIED"});
    forgotten.collect(later + collect::accounting_patience + seconds{1}, down);
    CHECK(forgotten.states() == Lines{"COMPLETED", "UNVERIFIED"});
    forgotten.collect(2 * later, forgotten.accounts({"COMPLETED", "TIMEOUT"}));
    CHECK(forgotten.states() == Lines{"COMPLETED", "TIMEOUT"});
}

}  // namespace gaggle::tests
