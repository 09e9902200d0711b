#include "tests/catch.hpp"
#include "tests/process/study.hpp"

#include <filesystem>
#include <fstream>
#include <string>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

std::string image(const std::string& name)
{
    return "\"" + (images / name).string() + "\"";
}

std::string apptainer(const std::string& lines)
{
    return "kind = \"apptainer\"\nruntime = " + image("apptainer/usr/bin/apptainer") + "\n" + lines;
}

std::string squashfs(const std::string& name, const std::string& python)
{
    return "kind = \"squashfs\"\nimage = " + image(name) + "\npython = \"" + python + "\"";
}

/// How many interpreters have a phase of the entry into their container, in its place.
constexpr const char* marked =
    "SELECT count(*) FROM phase JOIN phase_name ON id = name_id WHERE name = 'runtime' AND ordinal = 2 AND begin_ns < "
    "end_ns";

}  // namespace

TEST_CASE("apptainer runs a SIF, a SquashFS image and a folder")
{
    if (!runs("apptainer")) {
        return;
    }
    const std::string name = GENERATE("tree.sif", "tree.sqfs", "tree");
    CAPTURE(name);
    const Study study{environment("a", apptainer("image = " + image(name)))};
    study.completes();
    CHECK(study.value("SELECT count(DISTINCT name) FROM control WHERE name IN ('null', 'unmarked', 'container')") ==
          "3");
    CHECK(study.value(marked) == "2");
}

TEST_CASE("variables reach an interpreter in apptainer, whatever the runtime does with its own")
{
    if (!runs("apptainer")) {
        return;
    }
    // The module `told` is imported only if the variables lead to it and are what the file says.
    const std::string kind = GENERATE("apptainer", "singularity");
    CAPTURE(kind);
    const std::string support = GAGGLE_SOURCE "/tests/support/told";
    const Study study{
        environment("a", "kind = \"" + kind + "\"\nruntime = " + image("apptainer/usr/bin/apptainer") +
                             "\nimage = " + image("tree.sif") + "\noptions = [\"--cleanenv\", \"--bind=" + support +
                             "\"]\nenv = { PYTHONPATH = \"" + support +
                             "\", TOLD = \"a,b c=d\", PYTHONDONTWRITEBYTECODE = \"1\", LD_LIBRARY_PATH = \"/in\" }"),
        R"(["told", "inside"])"};
    study.completes();
}

TEST_CASE("charliecloud runs a SquashFS image and a folder")
{
    if (!runs("charliecloud")) {
        return;
    }
    const std::string name = GENERATE("tree.sqfs", "tree");
    CAPTURE(name);
    const Study study{environment("c", "kind = \"charliecloud\"\nimage = " + image(name))};
    study.completes();
    CHECK(study.value(marked) == "2");
    CHECK_THAT(study.check().out, has_text("c: ok: python 3.") && has_text(" in /usr of " + (images / name).string()));
    // Where ch-run makes a folder for its mount, the first few that a user starts at once get in each other's way.
    CHECK_FALSE(std::filesystem::exists("/var/tmp/" + study.user() + ".ch"));
}

TEST_CASE("podman runs a root file system, and hands on the probe's descriptors")
{
    if (!runs("podman")) {
        return;
    }
    const Study study{environment("p", "kind = \"podman\"\nruntime = " + image("podman") + "\nimage = " +
                                           image("tree") + "\noptions = [" + podman_options + ", \"--rootfs\"]")};
    study.completes();
    CHECK(study.value(marked) == "2");
}

TEST_CASE("a container without /proc is measured all the same, without the phase of its entry")
{
    if (!runs("apptainer")) {
        return;
    }
    const std::string lines = "image = " + image("tree.sif") + "\noptions = [\"--no-mount=proc\"]";
    const Study study{environment("a", apptainer(lines))};
    const Finished ran = study.gaggle({"run", study.path("e.toml").string()});
    INFO(ran.err);
    CHECK(ran.status == 0);
    CHECK_THAT(study.value("SELECT state || reason FROM attempt"),
               has_text("COMPLETED") && has_text("could mark that its runtime was entered"));
    CHECK(study.value(marked) == "0");
    CHECK_THAT(study.check().out, has_text("a: ok: ") && has_text("could mark that its runtime was entered"));
    CHECK_THAT(study.gaggle({"sql", "phases", "--format", "csv"}).out, has_text(",ready,") && !has_text(",runtime,"));
    CHECK(study.value("SELECT count(*) FROM phase JOIN phase_name ON id = name_id WHERE name = 'import inside'") ==
          "2");
}

TEST_CASE("one container per node holds all its interpreters, gated or not")
{
    const std::string kind = GENERATE("apptainer", "charliecloud", "podman");
    const std::string start = GENERATE("synchronised", "as-launched");
    CAPTURE(kind, start);
    if (!runs(kind)) {
        return;
    }
    const TemporaryDirectory folder;
    const std::string count = (folder.path() / "count").string();
    const std::string wrap = folder.write("wrap", "#!/bin/sh\necho started >> '" + count + "'\nexec \"$@\"\n");
    std::filesystem::permissions(wrap, std::filesystem::perms::owner_all);
    const std::string of_kind = kind == "podman"
                                    ? "kind = \"podman\"\nruntime = " + image("podman") + "\nimage = " + image("tree") +
                                          "\noptions = [" + podman_options + ", \"--rootfs\"]"
                                : kind == "apptainer" ? apptainer("image = " + image("tree.sif"))
                                                      : "kind = \"charliecloud\"\nimage = " + image("tree.sqfs");
    const Study study{environment("a", of_kind + "\nper = \"node\"\nwrap = [\"" + wrap + "\"]"),
                      "[\"json\", \"inside\"]\nstart = \"" + start + "\""};
    study.completes();
    CHECK(study.value("SELECT group_concat(name) FROM step") == "container");
    CHECK(study.value("SELECT count(*) || group_concat(DISTINCT name) FROM control") == "2null");
    // A process in there whose parent is not the worker would have no usage of its own.
    CHECK(study.value("SELECT count(*) FROM interpreter WHERE user_us + system_us > 0 AND max_rss_kib > 0") == "2");
    CHECK(read_text(count) == "started\nstarted\n");  // for the interpreters and their control, and to be inspected
}

TEST_CASE("in a node's container a failure is the interpreter's own, and what hangs is killed")
{
    if (!runs("charliecloud")) {
        return;
    }
    const std::string of_kind = "kind = \"charliecloud\"\nper = \"node\"\nimage = ";
    const Study failing{environment("a", of_kind + image("without.sqfs"))};
    CHECK(failing.gaggle({"run", failing.path("e.toml").string()}).status == 1);
    CHECK_THAT(failing.value("SELECT group_concat(status || error, ' ') FROM interpreter"),
               has_text("1import inside: ModuleNotFoundError: No module named 'inside' 1import inside"));
    const Study hanging{
        environment("a", of_kind + image("tree.sqfs") + "\nflags = [\"-c\", \"import time; time.sleep(600)\"]"),
        "[\"json\"]\ncontrols = false\ninterpreter_timeout = \"2s\""};
    CHECK(hanging.gaggle({"run", hanging.path("e.toml").string()}).status == 1);
    CHECK(hanging.value("SELECT group_concat(outcome, ' ') FROM interpreter") == "TimedOut TimedOut");
}

TEST_CASE("a module is loaded once per node, and one that does not exist is the node's failure")
{
    const TemporaryDirectory modules;
    modules.write("py/1", "#%Module\nprepend-path PYTHONPATH " + (images / "modules.zip").string() + "\n");
    const std::string use = "kind = \"module\"\nsetup = \"module use " + modules.path().string() + "\"\n";
    const Study study{environment("m", use + "modules = [\"py/1\"]")};
    study.completes();
    const Study wrong{environment("m", use + "modules = [\"py/2\"]")};
    const Finished checked = wrong.check();
    CHECK(checked.status == 1);
    CHECK_THAT(checked.out, has_text("m: environment.modules: ") && has_text("py/2") && has_text("module avail"));
    CHECK_FALSE(wrong.has_store());
}

TEST_CASE("an archive and a copy are staged into a folder of their own, and removed")
{
    const std::string lines = GENERATE("kind = \"tarball\"\narchive = " + image("tree.tar.gz"),
                                       "kind = \"copy\"\nprefix = " + image("tree/usr"));
    CAPTURE(lines);
    const TemporaryDirectory disk;
    const Study study{environment("t", lines + "\nto = \"" + (disk.path() / "node local").string() + "\"")};
    study.completes();
    CHECK(std::filesystem::is_empty(disk.path() / "node local"));
    CHECK(study.value("SELECT group_concat(name, ' ') FROM step") == "stage unstage");
}

TEST_CASE("a copy in memory is made in /dev/shm and removed")
{
    const auto count = [] {
        std::size_t found = 0;
        for (const auto& entry : std::filesystem::directory_iterator{"/dev/shm"}) {
            found += entry.path().filename().string().starts_with("gaggle.") ? 1 : 0;
        }
        return found;
    };
    const std::size_t before = count();
    const Study study{environment("s", "kind = \"copy\"\nprefix = " + image("tree/usr"))};
    study.completes();
    CHECK(count() == before);
}

TEST_CASE("modules are imported from a zip file, also through a wrapper")
{
    const std::string wrap = GENERATE("", "\nwrap = [\"nice\", \"-n\", \"1\"]");
    const Study study{environment("z", "kind = \"zipimport\"\narchive = " + image("modules.zip") + wrap)};
    study.completes();
}

TEST_CASE("check says of every environment what it is, and writes nothing")
{
    const Study study{environment("zip", "kind = \"zipimport\"\narchive = " + image("modules.zip")) +
                      environment("again", "kind = \"zipimport\"\narchive = " + image("modules.zip")) +
                      environment("image", squashfs("tree.sqfs", "usr/bin/python3"))};
    const Finished checked = study.check();
    INFO(checked.out << checked.err);
    CHECK(checked.status == 0);
    CHECK_THAT(checked.out, has_text("zip: ok: python 3.") && has_text(" packages in /usr\n") &&
                                has_text("image: ok: python 3.") && has_text(" packages in {mount}/usr\n") &&
                                has_text("the same interpreter and packages: zip, again\n"));
    CHECK_FALSE(study.has_store());
}

TEST_CASE("check names environment, key and remedy of everything that is missing, and submits nothing")
{
    const Study study{
        environment("sound", squashfs("tree.sqfs", "usr/bin/python3")) +
        environment("prefix", "kind = \"conda\"\nprefix = \"/gone\"") +
        environment("image", "kind = \"apptainer\"\nimage = \"gone.sif\"") +
        environment("without", squashfs("without.sqfs", "usr/bin/python3")) +
        environment("runtime", "kind = \"charliecloud\"\nruntime = \"no-such-runtime\"\nimage = " + image("tree")) +
        environment("python", squashfs("tree.sqfs", "usr/bin/python9")) +
        environment("once", "kind = \"charliecloud\"\nper = \"node\"\nruntime = \"no-such-runtime\"\nimage = " +
                                image("tree")) +
        environment("twice", "kind = \"charliecloud\"\nper = \"node\"\nruntime = \"false\"\nimage = " + image("tree")) +
        environment("setup", "kind = \"system\"\nsetup = \"echo no such site >&2; false\"\nimports = []") +
        environment("stage", "kind = \"system\"\nstage = [\"true\", \"cat /gone\"]\nimports = []")};
    const Finished checked = study.check();
    INFO(checked.out << checked.err);
    CHECK(checked.status == 1);
    const auto says = [&](const std::string& beginning, const std::string& words, const std::string& remedy) {
        CAPTURE(beginning);
        const std::size_t begin = checked.out.find(beginning);
        REQUIRE(begin != std::string::npos);
        const std::string line = checked.out.substr(begin, checked.out.find('\n', begin) - begin);
        CHECK_THAT(line, has_text(words) && has_text("; " + remedy));
    };
    CHECK_THAT(checked.out, Catch::Matchers::StartsWith("sound: ok: python 3."));
    says("prefix: environment.prefix: ", "found no folder '/gone' (", "make it there (python3 -m venv");
    says("image: environment.image: ", "found no file or folder", "make it there (apptainer build");
    says("without: environment.imports: ", "import inside: ModuleNotFoundError", "install it");
    says("runtime: environment.runtime: ", "'no-such-runtime' cannot be started", "install it on the nodes");
    says("python: environment.python: ", "{mount}/usr/bin/python9' cannot be started", "install it");
    says("once: environment.runtime: ", "cannot start no-such-runtime", "install it on the nodes");
    says("twice: environment.image: ", "failed with exit status 1", "see that this runtime runs");
    says("setup: environment.setup: ", "no such site", "try the command");
    says("stage: environment.stage: ", "'cat /gone' failed with exit status 1: cat: /gone: No such file",
         "try the command");
    CHECK_FALSE(study.has_store());
}

TEST_CASE("check compares every file of environments that are called identical, also inside a container")
{
    // Byte code that an interpreter writes into its own tree would be a difference, so the folder `tree`, which other tests
    // use, is none to compare with.
    const std::string as_it_is = "\nenv = { PYTHONDONTWRITEBYTECODE = \"1\" }\nidentical_to = \"image\"";
    const TemporaryDirectory folder;
    const std::filesystem::path changed = folder.path() / "changed";
    std::filesystem::create_directory(changed);
    REQUIRE(run({"tar", "-xf", (images / "tree.tar.gz").string(), "-C", changed.string()}).status == 0);
    const std::string library = "lib/" + std::filesystem::read_symlink(changed / "bin/python3").string();
    std::ofstream{changed / library / "this.py", std::ios::app} << "\n";
    std::ofstream{changed / library / "added.py"} << "\n";
    std::filesystem::remove(changed / library / "antigravity.py");
    std::filesystem::remove(changed / "bin/python3");
    std::filesystem::create_symlink("./" + std::filesystem::path{library}.filename().string(), changed / "bin/python3");
    const bool with_container = why_left_out("charliecloud").empty();
    const Study study{
        environment("image", squashfs("tree.sqfs", "usr/bin/python3")) +
            environment("tarball", "kind = \"tarball\"\narchive = " + image("tree.tar.gz") + as_it_is) +
            environment("changed", "kind = \"copy\"\nprefix = \"" + changed.string() + "\"" + as_it_is) +
            (with_container ? environment("cloud", "kind = \"charliecloud\"\nimage = " + image("tree.sqfs") + as_it_is)
                            : ""),
        "[\"json\"]\ncontrols = false"};  // the null control's -E forgets the variable
    const Finished checked = study.check();
    INFO(checked.out << checked.err);
    CHECK(checked.status == 1);
    CHECK_THAT(checked.out, has_text("\ntarball: identical to 'image': ") && has_text(" files, SHA-256 "));
    CHECK_THAT(checked.out, has_text("\nchanged: environment.identical_to: files: bin/python3 differs, " + library +
                                     "/added.py is not in 'image', " + library +
                                     "/this.py differs, 1 more; make both from one tree"));
    CHECK((checked.out.find("\ncloud: identical to 'image': ") != std::string::npos) == with_container);
    CHECK_FALSE(study.has_store());
}

TEST_CASE("check says when the worker does not run")
{
    const TemporaryDirectory folder;
    const std::string worker = folder.write("worker", "#!/bin/sh\necho cannot go on >&2\nexit 3\n");
    std::filesystem::permissions(worker, std::filesystem::perms::owner_all);
    const std::string file = folder.write(
        "e.toml", "name = \"t\"\nnodes = [1]\ninterpreters = [1]\n" + environment("a", "kind = \"system\""));
    const Finished checked = run({GAGGLE_PROGRAM, "check", file, "--worker", worker});
    CHECK(checked.status == 1);
    CHECK_THAT(checked.out, has_text("a: gaggle-worker: worker ended with 3: cannot go on; see that"));
}
