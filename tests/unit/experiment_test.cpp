#include "orchestrator/experiment/experiment.hpp"

#include "core/error.hpp"
#include "orchestrator/experiment/durations.hpp"
#include "tests/catch.hpp"
#include "tests/support/temporary.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

using namespace gaggle;
using experiment::Experiment;
using tests::TemporaryDirectory;

namespace {

std::optional<std::string> test_shell(const std::string& name)
{
    if (name == "HOME") {
        return "/home/tester";
    }
    if (name == "PATH") {
        return "/site/bin:/bin";
    }
    return name == "LD_LIBRARY_PATH" ? std::optional<std::string>{"/site/lib"} : std::nullopt;
}

constexpr const char* system_environment = "[[environment]]\nname = \"a\"\nkind = \"system\"\n";

/// A sound file but for `lines`, which come first and replace the default of the same key.
std::string top(const std::string& lines)
{
    std::string text = lines + "\n";
    for (const std::string line : {"name = \"t\"", "nodes = [1, 2]", "interpreters = [1]"}) {
        const std::string key = line.substr(0, line.find(' ') + 1);
        if (("\n" + text).find("\n" + key) == std::string::npos) {
            text += line + "\n";
        }
    }
    return text + system_environment;
}

/// `lines` begin in line 5.
std::string slurm(const std::string& lines)
{
    return "name = \"t\"\nnodes = [1, 2]\ninterpreters = [1]\n[slurm]\n" + lines + "\n" + system_environment;
}

/// The header is in line 4, `lines` begin in line 6.
std::string environment(const std::string& lines)
{
    return "name = \"t\"\nnodes = [1, 2]\ninterpreters = [1]\n[[environment]]\nname = \"a\"\n" + lines + "\n";
}

/// The errors of a text, each without "FILE:".
std::vector<std::string> errors_of(const std::string& text, const std::filesystem::path& file = "dir/x.toml")
{
    std::vector<std::string> errors;
    try {
        static_cast<void>(experiment::parse(text, file, test_shell));
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::Usage);
        std::istringstream lines{error.what()};
        for (std::string line; std::getline(lines, line);) {
            INFO(line);
            REQUIRE(line.substr(0, file.string().size() + 1) == file.string() + ":");
            errors.push_back(line.substr(file.string().size() + 1));
        }
    }
    return errors;
}

/// A folder with what a file may name: venv/bin/python, image.sqfs and their unsound neighbours.
class Site {
public:
    Site()
    {
        executable("venv/bin/python");
        std::filesystem::create_directories(directory_.path() / "no-python/bin");
        directory_.write("not-executable/bin/python", "");
        std::filesystem::create_directories(directory_.path() / "dangling/bin");
        std::filesystem::create_symlink("/nowhere/python", directory_.path() / "dangling/bin/python");
        directory_.write("image.sqfs", "hsqs and so on");
        directory_.write("tree.tar", "ustar");
        directory_.write("site.sbatch.in", "#!/bin/sh\n");
    }

    [[nodiscard]] std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
    [[nodiscard]] Experiment parse(const std::string& text) const
    {
        return experiment::parse(text, directory_.path() / "x.toml", test_shell);
    }
    [[nodiscard]] std::vector<std::string> errors(const std::string& text) const
    {
        return errors_of(text, directory_.path() / "x.toml");
    }

private:
    void executable(const std::string& name)
    {
        const auto file = directory_.write(name, "#!/bin/sh\n");
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }

    TemporaryDirectory directory_;
};

struct Bad {
    std::string text;
    std::string error;  ///< all of it, or its beginning before "…"
};

void check_each(const std::vector<Bad>& cases, const Site& site)
{
    for (const Bad& bad : cases) {
        INFO(bad.text);
        const auto errors = site.errors(bad.text);
        REQUIRE(errors.size() == 1);
        const std::string ellipsis = "…";
        if (bad.error.ends_with(ellipsis)) {
            const std::string beginning = bad.error.substr(0, bad.error.size() - ellipsis.size());
            CHECK(errors[0].substr(0, beginning.size()) == beginning);
        } else {
            CHECK(errors[0] == bad.error);
        }
    }
}

}  // namespace

TEST_CASE("a small file gets every default")
{
    const Experiment read = experiment::parse(top("imports = [\"numpy\", \"xml.dom\"]"), "dir/x.toml", test_shell);
    CHECK(read.name == "t");
    CHECK(read.nodes == std::vector<unsigned>{1, 2});
    CHECK(read.interpreters == std::vector<unsigned>{1});
    CHECK(read.repetitions == 1);
    CHECK(read.blocks == 1);
    CHECK_FALSE(read.seed.has_value());
    CHECK(read.cache == "as-is");
    CHECK(read.start == gaggle::Start::Synchronised);
    CHECK(read.interpreter_timeout == std::chrono::minutes{10});
    CHECK(read.node_timeout == std::chrono::minutes{2});
    CHECK(read.slurm == experiment::SlurmOptions{});
    CHECK(read.file == std::filesystem::current_path() / "dir/x.toml");
    REQUIRE(read.environments.size() == 1);
    const EnvironmentSpec& environment = read.environments[0];
    CHECK(environment.name == "a");
    CHECK(environment.kind == "system");
    CHECK(environment.language == "python");
    CHECK(environment.command == std::vector<std::string>{"python3"});
    CHECK(environment.image.empty());
    CHECK(environment.imports == std::vector<std::string>{"numpy", "xml.dom"});
    CHECK(environment.variables ==
          std::vector<std::pair<std::string, std::string>>{{"PATH", "/usr/local/bin:/usr/bin:/bin"}});
}

TEST_CASE("every key of the top level is read")
{
    const Experiment read = experiment::parse(
        top("repetitions = 6\nblocks = 3\nseed = 9223372036854775807\ncache = \"as-is\"\nstart = \"synchronised\"\n"
            "interpreter_timeout = \"1h30m\"\nnode_timeout = \"90s\"\nname = \"A-1.b_c\""),
        "x.toml", test_shell);
    CHECK(read.name == "A-1.b_c");
    CHECK(read.repetitions == 6);
    CHECK(read.blocks == 3);
    CHECK(read.seed == std::uint64_t{9223372036854775807U});
    CHECK(read.interpreter_timeout == std::chrono::minutes{90});
    CHECK(read.node_timeout == std::chrono::seconds{90});
}

TEST_CASE("bad top-level keys are reported where they stand")
{
    const Site site;
    check_each(
        {
            {top("name = 3.10"), "1:8: name: expected a string, found the float 3.10; write \"3.10\""},
            {top("name = \"\""), "1:8: name: expected a string that is not empty, found an empty string"},
            {top("name = \"../x\""), "1:8: name: expected a name of up to 100 letters…"},
            {top("name = \"..\""), "1:8: name: expected a name…"},
            {top("name = \"a\\u0000b\""), "1:8: name: expected a string without NUL characters, found…"},
            {"nodes = [1]\ninterpreters = [1]\n" + std::string{system_environment},
             "1:1: name: expected a name, found none"},
            {top("nodes = []"), "1:9: nodes: expected a non-empty list of integers, found an empty list"},
            {top("nodes = 10"), "1:9: nodes: expected a non-empty list of integers, found the integer 10"},
            {top("nodes = [1, 0]"), "1:13: nodes: expected an integer from 1 to 65536, found the integer 0"},
            {top("nodes = [-4]"), "1:10: nodes: expected an integer from 1 to 65536, found the integer -4"},
            {top("nodes = [99999999999]"),
             "1:10: nodes: expected an integer from 1 to 65536, found the integer 99999999999"},
            {top("nodes = [99999999999999999999]"), "1:…"},
            {top("nodes = [1,\n  2,\n  1]"), "3:3: nodes: expected no duplicates, found the integer 1 again"},
            {top("nodes = [\"1\"]"), "1:10: nodes: expected an integer from 1 to 65536, found the string \"1\""},
            {top("interpreters = [1.5]"),
             "1:17: interpreters: expected an integer from 1 to 65536, found the float 1.5"},
            {top("interpreters = [true]"), "1:17: interpreters: expected an integer…"},
            {top("repetitions = 0"), "1:15: repetitions: expected an integer from 1 to 10000, found the integer 0"},
            {top("repetitions = 5\nblocks = 2"),
             "2:10: blocks: expected a divisor of the number of repetitions, 5, found 2"},
            {top("blocks = 2"), "1:10: blocks: expected a divisor of the number of repetitions, 1, found 2"},
            {top("seed = -1"), "1:8: seed: expected an integer from 0 to 9223372036854775807, found the integer -1"},
            {top("cache = \"cold\""),
             "1:9: cache: expected \"as-is\", found the string \"cold\", which is not available in this version"},
            {top("cache = \"as_is\""),
             "1:9: cache: expected \"as-is\", found the string \"as_is\"; did you mean \"as-is\"?"},
            {top("start = \"as-launched\""),
             "1:9: start: expected \"synchronised\", found the string \"as-launched\", which is not available in this "
             "version"},
            {top("interpreter_timeout = 600"),
             "1:23: interpreter_timeout: expected a string, found the integer 600; write \"600\""},
            {top("interpreter_timeout = \"600\""), "1:23: interpreter_timeout: expected a duration such as…"},
            {top("node_timeout = \"0s\""), "1:16: node_timeout: expected a duration such as…"},
            {top("imports = []"), "1:11: imports: expected a non-empty list of strings, found an empty list"},
            {top("imports = [\"numpy\", \"os; x\"]"),
             "1:21: imports: expected a module name such as \"numpy\" or \"xml.dom\", found the string \"os; x\""},
            {top("imports = [\"a..b\"]"), "1:12: imports: expected a module name…"},
            {top("imports = [\"a\", \"a\"]"), "1:17: imports: expected no duplicates, found the string \"a\" again"},
            {top("imports = [3.10]"), "1:12: imports: expected a string, found the float 3.10; write \"3.10\""},
            {top("inherit = [\"NO_SUCH\"]"),
             "1:12: inherit: expected a variable that is set in this shell, found the string \"NO_SUCH\""},
            {top("inherit = [\"A=B\"]"),
             "1:12: inherit: expected the name of an environment variable, found the string \"A=B\""},
            {top("nodez = [1]"),
             "1:1: nodez: expected one of the keys name, nodes, interpreters, repetitions, blocks, seed, "
             "cache, start, imports, interpreter_timeout, node_timeout, inherit, slurm, environment, "
             "found 'nodez'; did you mean 'nodes'?"},
            {top("\"quo\\nted\" = 1"), "1:1: quo?ted: expected one of the keys…"},
            {top("trace = true"),
             "1:1: trace: expected one of the keys name, nodes, interpreters, repetitions, blocks, seed, "
             "cache, start, imports, interpreter_timeout, node_timeout, inherit, slurm, environment, "
             "found 'trace', which is not available in this version"},
            {top("slurm = 1"), "1:9: slurm: expected a table [slurm], found the integer 1"},
            {"name = \"t\"\nnodes = [1]\ninterpreters = [1]\n",
             "1:1: environment: expected at least one [[environment]] table, found none"},
            {"name = \"t\"\nnodes = [1]\ninterpreters = [1]\nenvironment = []\n",
             "4:15: environment: expected [[environment]] tables, found an empty list"},
            {"name = \"t\"\nnodes = [1]\ninterpreters = [1]\n[environment]\nname = \"a\"\n",
             "4:1: environment: expected [[environment]] tables, found a table"},
            {"name = \"t\"\nnodes = [1]\ninterpreters = [1]\nenvironment = [1]\n",
             "4:16: environment: expected an [[environment]] table, found the integer 1"},
            {top("") + system_environment, "9:8: environment.name: expected a name of its own, found 'a' as in line 6"},
        },
        site);
}

TEST_CASE("a text that is not TOML is one error with its place")
{
    const Site site;
    check_each({{"name = \"t\"\nnodes = [1,,2]\n", "2:12: not TOML: …"},
                {"name = \"t\"\nname = \"u\"\n", "2:…"},
                {"name = ", "1:…"},
                {"\xff", "1:1: not TOML: …"}},
               site);
}

TEST_CASE("bad environments are reported where they stand")
{
    const Site site;
    const auto command = [](const std::string& lines) { return environment("kind = \"command\"\n" + lines); };
    const auto squashfs = [](const std::string& lines) {
        return environment("kind = \"squashfs\"\nimage = \"image.sqfs\"\n" + lines);
    };
    check_each(
        {
            {environment("kind = \"venv\""),
             "4:1: environment.prefix: expected this key for kind \"venv\", found none"},
            {environment("kind = \"venv\"\nprefix = \"gone\""),
             "7:10: environment.prefix: expected a folder with bin/python, found no folder '" + site.path("gone") +
                 "'"},
            {environment("kind = \"conda\"\nprefix = \"no-python/\""),
             "7:10: environment.prefix: expected a folder with bin/python, found no '" +
                 site.path("no-python/bin/python") + "'"},
            {environment("kind = \"conda\"\nprefix = \"dangling\""),
             "7:10: environment.prefix: expected a folder with bin/python, found no…"},
            {environment("kind = \"conda\"\nprefix = \"not-executable\""),
             "7:10: environment.prefix: expected a folder with bin/python, found '" +
                 site.path("not-executable/bin/python") + "', which is not executable"},
            {environment("kind = \"venv\"\nprefix = \"a:b\""),
             "7:10: environment.prefix: expected a folder with bin/python, found a ':'…"},
            {environment("kind = \"venv\"\nprefix = \"~/no/venv\""),
             "7:10: environment.prefix: expected a folder with bin/python, found no folder '/home/tester/no/venv'"},
            {environment("kind = \"venv\"\nprefix = \"venv\"\nimage = \"x\""),
             "8:1: environment.image: expected one of the keys name, kind, imports, env, prefix, flags, found 'image'"},
            {environment("kind = \"venv\"\nprefix = \"venv\"\nimport = [\"x\"]"),
             "8:1: environment.import: expected one of the keys name, kind, imports, env, prefix, flags, found "
             "'import'; did you mean 'imports'?"},
            {environment("kind = \"venv\"\nprefix = \"venv\"\nstage = [\"x\"]"),
             "8:1: environment.stage: expected one of the keys name, kind, imports, env, prefix, flags, found 'stage', "
             "which is not available in this version"},
            {environment("kind = \"system\"\nsetup = \"module load R\""), "7:1: environment.setup: expected one of…"},
            {environment("kind = \"system\"\nunstage = []"), "7:1: environment.unstage: expected one of…"},
            {environment("kind = \"system\"\nper = \"node\""), "7:1: environment.per: expected one of…"},
            {environment("kind = \"system\"\npython = \"./gone\""),
             "7:10: environment.python: expected a program, found no executable '" + site.path("gone") + "'"},
            {environment("kind = \"system\"\npython = 3.10"),
             "7:10: environment.python: expected a string, found the float 3.10; write \"3.10\""},
            {environment("kind = \"system\"\nflags = []"),
             "7:9: environment.flags: expected a non-empty list of strings, found an empty list"},
            {environment(""),
             "4:1: environment.kind: expected one of system, venv, conda, squashfs, command, found none"},
            {environment("kind = \"apptainer\"\nimage = \"x.sif\""),
             "6:8: environment.kind: expected one of system, venv, conda, squashfs, command, found the string "
             "\"apptainer\", which is not available in this version"},
            {environment("kind = \"cnoda\""),
             "6:8: environment.kind: expected one of system, venv, conda, squashfs, command, found the string "
             "\"cnoda\"; did you mean \"conda\"?"},
            {environment("kind = 1"), "6:8: environment.kind: expected one of…"},
            {environment("kind = \"system\"\nenv = { \"A B\" = \"x\" }"),
             "7:9: environment.env: expected the name of an environment variable, found 'A B'"},
            {environment("kind = \"system\"\n[environment.env]\nTHREADS = 1"),
             "8:11: environment.env.THREADS: expected a string, found the integer 1; write \"1\""},
            {environment("kind = \"system\"\nenv = [\"A=1\"]"),
             "7:7: environment.env: expected a table of strings, { NAME = \"value\" }, found a list"},
            {environment("kind = \"system\"\nenv = { A = \"{mount}/x\" }"),
             "7:13: environment: expected {mount} only with kind \"squashfs\", found the string \"{mount}/x\""},
            {environment("kind = \"squashfs\"\npython = \"bin/python3\""),
             "4:1: environment.image: expected this key for kind \"squashfs\", found none"},
            {environment("kind = \"squashfs\"\npython = \"bin/python3\"\nimage = \"gone.sqfs\""),
             "8:9: environment.image: expected a SquashFS image, found no file '" + site.path("gone.sqfs") + "'"},
            {environment("kind = \"squashfs\"\npython = \"bin/python3\"\nimage = \"tree.tar\""),
             "8:9: environment.image: expected a SquashFS image, found '" + site.path("tree.tar") +
                 "', which is something else"},
            {environment("kind = \"squashfs\"\npython = \"bin/python3\"\nimage = \"venv\""),
             "8:9: environment.image: expected a SquashFS image, found no file…"},
            {squashfs(""), "4:1: environment.python: expected this key for kind \"squashfs\", found none"},
            {squashfs("python = \"bin/\""),
             "8:10: environment.python: expected a path inside the image, such as \"bin/python3\", found the string "
             "\"bin/\""},
            {squashfs("python = \"/\""), "8:10: environment.python: expected a path inside the image…"},
            {command(""), "4:1: environment.command: expected this key for kind \"command\", found none"},
            {command("command = \"python3\""),
             "7:11: environment.command: expected a non-empty list of strings, found the string \"python3\""},
            {command("command = [\"\"]"),
             "7:12: environment.command: expected a string that is not empty, found an empty string"},
            {command("command = [\"./gone\", \"x\"]"),
             "7:12: environment.command: expected a program, found no executable '" + site.path("gone") + "'"},
            {command("command = [\"Rscript\"]\nlanguage = \"r\"\nimports = [\"a::b\"]"),
             "8:12: environment.language: expected one of python, R, perl, ruby, node, julia, lua, sh, none, found the "
             "string \"r\"; did you mean \"R\"?"},
            {command("command = [\"pearl\"]\nlanguage = \"pearl\""),
             "8:12: environment.language: expected one of python, R, perl, ruby, node, julia, lua, sh, none, found the "
             "string \"pearl\"; did you mean \"perl\"?"},
            {command("command = [\"true\"]\nlanguage = \"none\"\nimports = [\"numpy\"]"),
             "9:1: environment.imports: expected no imports with language \"none\", found a list"},
            {environment("kind = \"system\"\nimports = [\"not a module\"]"),
             "7:12: environment.imports: expected a module name…"},
            {"name = \"t\"\nnodes = [1]\ninterpreters = [1]\n[[environment]]\nkind = \"system\"\n",
             "4:1: environment.name: expected a name, found none"},
            {"name = \"t\"\nnodes = [1]\ninterpreters = [1]\n[[environment]]\nname = \"a/b\"\nkind = \"system\"\n",
             "5:8: environment.name: expected a name of up to…"},
        },
        site);
}

TEST_CASE("bad sbatch options are reported where they stand")
{
    const Site site;
    check_each(
        {
            {slurm("partitoin = \"norm\""),
             "5:1: slurm.partitoin: expected a long option of sbatch (those of plugins and of other versions of Slurm "
             "go into `extra`), found 'partitoin'; did you mean 'partition'?"},
            {slurm("mail_type = \"END\""),
             "5:1: slurm.mail_type: expected a long option of sbatch (those of plugins and of other versions of Slurm "
             "go into `extra`), found 'mail_type'; did you mean 'mail-type'?"},
            {slurm("nodes = 4"),
             "5:1: slurm.nodes: expected no such key (it is the experiment's own `nodes`), found 'nodes'"},
            {slurm("array = \"0-3\""),
             "5:1: slurm.array: expected no such key (an array's tasks are the repetitions), found 'array'"},
            {slurm("mem = \"4G\""), "5:1: slurm.mem: expected no such key (…"},
            {slurm("time = 00:20:00"),
             "5:8: slurm.time: expected a string, found the date or time 00:20:00; write \"00:20:00\""},
            {slurm("time = \"20min\""),
             "5:8: slurm.time: expected a time limit as sbatch takes it, such as \"30\", \"00:20:00\" or \"1-12\", "
             "found the string \"20min\""},
            {slurm("time = true"),
             "5:8: slurm.time: expected a value: this option of sbatch takes one, found the boolean true"},
            {slurm("partition = 1.5"), "5:13: slurm.partition: expected a string, found the float 1.5; write \"1.5\""},
            {slurm("partition = [\"a\"]"), "5:13: slurm.partition: expected a string, found a list"},
            {slurm("partition = \"a\\nb\""), "5:13: slurm.partition: expected a string of one line…"},
            {slurm("contiguous = \"yes\""),
             "5:14: slurm.contiguous: expected true or false: this option of sbatch takes no value, found the string "
             "\"yes\""},
            {slurm("exclusive = \"user\""), "5:13: slurm.exclusive: expected true or false, found the string \"user\""},
            {slurm("extra = \"--switches=1\""),
             "5:9: slurm.extra: expected a list of strings, found the string \"--switches=1\""},
            {slurm("extra = [\"switches=1\"]"),
             "5:10: slurm.extra: expected one line of sbatch options, such as \"--switches=1\", found the string "
             "\"switches=1\""},
            {slurm("extra = [\"--ok\", \"--array=0-3\"]"),
             "5:18: slurm.extra: expected no '--array' (an array's tasks are the repetitions), found the string "
             "\"--array=0-3\""},
            {slurm("extra = [\"-N2\"]"),
             "5:10: slurm.extra: expected no '--nodes' (it is the experiment's own `nodes`), found the string \"-N2\""},
            {slurm("template = \"gone.in\""),
             "5:12: slurm.template: expected a template of the batch script, found no file '" + site.path("gone.in") +
                 "'"},
        },
        site);
}

TEST_CASE("all errors of a file come at once, in the file's order")
{
    const auto many = errors_of(
        "nodes = [0, 2, 2]\n"
        "interpreters = []\n"
        "repetitions = 3\n"
        "blocks = 2\n"
        "cache = \"hot\"\n"
        "[slurm]\n"
        "time = 1.5\n"
        "qqs = \"x\"\n"
        "[[environment]]\n"
        "kind = \"venv\"\n"
        "[[environment]]\n"
        "name = \"b\"\n"
        "kind = \"shifter\"\n"
        "imports = [\"1\"]\n");
    std::vector<std::string> places;
    std::ranges::transform(many, std::back_inserter(places),
                           [](const std::string& error) { return error.substr(0, error.find(": expected")); });
    CHECK(places == std::vector<std::string>{"1:1: name", "1:10: nodes", "1:16: nodes", "2:16: interpreters",
                                             "4:10: blocks", "5:9: cache", "7:8: slurm.time", "8:1: slurm.qqs",
                                             "9:1: environment.name", "9:1: environment.prefix",
                                             "13:8: environment.kind", "14:12: environment.imports"});
    const auto errors = errors_of("[slurm]\nzzzz = 1\n[[environment]]\nname = 3.10\nkind = \"venv\"\n");
    REQUIRE(errors.size() == 6);
    CHECK(errors[0] == "1:1: name: expected a name, found none");
    CHECK(errors[1] == "1:1: nodes: expected a list of integers, found none");
    CHECK(errors[2] == "1:1: interpreters: expected a list of integers, found none");
    CHECK(errors[3].starts_with("2:1: slurm.zzzz: "));
    CHECK(errors[4].starts_with("3:1: environment.prefix: "));
    CHECK(errors[5].starts_with("4:8: environment.name: "));
}

TEST_CASE("[slurm] becomes sbatch options in the file's order")
{
    const Site site;
    const auto options = site.parse(slurm("time = 20\npartition = \"norm,quick\"\ncontiguous = true\nhold = false\n"
                                          "nice = true\naccount = \"x y\"\nexclusive = false\n"
                                          "extra = [\"--switches=1\", \"-C a # b\"]\ntemplate = \"site.sbatch.in\""))
                             .slurm;
    CHECK(options.options ==
          std::vector<std::string>{"--time=20", "--partition=norm,quick", "--contiguous", "--nice", "--account=x y"});
    CHECK(options.extra == std::vector<std::string>{"--switches=1", "-C a # b"});
    CHECK_FALSE(options.exclusive);
    CHECK(options.template_file == std::filesystem::path{site.path("site.sbatch.in")});
}

TEST_CASE("kinds become commands and PATHs")
{
    const Site site;
    const std::string base = "/usr/local/bin:/usr/bin:/bin";
    const auto read = [&](const std::string& lines) { return site.parse(environment(lines)).environments.at(0); };
    using Variables = std::vector<std::pair<std::string, std::string>>;

    SECTION("system")
    {
        CHECK(read("kind = \"system\"\nflags = [\"-s\", \"-E\"]").command ==
              std::vector<std::string>{"python3", "-s", "-E"});
        CHECK(read("kind = \"system\"\npython = \"python3.11\"").command == std::vector<std::string>{"python3.11"});
        CHECK(read("kind = \"system\"\npython = \"venv/../venv/bin/python\"").command ==
              std::vector<std::string>{site.path("venv/bin/python")});
    }
    SECTION("venv and conda")
    {
        for (const std::string kind : {"venv", "conda"}) {
            const auto spec = read("kind = \"" + kind + "\"\nprefix = \"./venv/\"\nflags = [\"-s\"]");
            CHECK(spec.kind == kind);
            CHECK(spec.language == "python");
            CHECK(spec.command == std::vector<std::string>{site.path("venv/bin/python"), "-s"});
            CHECK(spec.variables == Variables{{"PATH", site.path("venv/bin") + ":" + base}});
        }
    }
    SECTION("squashfs")
    {
        const auto spec = read(
            "kind = \"squashfs\"\nimage = \"image.sqfs\"\npython = \"/opt/bin/python3\"\n"
            "env = { PYTHONPATH = \"{mount}/lib\" }");
        CHECK(spec.image == site.path("image.sqfs"));
        CHECK(spec.command == std::vector<std::string>{"{mount}/opt/bin/python3"});
        CHECK(spec.variables == Variables{{"PATH", "{mount}/opt/bin:" + base}, {"PYTHONPATH", "{mount}/lib"}});
        CHECK(read("kind = \"squashfs\"\nimage = \"image.sqfs\"\npython = \"bin/python3\"").command ==
              std::vector<std::string>{"{mount}/bin/python3"});
    }
    SECTION("command")
    {
        const auto spec = read("kind = \"command\"\ncommand = [\"venv/bin/python\", \"-X\", \"a b\", \"a b\"]");
        CHECK(spec.language == "python");
        CHECK(spec.command == std::vector<std::string>{site.path("venv/bin/python"), "-X", "a b", "a b"});
        CHECK(spec.variables == Variables{{"PATH", base}});
    }
}

TEST_CASE("imports and variables of an environment")
{
    const Site site;
    using Variables = std::vector<std::pair<std::string, std::string>>;

    SECTION("imports are names of the environment's language, the experiment's too")
    {
        const auto environment = [](const std::string& name, const std::string& language, const std::string& imports) {
            return "[[environment]]\nname = \"" + name + "\"\nkind = \"command\"\ncommand = [\"x\"]\nlanguage = \"" +
                   language + "\"\n" + (imports.empty() ? "" : "imports = " + imports + "\n");
        };
        const auto sound =
            site.parse(top("imports = [\"stats\"]") + environment("r", "R", "") +
                       environment("r2", "R", "[\"data.table\"]") +
                       environment("perl", "perl", "[\"POSIX\", \"List::Util\"]") +
                       environment("ruby", "ruby", "[\"net/http\", \"/x/y.rb\", \"a-b\"]") +
                       environment("node", "node", "[\"@s/n\", \"node:fs\", \"/x/y.mjs\"]") +
                       environment("julia", "julia", "[\"LinearAlgebra\"]") +
                       environment("lua", "lua", "[\"socket.http\"]") + environment("sh", "sh", "[\"/etc/pro file\"]"))
                .environments;
        CHECK(sound.at(1).imports == std::vector<std::string>{"stats"});
        CHECK(sound.at(2).imports == std::vector<std::string>{"data.table"});
        CHECK(sound.at(8).imports == std::vector<std::string>{"/etc/pro file"});
        for (const auto& [language, import] : std::vector<std::pair<std::string, std::string>>{
                 {"python", "a-b"}, {"python", "os; x"}, {"R", "a::b"},   {"R", "x)"},        {"R", "9a"},
                 {"perl", "a.b"},   {"perl", "a::"},     {"perl", "::a"}, {"perl", "a:b"},    {"ruby", "../x"},
                 {"ruby", "a/"},    {"ruby", "a//b"},    {"node", "./x"}, {"node", "-p"},     {"node", "a b"},
                 {"julia", "a.b"},  {"julia", "a: b"},   {"lua", "a/b"},  {"lua", "a..b"},    {"sh", "profile"},
                 {"sh", "/a\\tb"},  {"sh", "/a\\\\b"},   {"sh", "/a/"},   {"ruby", "/a\\tb"}, {"ruby", "#{x}"}}) {
            CAPTURE(language, import);
            const auto errors = errors_of(top("") + environment("x", language, "[\"" + import + "\"]"));
            REQUIRE(errors.size() == 1);
            CHECK(errors[0].find(": environment.imports: expected ") != std::string::npos);
        }
        const auto errors = errors_of(top("imports = [\"data.table\", \"a::b\"]") + environment("r", "R", "") +
                                      environment("r2", "R", "") + environment("none", "none", ""));
        CHECK(errors == std::vector<std::string>{
                            "1:26: imports: expected a module name such as \"numpy\" or \"xml.dom\", found the string "
                            "\"a::b\"",
                            "1:26: imports: expected the name of an R package such as \"data.table\", found the string "
                            "\"a::b\""});
    }
    SECTION("an environment's imports override the experiment's; none at all with language none")
    {
        const auto environments =
            site.parse(top("imports = [\"numpy\"]") +
                       "[[environment]]\nname = \"b\"\nkind = \"system\"\nimports = [\"os\"]\n"
                       "[[environment]]\nname = \"c\"\nkind = \"system\"\nimports = []\n"
                       "[[environment]]\nname = \"d\"\nkind = \"command\"\ncommand = [\"true\"]\nlanguage = \"none\"\n")
                .environments;
        REQUIRE(environments.size() == 4);
        CHECK(environments[0].imports == std::vector<std::string>{"numpy"});
        CHECK(environments[1].imports == std::vector<std::string>{"os"});
        CHECK(environments[2].imports.empty());
        CHECK(environments[3].imports.empty());
        CHECK(environments[3].language == "none");
    }
    SECTION("inherited variables, PATH, env: the later wins")
    {
        const auto variables = [&](const std::string& inherit, const std::string& lines) {
            return site.parse("inherit = " + inherit + "\n" + environment(lines)).environments.at(0).variables;
        };
        CHECK(variables("[\"LD_LIBRARY_PATH\"]", "kind = \"system\"\nenv = { B = \"\", A = \"1\" }") ==
              Variables{
                  {"LD_LIBRARY_PATH", "/site/lib"}, {"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"B", ""}, {"A", "1"}});
        CHECK(variables("[\"PATH\"]", "kind = \"venv\"\nprefix = \"venv\"") ==
              Variables{{"PATH", site.path("venv/bin") + ":/site/bin:/bin"}});
        CHECK(variables("[\"LD_LIBRARY_PATH\"]",
                        "kind = \"system\"\nenv = { PATH = \"/x\", LD_LIBRARY_PATH = \"/y\" }") ==
              Variables{{"LD_LIBRARY_PATH", "/y"}, {"PATH", "/x"}});
    }
}

TEST_CASE("files are read whole, or the error says why not")
{
    const TemporaryDirectory directory;
    const std::string text = top("repetitions = 2");
    const auto file = directory.write("x.toml", text);
    CHECK(experiment::read_file(file).text == text);
    const auto trouble = [](const std::filesystem::path& path) -> std::string {
        try {
            static_cast<void>(experiment::read_file(path));
        } catch (const Error& error) {
            CHECK(error.code() == ExitCode::Usage);
            return error.what();
        }
        return "";
    };
    CHECK(trouble(directory.path() / "gone.toml").ends_with("gone.toml: No such file or directory"));
    CHECK(trouble(directory.path()).ends_with("Is a directory"));
    CHECK(trouble("/dev/zero").ends_with("File too large"));
}

TEST_CASE("the founding study's file lacks only what its user has to provide")
{
    const auto file = std::filesystem::path{GAGGLE_SOURCE} / "experiments/biowulf-2017.toml";
    const std::string text = tests::read_text(file);
    auto errors = errors_of(text, file);
    REQUIRE(errors.size() == 2);
    CHECK(errors[0].find("environment.prefix: expected a folder with bin/python") != std::string::npos);
    CHECK(errors[1].find("environment.image: expected a SquashFS image") != std::string::npos);

    const Site site;
    std::string edited = text;
    const auto replace = [&edited](const std::string& from, const std::string& to) {
        edited.replace(edited.find(from), from.size(), to);
    };
    replace("/usr/local/Anaconda/envs/py2.7", site.path("venv"));
    replace("/data/images/py27.sqfs", site.path("image.sqfs"));
    const Experiment read = site.parse(edited);
    CHECK(read.nodes == std::vector<unsigned>{10, 20, 40, 80, 160, 320});
    CHECK(read.interpreters == std::vector<unsigned>{1, 2, 4, 8, 16});
    CHECK(read.environments.size() == 2);
    CHECK(read.environments[1].imports ==
          std::vector<std::string>{"numpy", "scipy", "pandas", "sqlite3", "Bio", "matplotlib", "seaborn", "bokeh"});
    CHECK(read.repetitions >= 2);
}

TEST_CASE("durations")
{
    using experiment::parse_duration;
    using std::chrono::milliseconds;
    CHECK(parse_duration("90s") == milliseconds{90'000});
    CHECK(parse_duration("10m") == milliseconds{600'000});
    CHECK(parse_duration("1h30m") == milliseconds{5'400'000});
    CHECK(parse_duration("1h0m1s5ms") == milliseconds{3'601'005});
    CHECK(parse_duration("720h") == std::chrono::days{30});
    for (const char* bad : {"", "0s", "10", "m", "m10", "1m1h", "1m1m", "1.5h", "-1s", "1 s", "1S", "721h", "1d",
                            "99999999999999999999s", "1000000000h", "10sx"}) {
        INFO(bad);
        CHECK_FALSE(parse_duration(bad).has_value());
    }
}

TEST_CASE("time limits of sbatch")
{
    using experiment::parse_time_limit;
    using std::chrono::minutes;
    const auto limit = [](std::string_view text) { return parse_time_limit(text).value().minutes; };
    CHECK(limit("30") == minutes{30});
    CHECK(limit("30:00") == minutes{30});
    CHECK(limit("0:30") == minutes{1});
    CHECK(limit("00:20:00") == minutes{20});
    CHECK(limit("1:00:01") == minutes{61});
    CHECK(limit("1-12") == minutes{36 * 60});
    CHECK(limit("2-0:30") == minutes{2 * 24 * 60 + 30});
    CHECK(limit("1-00:00:01") == minutes{24 * 60 + 1});
    for (const char* unlimited : {"UNLIMITED", "infinite", "-1", "0", "0-0"}) {
        INFO(unlimited);
        REQUIRE(parse_time_limit(unlimited).has_value());
        CHECK_FALSE(parse_time_limit(unlimited)->minutes.has_value());
    }
    for (const char* bad :
         {"", ":", "1:", ":1", "1:2:3:4", "1-", "-", "1-2-3", "-1-2", "20min", " 20", "1.5", "99999999999"}) {
        INFO(bad);
        CHECK_FALSE(parse_time_limit(bad).has_value());
    }
}
