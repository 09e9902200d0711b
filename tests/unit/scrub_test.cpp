#include "orchestrator/scrub.hpp"

#include "orchestrator/child.hpp"
#include "tests/catch.hpp"

using gaggle::scrub::is_kept;

TEST_CASE("the submitter's shell stays behind")
{
    for (const char* name : {"PYTHONPATH", "PYTHONHOME", "CONDA_PREFIX", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "LD_PRELOAD",
                             "SLURM_JOB_ID", "SLURM_CPU_BIND", "SLURM_MEM_PER_NODE", "SLURM_CLUSTERS", "TMPDIR",
                             "XDG_RUNTIME_DIR", "BASH_FUNC_module%%", "HOMER", ""}) {
        CHECK_FALSE(is_kept(name));
    }
    for (const char* name : {"HOME", "USER", "PATH", "LANG", "LC_ALL", "TZ", "SLURM_CONF", "SLURM_JWT"}) {
        CHECK(is_kept(name));
    }
}

TEST_CASE("of sbatch's own variables those stay behind that gaggle decides")
{
    for (const char* name : {"SBATCH_PARTITION", "SBATCH_ACCOUNT", "SBATCH_QOS", "SBATCH_CONSTRAINT",
                             "SBATCH_TIMELIMIT", "SBATCH_RESERVATION", "SBATCH_GRES", "SBATCH_WCKEY"}) {
        CHECK(is_kept(name));
    }
    for (const char* name :
         {"SBATCH_ARRAY_INX", "SBATCH_CLUSTERS", "SBATCH_EXPORT", "SBATCH_GET_USER_ENV", "SBATCH_WAIT",
          "SBATCH_REQUEUE", "SBATCH_EXCLUSIVE", "SBATCH_MEM_PER_NODE", "SBATCH_OUTPUT", "SBATCH_HINT"}) {
        CHECK_FALSE(is_kept(name));
    }
    CHECK(gaggle::scrub::kept({"HOME=/h", "PYTHONPATH=/p", "LC_ALL=a=b", "SBATCH_WAIT"}) ==
          std::vector<std::string>{"HOME=/h", "LC_ALL=a=b"});
}

TEST_CASE("a child gets exactly its environment, and what it says is kept within bounds")
{
    const gaggle::child::Finished environment = gaggle::child::run("/usr/bin/env", {}, {"A=1", "B=two words"});
    CHECK(environment.status == 0);
    CHECK(environment.out == "A=1\nB=two words\n");

    const gaggle::child::Finished loud = gaggle::child::run(
        "/bin/sh", {"-c", "yes out | head -c 1000000; yes err | head -c 1000000 >&2; echo last >&2; exit 7"},
        {"PATH=/usr/bin:/bin"});
    CHECK(loud.status == 7);
    CHECK(loud.out.size() == 64 * 1024);
    CHECK(loud.out.starts_with("out\n"));
    CHECK(loud.err.size() == 16 * 1024);
    CHECK(loud.err.ends_with("last\n"));

    CHECK(gaggle::child::run("/bin/sh", {"-c", "kill -9 $$"}, {}).status == 137);
    CHECK_THROWS_WITH(gaggle::child::run("/nonexistent/program", {}, {}),
                      gaggle::tests::has_text("cannot run /nonexistent/program: "));
}

TEST_CASE("last words are one bounded line")
{
    CHECK(gaggle::child::last_words("sbatch: error: one\n\nsbatch: error: two\n", "sbatch: error: ") == "one; two");
    CHECK(gaggle::child::last_words("", "x").empty());
    CHECK(gaggle::child::last_words("abcdef", "", 3) == "…def");
}
