#include "orchestrator/experiment/kinds.hpp"

#include "tests/unit/experiment_fixture.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace gaggle;
using namespace gaggle::tests;

namespace {

using Words = std::vector<std::string>;
using Variables = std::vector<std::pair<std::string, std::string>>;

const std::string base = "/usr/local/bin:/usr/bin:/bin";

EnvironmentSpec read(const Site& site, const std::string& lines, const std::string& first = "")
{
    return site.parse(first + environment(lines)).environments.at(0);
}

}  // namespace

// docs/environments.md shows these commands; those of runtimes that are not installed here are held against what their
// manuals say.
TEST_CASE("apptainer and singularity start the interpreter in the image, with the variables that get there")
{
    const Site site;
    const std::string image = "image = \"image.sif\"\n";
    const auto plain = read(site, "kind = \"apptainer\"\n" + image);
    CHECK(plain.command == Words{"apptainer", "exec", site.path("image.sif"), "{enter}", "python3"});
    CHECK(plain.variables == Variables{{"PATH", base}});
    CHECK(plain.cache_paths == Words{site.path("image.sif")});
    CHECK(plain.container == site.path("image.sif"));
    CHECK(plain.container_words == 3);
    CHECK(plain.image.empty());
    CHECK(plain.controls ==
          std::vector<ControlSpec>{
              {"null",
               {"apptainer", "exec", site.path("image.sif"), "{enter}", "python3", "-E", "-s", "-S", "-c", "pass"}},
              {"unmarked", {"apptainer", "exec", site.path("image.sif"), "python3", "-E", "-s", "-S", "-c", "pass"}},
              {"container", {"apptainer", "exec", site.path("image.sif"), "true"}}});
    const auto full =
        read(site,
             "kind = \"apptainer\"\nruntime = \"venv/bin/python\"\noptions = [\"--cleanenv\", \"--bind=/a b\"]\n"
             "flags = [\"-s\"]\npython = \"/opt/bin/python\"\nenv = { A = \"1,2\", PATH = \"/x\" }\n"
             "wrap = [\"nice\", \"-n\", \"1\"]\n" +
                 image,
             "inherit = [\"LD_LIBRARY_PATH\", \"PATH\"]\n");
    CHECK(full.command == Words{"nice", "-n", "1", site.path("venv/bin/python"), "exec", "--cleanenv", "--bind=/a b",
                                site.path("image.sif"), "{enter}", "/opt/bin/python", "-s"});
    CHECK(full.variables == Variables{{"PATH", "/site/bin:/bin"},
                                      {"APPTAINERENV_LD_LIBRARY_PATH", "/site/lib"},
                                      {"APPTAINERENV_A", "1,2"},
                                      {"APPTAINERENV_PATH", "/x"}});
    CHECK(full.container_words == 8);
    CHECK(full.controls.back().command.front() == "nice");
    const auto once = read(site, "kind = \"apptainer\"\nper = \"node\"\n" + image);
    CHECK(once.command == Words{"apptainer", "exec", site.path("image.sif"), "python3"});
    CHECK(once.per == Per::node);
    CHECK(once.container_words == 3);
    CHECK(once.controls == std::vector<ControlSpec>{{"null", plain.controls.at(1).command}});
    const auto older = read(site, "kind = \"singularity\"\nenv = { A = \"1\" }\nimage = \"venv\"");
    CHECK(older.command == Words{"singularity", "exec", site.path("venv"), "{enter}", "python3"});
    CHECK(older.variables == Variables{{"PATH", base}, {"SINGULARITYENV_A", "1"}});
}

TEST_CASE("charliecloud, shifter: variables get in by themselves")
{
    const Site site;
    const auto cloud = read(
        site, "kind = \"charliecloud\"\nimage = \"image.sqfs\"\noptions = [\"-b\", \"/data\"]\nenv = { A = \"1\" }");
    CHECK(cloud.command ==
          Words{"ch-run", "--mount={mount}", "-b", "/data", site.path("image.sqfs"), "--", "{enter}", "python3"});
    CHECK(cloud.variables == Variables{{"PATH", base}, {"A", "1"}});
    CHECK(cloud.cache_paths == Words{site.path("image.sqfs")});
    CHECK(read(site, "kind = \"charliecloud\"\nimage = \"venv\"").command ==
          Words{"ch-run", "--mount={mount}", site.path("venv"), "--", "{enter}", "python3"});
    // shifter [options] command [command options]; --image
    const auto shifter = read(site, "kind = \"shifter\"\nimage = \"docker:debian:12\"\noptions = [\"--volume=/a:/b\"]");
    CHECK(shifter.command == Words{"shifter", "--image=docker:debian:12", "--volume=/a:/b", "{enter}", "python3"});
    CHECK(shifter.container == "docker:debian:12");
    CHECK(shifter.cache_paths.empty());
}

TEST_CASE("podman and enroot: variables get in by an option, and podman hands on the probe's descriptors")
{
    const Site site;
    for (const std::string kind : {"podman", "podman-hpc"}) {
        const auto spec = read(site, "kind = \"" + kind + "\"\nimage = \"localhost/py\"\nenv = { A = \"1 2\" }");
        CHECK(spec.command ==
              Words{kind, "run", "--rm", "--preserve-fds=2", "--env", "A=1 2", "localhost/py", "{enter}", "python3"});
        CHECK(spec.variables == Variables{{"PATH", base}});
        CHECK(spec.controls.back().command ==
              Words{kind, "run", "--rm", "--preserve-fds=2", "--env", "A=1 2", "localhost/py", "true"});
    }
    // enroot start [options] [--] NAME|IMAGE [COMMAND] [ARG...]; --env KEY[=VAL]
    const auto enroot =
        read(site, "kind = \"enroot\"\nimage = \"py.sqsh\"\noptions = [\"--mount\", \"/a:/a\"]\nenv = { A = \"1\" }");
    CHECK(enroot.command ==
          Words{"enroot", "start", "--env", "A=1", "--mount", "/a:/a", "py.sqsh", "{enter}", "python3"});
}

TEST_CASE("modules are loaded once per node, after the environment's own set-up")
{
    const Site site;
    const auto spec = read(site, "kind = \"module\"\nmodules = [\"gcc/12\", \"python/3.11\"]\nflags = [\"-s\"]");
    CHECK(spec.setup == "module load gcc/12 python/3.11");
    CHECK(spec.command == Words{"python3", "-s"});
    CHECK(spec.variables == Variables{{"PATH", "{PATH}"}});
    CHECK(read(site, "kind = \"module\"\nmodules = [\"a$b\"]\nsetup = \"module use /m\"").setup ==
          "{ module use /m\n} && module load 'a$b'");
}

TEST_CASE("tarball and copy stage into a new folder, which {mount} leads to")
{
    const Site site;
    const auto tarball =
        read(site,
             "kind = \"tarball\"\narchive = \"tree.tar\"\nto = \"/scratch/a b\"\n"
             "stage = [\"{mount}/bin/conda-unpack\"]\nunstage = [\"echo gone\"]\nenv = { X = \"{mount}/x\" }");
    CHECK(tarball.command == Words{"{mount}/bin/python3"});
    CHECK(tarball.variables == Variables{{"PATH", "{mount}/bin:" + base}, {"X", "{mount}/x"}});
    CHECK(tarball.cache_paths == Words{"{mount}"});
    CHECK(tarball.image.empty());
    REQUIRE(tarball.stage.size() == 2);
    CHECK(tarball.stage[0] ==
          "mkdir -p '/scratch/a b' && new=$(mktemp -d '/scratch/a b'/gaggle.XXXXXX) && rmdir \"{mount}\" && "
          "ln -s \"$new\" \"{mount}\" && tar -xf " +
              site.path("tree.tar") + " -C \"$new\"");
    CHECK(tarball.unstage == Words{"echo gone", "new=$(readlink \"{mount}\") && rm -rf \"$new\""});
    const auto copy = read(site, "kind = \"copy\"\nprefix = \"venv\"\npython = \"/bin/python\"");
    CHECK(copy.command == Words{"{mount}/bin/python"});
    CHECK(copy.stage == Words{"mkdir -p /dev/shm && new=$(mktemp -d /dev/shm/gaggle.XXXXXX) && rmdir \"{mount}\" && "
                              "ln -s \"$new\" \"{mount}\" && cp -a " +
                              site.path("venv") + "/. \"$new\""});
}

TEST_CASE("a wrapper hands over to what marks that, unless the file says no")
{
    const Site site;
    const std::string wrapped = "kind = \"system\"\nwrap = [\"nice\", \"-n\", \"1\"]\n";
    const auto spec = read(site, wrapped);
    CHECK(spec.command == Words{"nice", "-n", "1", "{enter}", "python3"});
    REQUIRE(spec.controls.size() == 2);
    CHECK(spec.controls.at(0).command.at(3) == "{enter}");
    CHECK(spec.controls.at(1).name == "unmarked");
    CHECK(spec.controls.at(1).command == Words{"nice", "-n", "1", "python3", "-E", "-s", "-S", "-c", "pass"});
    const auto without = read(site, wrapped + "runtime_phase = false");
    CHECK(without.command == Words{"nice", "-n", "1", "python3"});
    CHECK(without.controls == std::vector<ControlSpec>{{"null", spec.controls.at(1).command}});
    CHECK(read(site, "kind = \"system\"").controls.size() == 1);
    CHECK_THROWS_WITH(read(site, wrapped + "runtime_phase = 1"), has_text("environment.runtime_phase: expected "));
}

TEST_CASE("zipimport and spindle")
{
    const Site site;
    const auto zip = read(site, "kind = \"zipimport\"\narchive = \"modules.zip\"");
    CHECK(zip.command == Words{"python3"});
    CHECK(zip.variables == Variables{{"PATH", base}, {"PYTHONPATH", site.path("modules.zip")}});
    CHECK(zip.cache_paths == Words{site.path("modules.zip")});
    const auto spindle = read(site, "kind = \"spindle\"\noptions = [\"--pull\"]\npython = \"venv/bin/python\"");
    CHECK(spindle.stage == Words{"spindle --pull --no-mpi --start-session > session"});
    CHECK(spindle.command == Words{"/bin/sh", "-c", "exec \"$0\" --run-in-session \"$(cat session)\" \"$@\"", "spindle",
                                   site.path("venv/bin/python")});
    CHECK(spindle.unstage == Words{"spindle --end-session \"$(cat session)\""});
}

TEST_CASE("bad keys of kinds are reported where they stand")
{
    const Site site;
    const auto kind = [](const std::string& name, const std::string& lines) {
        return environment("kind = \"" + name + "\"\n" + lines);
    };
    check_each(
        {
            {kind("apptainer", ""), "4:1: environment.image: expected this key for kind \"apptainer\", found none"},
            {kind("apptainer", "image = \"gone.sif\""),
             "7:9: environment.image: expected a SIF or SquashFS image, or a folder, found no file or folder '" +
                 site.path("gone.sif") + "'"},
            {kind("singularity", "image = \"tree.tar\""),
             "7:9: environment.image: expected a SIF or SquashFS image, or a folder, found '" + site.path("tree.tar") +
                 "', which is something else"},
            {kind("charliecloud", "image = \"image.sif\""),
             "7:9: environment.image: expected a SquashFS image or a folder, found '" + site.path("image.sif") +
                 "', which is something else"},
            {kind("apptainer", "image = \"image.sif\"\nruntime = \"./gone\""),
             "8:11: environment.runtime: expected a program, found no executable '" + site.path("gone") + "'"},
            {kind("apptainer", "image = \"image.sif\"\npython = \"bin/python3\""),
             "8:10: environment.python: expected the name of a program in the container, or its absolute path there, "
             "found the string \"bin/python3\""},
            {kind("apptainer", "image = \"image.sif\"\noptions = \"--cleanenv\""),
             "8:11: environment.options: expected a non-empty list of strings, found the string \"--cleanenv\""},
            {kind("apptainer", "image = \"image.sif\"\nper = \"rack\""),
             "8:7: environment.per: expected one of interpreter, node, found the string \"rack\""},
            {kind("shifter", "image = \"docker:a\"\nper = \"node\""),
             "8:1: environment.per: expected \"interpreter\" for kind \"shifter\", of which it is not known whether it "
             "hands "
             "on what the worker in the container needs, descriptors 3 and 4, found the string \"node\""},
            {kind("apptainer", "image = \"image.sif\"\nenv = { A = \"{mount}\" }"),
             "8:13: environment: expected {mount} only with kind squashfs, tarball, copy, found the string "
             "\"{mount}\""},
            {kind("podman", "image = \"--privileged\""),
             "7:9: environment.image: expected an image as the runtime calls it, found the string \"--privileged\""},
            {kind("module", "modules = \"python\""),
             "7:11: environment.modules: expected a non-empty list of strings, found the string \"python\""},
            {kind("module", "modules = [\"python\", \"a b\"]"),
             "7:22: environment.modules: expected the name of a module, such as \"python/3.11\", found the string \"a "
             "b\""},
            {kind("module", "modules = [\"--force\"]"), "7:12: environment.modules: expected the name of a module…"},
            {kind("tarball", "archive = \"gone.tar\""),
             "7:11: environment.archive: expected an archive that tar unpacks, found no file '" +
                 site.path("gone.tar") + "'"},
            {kind("copy", "prefix = \"gone\""),
             "7:10: environment.prefix: expected a folder, found no folder '" + site.path("gone") + "'"},
            {kind("zipimport", "archive = \"tree.tar\""), "7:11: environment.archive: expected a zip file, found '" +
                                                              site.path("tree.tar") + "', which is something else"},
            {kind("system", "wrap = []"),
             "7:8: environment.wrap: expected a non-empty list of strings, found an empty list"},
            {kind("system", "wrap = [\"./gone\"]"),
             "7:9: environment.wrap: expected a program, found no executable '" + site.path("gone") + "'"},
        },
        site);
}

TEST_CASE("what is not on this machine is told apart from what is wrong, if that is asked for")
{
    const TemporaryDirectory folder;
    const std::string file =
        folder.write("x.toml", top("") +
                                   "[[environment]]\nname = \"b\"\nkind = \"venv\"\nprefix = \"/gone\"\n"
                                   "[[environment]]\nname = \"c\"\nkind = \"apptainer\"\nimage = \"/gone.sif\"\n");
    std::vector<experiment::Absent> absent;
    const Experiment read = experiment::read_file(file, test_shell, &absent);
    CHECK(read.environments.size() == 3);
    REQUIRE(absent.size() == 2);
    CHECK(absent[0].environment == "b");
    CHECK(absent[0].key == "environment.prefix");
    CHECK(absent[0].words == "expected a folder with bin/python, found no folder '/gone'");
    CHECK_THAT(absent[0].remedy, has_text("python3 -m venv"));
    CHECK(absent[1].environment == "c");
    CHECK(absent[1].at == experiment::Position{15, 9});
    folder.write("x.toml", top("repetitions = 0"));
    CHECK_THROWS_AS(experiment::read_file(file, test_shell, &absent), Error);
}
