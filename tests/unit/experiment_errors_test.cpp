#include "tests/unit/experiment_fixture.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace gaggle;
using namespace gaggle::tests;

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
            {top("cache = \"as_is\""),
             "1:9: cache: expected one of cold, warm, hot, as-is, found the string \"as_is\"; did you mean "
             "\"as-is\"?"},
            {top("start = \"launched\""),
             "1:9: start: expected one of synchronised, as-launched, found the string \"launched\""},
            {top("controls = 1"), "1:12: controls: expected…"},
            {top("trace = \"yes\""), "1:9: trace: expected true or false, found the string \"yes\""},
            {top("sentinel = true"), "1:12: sentinel: expected an integer from 1 to 1000000, found the boolean true"},
            {top("sentinel = 0"), "1:12: sentinel: expected an integer from 1 to 1000000, found the integer 0"},
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
             "cache, start, imports, controls, trace, sentinel, concurrent, interpreter_timeout, node_timeout, "
             "inherit, "
             "slurm, environment, "
             "found 'nodez'; did you mean 'nodes'?"},
            {top("\"quo\\nted\" = 1"), "1:1: quo?ted: expected one of the keys…"},
            {top("concurrent = 1"), "1:14: concurrent: expected true or false, found the integer 1"},
            {top("concurrent = true\nsentinel = 2"),
             "2:12: sentinel: expected none beside concurrent = true: a sentinel runs alone, between arrays, found the "
             "integer 2"},
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
    const std::string kinds =
        "system, venv, conda, module, squashfs, tarball, copy, zipimport, apptainer, singularity, charliecloud, "
        "podman, "
        "podman-hpc, shifter, enroot, spindle, command";
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
             "8:1: environment.image: expected one of the keys name, kind, imports, env, wrap, setup, stage, unstage, "
             "cache_paths, identical_to, runtime_phase, prefix, flags, found 'image'"},
            {environment("kind = \"venv\"\nprefix = \"venv\"\nimport = [\"x\"]"),
             "8:1: environment.import: expected one of the keys name, kind, imports, env, wrap, setup, stage, unstage, "
             "cache_paths, identical_to, runtime_phase, prefix, flags, found "
             "'import'; did you mean 'imports'?"},
            {environment("kind = \"venv\"\nprefix = \"venv\"\nstage = \"tar x\""),
             "8:9: environment.stage: expected a non-empty list of strings, found the string \"tar x\""},
            {environment("kind = \"system\"\nsetup = [\"module load R\"]"),
             "7:9: environment.setup: expected a string, found a list"},
            {environment("kind = \"system\"\ncache_paths = [\"venv\", \"nowhere\"]"),
             "7:24: environment.cache_paths: expected files and folders that are there, found the string \"nowhere\""},
            {environment("kind = \"system\"\ncache_paths = [\"{mount}\"]"),
             "7:16: environment: expected {mount} only with kind squashfs, tarball, copy, found the string "
             "\"{mount}\""},
            {environment("kind = \"system\"\ncache_paths = []"),
             "7:15: environment.cache_paths: expected a non-empty…"},
            {environment("kind = \"system\"\nidentical_to = \"other\""),
             "7:16: environment.identical_to: expected the name of another environment of this file, found the string "
             "\"other\""},
            {environment("kind = \"system\"\nidentical_to = \"a\""),
             "7:16: environment.identical_to: expected the name of another environment…"},
            {environment("kind = \"system\"\nunstage = []"),
             "7:11: environment.unstage: expected a non-empty list of strings, found an empty list"},
            {environment("kind = \"system\"\nper = \"node\""), "7:1: environment.per: expected one of…"},
            {environment("kind = \"system\"\npython = \"./gone\""),
             "7:10: environment.python: expected a program, found no executable '" + site.path("gone") + "'"},
            {environment("kind = \"system\"\npython = 3.10"),
             "7:10: environment.python: expected a string, found the float 3.10; write \"3.10\""},
            {environment("kind = \"system\"\nflags = []"),
             "7:9: environment.flags: expected a non-empty list of strings, found an empty list"},
            {environment(""), "4:1: environment.kind: expected one of " + kinds + ", found none"},
            {environment("kind = \"cnoda\""), "6:8: environment.kind: expected one of " + kinds +
                                                  ", found the string \"cnoda\"; did you mean \"conda\"?"},
            {environment("kind = 1"), "6:8: environment.kind: expected one of…"},
            {environment("kind = \"system\"\nenv = { \"A B\" = \"x\" }"),
             "7:9: environment.env: expected the name of an environment variable, found 'A B'"},
            {environment("kind = \"system\"\n[environment.env]\nTHREADS = 1"),
             "8:11: environment.env.THREADS: expected a string, found the integer 1; write \"1\""},
            {environment("kind = \"system\"\nenv = [\"A=1\"]"),
             "7:7: environment.env: expected a table of strings, { NAME = \"value\" }, found a list"},
            {environment("kind = \"system\"\nenv = { A = \"{mount}/x\" }"),
             "7:13: environment: expected {mount} only with kind squashfs, tarball, copy, found the string "
             "\"{mount}/x\""},
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
            {slurm("array = \"0-3\""), "5:9: slurm.array: expected one of cell, shape, found the string \"0-3\""},
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
             "5:18: slurm.extra: expected no '--array' (gaggle numbers the tasks; the key `array` says what an array "
             "holds), found the string "
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
        "cache = \"tepid\"\n"
        "[slurm]\n"
        "time = 1.5\n"
        "qqs = \"x\"\n"
        "[[environment]]\n"
        "kind = \"venv\"\n"
        "[[environment]]\n"
        "name = \"b\"\n"
        "kind = \"docker\"\n"
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
