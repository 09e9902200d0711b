#include "tests/catch.hpp"
#include "tests/process/study.hpp"

#include <filesystem>
#include <string>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// What experiments/libraries/make made.
const std::filesystem::path libraries = GAGGLE_LIBRARIES;

constexpr const char* eight = R"(["numpy", "scipy", "pandas", "sqlite3", "Bio", "matplotlib", "seaborn", "bokeh"]
controls = false)";

std::string library(const std::string& name)
{
    return "\"" + (libraries / name).string() + "\"";
}

/// matplotlib's font cache is beside the tree, and in a container at /mnt.
std::string on_the_node(const std::string& name, const std::string& lines)
{
    return environment(name, lines + "\nenv = { MPLCONFIGDIR = " + library("mplconfig") + " }");
}

std::string in_a_container(const std::string& name, const std::string& lines, const std::string& options)
{
    return environment(name, "kind = \"" + name + "\"\npython = \"/libraries/bin/python3\"\n" + lines +
                                 "\noptions = [" + options + "]\nenv = { MPLCONFIGDIR = \"/mnt\" }");
}

std::string bind(const std::string& option, const std::string& what, const std::string& where)
{
    return "\"" + option + "=" + (libraries / what).string() + ":" + where + "\"";
}

/// The tree in every packaging that runs on this machine.
std::string every_kind()
{
    std::string all =
        on_the_node("plain", "kind = \"conda\"\nprefix = " + library("tree")) +
        on_the_node("image", "kind = \"squashfs\"\npython = \"bin/python3\"\nimage = " + library("tree.sqfs")) +
        on_the_node("tarball", "kind = \"tarball\"\narchive = " + library("tree.tar.zst")) +
        on_the_node("copy", "kind = \"copy\"\nprefix = " + library("tree"));
    const auto add = [&](const std::string& name, const std::string& lines, const std::string& options) {
        if (const std::string reason = why_left_out(name); !reason.empty()) {
            WARN("not tried here: " << name << ": " << reason);
        } else {
            all += in_a_container(name, lines, options);
        }
    };
    add("apptainer",
        "runtime = \"" + (images / "apptainer/usr/bin/apptainer").string() + "\"\nimage = " + library("root.sif"),
        bind("--bind", "mplconfig", "/mnt"));
    add("charliecloud", "image = " + library("root.sqfs"), bind("--bind", "mplconfig", "/mnt"));
    add("podman", "runtime = \"" + (images / "podman").string() + "\"\nimage = " + library("root"),
        podman_options + (", " + bind("--volume", "mplconfig", "/mnt")) + ", " +
            bind("--volume", "tree", "/libraries") + ", \"--rootfs\"");
    return all;
}

/// Of a "NAME==VERSION" line in the pins.
std::string pinned(const std::string& name)
{
    const std::string pins = read_text(GAGGLE_SOURCE "/experiments/libraries/requirements.txt");
    const std::size_t begin = pins.find("\n" + name + "==") + 1;
    return pins.substr(begin, pins.find(' ', begin) - begin);
}

}  // namespace

TEST_CASE("the eight libraries import in every kind that runs here, and the store has their versions")
{
    const Study study{every_kind(), eight};
    study.runs_well();
    const std::string environments = study.value("SELECT count(*) FROM environment");
    CHECK(study.value("SELECT count(*) FROM (SELECT 1 FROM phase JOIN phase_name ON id = name_id "
                      "WHERE name LIKE 'import %' GROUP BY gaggle_id HAVING count(*) = 2 * 8)") == environments);
    for (const std::string name : {"numpy", "scipy", "pandas", "biopython", "matplotlib", "seaborn", "bokeh"}) {
        CAPTURE(name);
        CHECK(study.value("SELECT count(DISTINCT environment) FROM identity "
                          "JOIN package_set ON sha256 = packages_sha256, json_each(package_set.packages) AS package "
                          "WHERE package.value = '" +
                          pinned(name) + "'") == environments);
    }
}

TEST_CASE("the archive and the SIF hold the tree, file by file")
{
    const std::string as_plain = "\nidentical_to = \"plain\"";
    const std::string sif = "kind = \"apptainer\"\npython = \"/libraries/bin/python3\"\nruntime = \"" +
                            (images / "apptainer/usr/bin/apptainer").string() + "\"\nimage = " + library("root.sif");
    const bool with_sif = why_left_out("apptainer").empty();
    const Study study{
        environment("plain", "kind = \"conda\"\nprefix = " + library("tree")) +
            environment("tarball", "kind = \"tarball\"\narchive = " + library("tree.tar.zst") + as_plain) +
            (with_sif ? environment("sif", sif + as_plain) : ""),
        R"(["json"])"};
    const Finished checked = study.check();
    INFO(checked.out << checked.err);
    CHECK(checked.status == 0);
    CHECK_THAT(checked.out, has_text("\ntarball: identical to 'plain': 1"));  // more than ten thousand files
    CHECK((checked.out.find("\nsif: identical to 'plain': 1") != std::string::npos) == with_sif);
}
