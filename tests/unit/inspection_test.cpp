#include "worker/inspection.hpp"
#include "worker/probe.hpp"

#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <filesystem>

using namespace gaggle::worker;
using namespace std::chrono_literals;
using gaggle::tests::has_text;
using gaggle::tests::TemporaryDirectory;

namespace {

constexpr const char* search_path = "/usr/local/bin:/usr/bin:/bin";
constexpr const char* sha256_of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Inspection run(const Program& program, std::chrono::steady_clock::duration patience = 120s)
{
    boost::asio::io_context context;
    auto inspection = boost::asio::co_spawn(
        context, inspect(context.get_executor(), program, std::chrono::steady_clock::now() + patience),
        boost::asio::use_future);
    context.run();
    return inspection.get();
}

Program shell(const std::string& script)
{
    return {.executable = "/bin/sh",
            .arguments = {"-c", script},
            .environment = {std::string{"PATH="} + search_path},
            .directory = "/"};
}

/// The inspecting program of `language`, run by `command`; "" is what such an environment has not.
Program program_of(const std::string& command, const std::string& language, const std::string& variable = "X=")
{
    const auto program = inspection_program({.executable = find_executable(command, search_path),
                                             .arguments = {},
                                             .environment = {std::string{"PATH="} + search_path, variable},
                                             .directory = "/"},
                                            language);
    REQUIRE(program);
    return *program;
}

bool is_dead(const std::string& pid)
{
    const std::filesystem::path status = "/proc/" + pid + "/stat";
    return !std::filesystem::exists(status) || gaggle::tests::read_text(status).find(") Z ") != std::string::npos;
}

}  // namespace

TEST_CASE("an inspection in its lines, with others between")
{
    const Inspection inspection = parse_inspection(
        "Welcome!\nversion\t3.11.2\nbuild\tx y\n> "
        "cat(\"version\")\npackage\tb==2\n\t\npackage\ta==1\npackages\t2\nend\n"
        "version\t9\n");
    CHECK(inspection.version == "3.11.2");
    CHECK(inspection.facts == std::vector<Fact>{{"build", "x y"}});
    CHECK(inspection.packages == std::vector<std::string>{"a==1", "b==2"});
    CHECK(inspection.packages_sha256 == "913f6e401ad06e0320887eef9ef4dfecb5098d4a55775ff40a415044cdbc22c0");
    CHECK(inspection.trouble.empty());
}

TEST_CASE("no packages is not the same as no list")
{
    CHECK(parse_inspection("version\t1\npackages\t0\nend\n").packages_sha256 == sha256_of_nothing);
    CHECK(parse_inspection("version\t1\nend\n").packages_sha256.empty());
    CHECK(parse_inspection("version\t1\nend\n").trouble.empty());
}

TEST_CASE("an inspection that broke off has no packages")
{
    const std::string text = "version\t3\npackage\ta==1\npackages\t1\nend\n";
    for (std::size_t length = 0; length < text.size(); ++length) {
        const Inspection inspection = parse_inspection(std::string_view{text}.substr(0, length));
        CHECK(inspection.packages.empty());
        CHECK(inspection.packages_sha256.empty());
        CHECK_FALSE(inspection.trouble.empty());
        CHECK((inspection.version == "3") == (length >= 10));
    }
    CHECK_FALSE(parse_inspection("version\t3\npackage\ta==1\npackages\t2\nend\n").trouble.empty());
}

TEST_CASE("Python says what it is and what it has, whichever way it can")
{
    const TemporaryDirectory site;
    site.write("first/Zope.Inter_face-5.0.dist-info/METADATA",
               "Metadata-Version: 2.1\nName: Zope.Inter_face\n"
               "Version: 5.0\n\nName: not this\n");
    site.write("first/old-1.2.egg-info", "Name: old\nVersion: 1.2\n");
    site.write("first/older.egg-info/PKG-INFO", "Name: older\nVersion: 0.1\n");
    site.write("first/broken-1.dist-info/RECORD", "");
    site.write("second/old-9.dist-info/METADATA", "Name: OLD\nVersion: 9\n");
    const std::string paths = (site.path() / "first").string() + ":" + (site.path() / "second").string();

    const Inspection with = run(program_of("python3", "python", "PYTHONPATH=" + paths));
    CHECK(with.trouble.empty());
    CHECK("Python " + with.version + "\n" ==
          gaggle::tests::run({"/usr/bin/env", "-i", std::string{"PATH="} + search_path, "python3", "--version"}).out);
    for (const char* package : {"zope-inter-face==5.0", "old==1.2", "older==0.1"}) {
        CHECK(std::ranges::count(with.packages, package) == 1);
    }
    CHECK(std::ranges::count(with.packages, "old==9") == 0);
    CHECK(with.packages_sha256.size() == 64);
    REQUIRE(with.facts.size() == 6);
    CHECK(with.facts[1] == Fact{"implementation", "cpython"});
    CHECK(with.facts[3].name == "prefix");

    // As a Python before 3.8, which has no importlib.metadata.
    site.write("hiding/sitecustomize.py", "import sys\nsys.modules['importlib.metadata'] = None\nprint('noise')\n");
    const Inspection without =
        run(program_of("python3", "python", "PYTHONPATH=" + paths + ":" + (site.path() / "hiding").string()));
    CHECK(without == with);

    site.write("second/new-1.dist-info/METADATA", "Name: new\nVersion: 1\n");
    CHECK(run(program_of("python3", "python", "PYTHONPATH=" + paths)).packages_sha256 != with.packages_sha256);
}

TEST_CASE("each language that is installed here says its version")
{
    const auto [language, command, list] =
        GENERATE(std::tuple{"R", "Rscript", true}, std::tuple{"perl", "perl", false}, std::tuple{"ruby", "ruby", true},
                 std::tuple{"node", "node", false}, std::tuple{"julia", "julia", false},
                 std::tuple{"lua", "lua", false}, std::tuple{"sh", "bash", false});
    if (find_executable(command, search_path) == command) {
        WARN(command << " is not installed here");
        return;
    }
    const Inspection inspection = run(program_of(command, language));
    CAPTURE(language, inspection.trouble);
    CHECK(inspection.trouble.empty());
    REQUIRE_FALSE(inspection.version.empty());
    const auto said = gaggle::tests::run({command, command == std::string{"lua"} ? "-v" : "--version"});
    CHECK_THAT(said.out + said.err, has_text(inspection.version));
    CHECK(inspection.packages_sha256.empty() != list);
}

TEST_CASE("an interpreter that cannot be inspected")
{
    CHECK_FALSE(inspection_program({}, "none"));
    Program missing = shell("");
    missing.executable = "/nonexistent/python";
    CHECK_THAT(run(missing).trouble, has_text("cannot start /nonexistent/python"));
    CHECK(run(shell("echo 'no such option' >&2; exit 3")).trouble == "exit code 3: no such option");
    CHECK(run(shell("kill -TERM $$")).trouble == "killed by signal 15");
    CHECK(run(shell("exit 0")).trouble == "it did not say all of what it is");
    CHECK_THAT(run(shell("yes \"$(printf %4000s)\"")).trouble, has_text("without end"));
}

TEST_CASE("an interpreter that is inspected has the descriptors of one that is measured")
{
    const Inspection inspection =
        run(shell("for fd in 3 4; do printf 'package\\t'; readlink /proc/self/fd/$fd; done\n"
                  "printf 'packages\\t2\\nend\\n'"));
    CHECK(inspection.trouble.empty());
    CHECK(inspection.packages == std::vector<std::string>{"/dev/null", "anon_inode:[timerfd]"});
}

TEST_CASE("an interpreter that does not end is killed with all that it started")
{
    const TemporaryDirectory folder;
    const std::filesystem::path file = folder.path() / "pid";
    const Inspection inspection =
        run(shell("printf 'version\\t1\\n'; sleep 600 & echo $! >" + file.string() + "; wait"), 3s);
    CHECK(inspection.version == "1");
    CHECK_THAT(inspection.trouble, has_text("did not end in time"));
    std::string pid = gaggle::tests::read_text(file);
    REQUIRE_FALSE(pid.empty());
    pid.pop_back();
    CHECK(gaggle::tests::eventually([&] { return is_dead(pid); }));
}
