#include "orchestrator/experiment/experiment.hpp"

#include "tests/unit/experiment_fixture.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace gaggle;
using namespace gaggle::tests;

TEST_CASE("a small file gets every default")
{
    const Experiment read = experiment::parse(top("imports = [\"numpy\", \"xml.dom\"]"), "dir/x.toml", test_shell);
    CHECK(read.name == "t");
    CHECK(read.nodes == std::vector<unsigned>{1, 2});
    CHECK(read.interpreters == std::vector<unsigned>{1});
    CHECK(read.repetitions == 1);
    CHECK(read.blocks == 1);
    CHECK_FALSE(read.seed.has_value());
    CHECK(read.cache == gaggle::CacheState::as_is);
    CHECK(read.start == gaggle::Start::Synchronised);
    CHECK_FALSE(read.sentinel);
    CHECK_FALSE(read.trace);
    CHECK_FALSE(read.concurrent);
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
        top("repetitions = 6\nblocks = 3\nseed = 9223372036854775807\ncache = \"cold\"\nstart = \"as-launched\"\n"
            "interpreter_timeout = \"1h30m\"\nnode_timeout = \"90s\"\nname = \"A-1.b_c\""),
        "x.toml", test_shell);
    CHECK(read.name == "A-1.b_c");
    CHECK(read.repetitions == 6);
    CHECK(read.blocks == 3);
    CHECK(read.seed == std::uint64_t{9223372036854775807U});
    CHECK(read.cache == gaggle::CacheState::cold);
    CHECK(read.start == gaggle::Start::AsLaunched);
    CHECK(read.interpreter_timeout == std::chrono::minutes{90});
    CHECK(read.node_timeout == std::chrono::seconds{90});
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
    SECTION("what is staged need not be there yet, and a set-up has its own PATH")
    {
        const auto spec = read(
            "kind = \"conda\"\nprefix = \"/tmp/not/there\"\nsetup = \"module load x\"\n"
            "stage = [\"tar -xf a.tar\", \"./fix\"]\nunstage = [\"rm -r /tmp/not\"]");
        CHECK(spec.command == std::vector<std::string>{"/tmp/not/there/bin/python"});
        CHECK(spec.setup == "module load x");
        CHECK(spec.stage == std::vector<std::string>{"tar -xf a.tar", "./fix"});
        CHECK(spec.unstage == std::vector<std::string>{"rm -r /tmp/not"});
        CHECK(spec.variables == Variables{{"PATH", "/tmp/not/there/bin:{PATH}"}});
    }
    SECTION("a cache state is about what the kind consists of, or the paths that are named")
    {
        using Paths = std::vector<std::string>;
        const std::string image = "kind = \"squashfs\"\nimage = \"image.sqfs\"\npython = \"bin/python3\"";
        CHECK(read("kind = \"system\"").cache_paths.empty());
        CHECK(read("kind = \"command\"\ncommand = [\"true\"]").cache_paths.empty());
        CHECK(read("kind = \"venv\"\nprefix = \"venv\"").cache_paths == Paths{site.path("venv")});
        CHECK(read(image).cache_paths == Paths{site.path("image.sqfs"), "{mount}"});
        CHECK(read(image + "\ncache_paths = [\"{mount}/lib\", \"venv/bin\"]").cache_paths ==
              Paths{"{mount}/lib", site.path("venv/bin")});
        CHECK(read("kind = \"system\"\nstage = [\"tar -xf a\"]\ncache_paths = [\"/tmp/not/there\"]").cache_paths ==
              Paths{"/tmp/not/there"});
    }
    SECTION("every interpreter gets its null control")
    {
        const auto spec = read("kind = \"command\"\ncommand = [\"Rscript\", \"--no-echo\"]\nlanguage = \"R\"");
        CHECK(spec.controls ==
              std::vector<gaggle::ControlSpec>{{"null", {"Rscript", "--no-echo", "--vanilla", "-e", "invisible()"}}});
        CHECK(read("kind = \"command\"\ncommand = [\"true\"]\nlanguage = \"none\"").controls.empty());
        CHECK(site.parse(top("controls = false")).environments.at(0).controls.empty());
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
    const std::filesystem::path file = GAGGLE_SOURCE "/experiments/biowulf-2017.toml";
    const std::string text = tests::read_text(file);
    auto errors = errors_of(text, file);
    REQUIRE(errors.size() == 2);
    CHECK(errors[0].find("environment.prefix: expected a folder with bin/python") != std::string::npos);
    CHECK(errors[1].find("environment.image: expected a SIF or SquashFS image, or a folder") != std::string::npos);

    const Site site;
    std::string edited = text;
    const auto replace = [&edited](const std::string& from, const std::string& to) {
        edited.replace(edited.find(from), from.size(), to);
    };
    replace("/usr/local/Anaconda/envs/py2.7", site.path("venv"));
    replace("/data/images/py27.sif", site.path("image.sif"));
    const Experiment read = site.parse(edited);
    CHECK(read.nodes == std::vector<unsigned>{10, 20, 40, 80, 160, 320});
    CHECK(read.interpreters == std::vector<unsigned>{1, 2, 4, 8, 16});
    CHECK(read.environments.size() == 2);
    CHECK(read.environments[1].imports ==
          std::vector<std::string>{"numpy", "scipy", "pandas", "sqlite3", "Bio", "matplotlib", "seaborn", "bokeh"});
    CHECK(read.repetitions >= 2);
}
