#include "orchestrator/experiment/slurm_changes.hpp"

#include "core/error.hpp"
#include "tests/catch.hpp"

using namespace gaggle::experiment;
using gaggle::tests::has_text;

namespace {

SlurmOptions timed(const std::string& time)
{
    return {.options = {"--partition=norm", "--time=" + time},
            .exclusive = true,
            .extra = {},
            .template_file = {},
            .given = {}};
}

std::string time_after(SlurmOptions slurm, const std::string& wanted)
{
    change_time(slurm, wanted);
    return value_of(slurm, "time", "-t").value_or("");
}

std::string complaint(const SlurmOptions& slurm, const std::string& wanted)
{
    try {
        static_cast<void>(time_after(slurm, wanted));
    } catch (const gaggle::Error& error) {
        CHECK(error.code() == gaggle::ExitCode::Usage);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a time limit is multiplied, up to the next minute, or set")
{
    CHECK(time_after(timed("00:20:00"), "x2") == "40");
    CHECK(time_after(timed("1-0"), "x1.5") == "2160");
    CHECK(time_after(timed("1"), "x1.1") == "2");
    CHECK(time_after(timed("10"), "x0.5") == "5");
    CHECK(time_after(timed("10"), "01:00:00") == "01:00:00");
    CHECK(time_after({}, "30") == "30");
    SlurmOptions extra = timed("10");
    extra.extra = {"-t 20"};
    CHECK(time_after(extra, "x2") == "40");
}

TEST_CASE("a time limit that cannot be is one clear error")
{
    CHECK_THAT(complaint({}, "x2"), has_text("no time to multiply"));
    CHECK_THAT(complaint(timed("UNLIMITED"), "x2"), has_text("cannot be multiplied"));
    for (const char* wanted : {"x", "x0", "x-1", "xx", "x2y", "x1e9", "xnan", "xinf"}) {
        INFO(wanted);
        CHECK_THAT(complaint(timed("10"), wanted), has_text("expected a factor"));
    }
    for (const char* wanted : {"", "soon", "2x", "1:2:3:4"}) {
        INFO(wanted);
        CHECK_THAT(complaint(timed("10"), wanted), has_text("--time: expected x2"));
    }
}

TEST_CASE("nodes are left out beside those that are already")
{
    SlurmOptions slurm = timed("10");
    exclude(slurm, {});
    CHECK(slurm == timed("10"));
    exclude(slurm, {"n2", "n1"});
    CHECK(value_of(slurm, "exclude", "-x") == "n1,n2");
    slurm = timed("10");
    slurm.extra = {"-x n[7-9]", "--exclusive=user"};
    exclude(slurm, {"n1"});
    CHECK(slurm.given.back() == "--exclude=n[7-9],n1");
}

TEST_CASE("an option of sbatch's is found however it is written, and the last one counts")
{
    SlurmOptions slurm;
    CHECK_FALSE(value_of(slurm, "partition", "-p"));
    slurm.options = {"--partition-like=x", "--partition=a,b"};
    CHECK(value_of(slurm, "partition", "-p") == "a,b");
    for (const char* written : {"-p c", "-pc", "--partition c", "--partition=c"}) {
        slurm.extra = {written};
        CHECK(value_of(slurm, "partition", "-p") == "c");
    }
    slurm.given = {"-p", "d", "--hold"};
    CHECK(value_of(slurm, "partition", "-p") == "d");
    slurm.given = {"--partition", "--hold"};
    CHECK(value_of(slurm, "partition", "-p") == "--hold");  // as sbatch takes it
    slurm.given = {"--job-name=a name", "-J", "another one"};
    CHECK(value_given(slurm, "job-name", "-J") == "another one");
}

TEST_CASE("of a file that was planned only [slurm] is read, without its template")
{
    const SlurmOptions slurm = slurm_of(
        "inherit = [\"NOT_SET_HERE\"]\n[slurm]\ntime = \"5\"\ntemplate = \"gone\"\nexclusive = "
        "false\n[[environment]]\n",
        "/gone/experiment.toml");
    CHECK(slurm.options == std::vector<std::string>{"--time=5"});
    CHECK_FALSE(slurm.exclusive);
    CHECK_FALSE(slurm.template_file);
    CHECK(slurm_of("name = \"x\"\n", "/f") == SlurmOptions{});
}
