#pragma once

#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

namespace gaggle::tests {

/// What tests/support/make-images made.
inline const std::filesystem::path images = GAGGLE_IMAGES;

/// An experiment file, a store, and gaggle to work with them. $USER is set, as in every session (ch-run wants it), to a
/// name that no other study has.
class Study {
public:
    explicit Study(const std::string& environments, const std::string& imports = R"(["json", "inside"])",
                   const std::string& nodes = "[1]")
        : file_(folder_.write("e.toml", "name = \"kinds\"\nnodes = " + nodes +
                                            "\ninterpreters = [2]\nimports = " + imports + "\n" + environments))
    {
    }

    [[nodiscard]] Finished gaggle(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), {GAGGLE_PROGRAM, "--store", (folder_.path() / "store").string()});
        return run(arguments, {{"SLURM_CONF", "/nonexistent"}, {"USER", user()}, {"PYTHONPATH", "/leak"}});
    }
    [[nodiscard]] Finished check() const { return gaggle({"check", file_}); }
    [[nodiscard]] bool has_store() const { return std::filesystem::exists(folder_.path() / "store"); }

    /// Runs it, which must go well, and checks that every interpreter imported `inside` and was inspected.
    void completes() const
    {
        runs_well();
        CHECK(value("SELECT count(*) FROM phase JOIN phase_name ON id = name_id WHERE name = 'import inside'") == "2");
    }
    void runs_well() const
    {
        const Finished ran = gaggle({"run", file_});
        INFO(ran.err);
        CHECK(ran.status == 0);
        CHECK(value("SELECT group_concat(DISTINCT state || coalesce(reason, '')) FROM attempt") == "COMPLETED");
        CHECK(value("SELECT group_concat(DISTINCT clock) FROM gaggle") == "CLOCK_MONOTONIC");
        CHECK(value("SELECT count(*) FROM control WHERE status <> 0") == "0");
        CHECK(value("SELECT count(*) FROM step WHERE status <> 0") == "0");
        CHECK(value("SELECT group_concat(trouble) FROM inspection") == "");
    }
    [[nodiscard]] std::string value(const std::string& select) const
    {
        const Finished got = gaggle({"sql", select, "--format", "csv"});
        INFO(got.err);
        REQUIRE(got.status == 0);
        const std::size_t begin = got.out.find("\r\n") + 2;
        return got.out.substr(begin, got.out.rfind("\r\n") - begin);
    }
    [[nodiscard]] std::string user() const { return folder_.path().filename().string(); }
    [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

private:
    TemporaryDirectory folder_;
    std::string file_;
};

inline std::string environment(const std::string& name, const std::string& lines)
{
    return "[[environment]]\nname = \"" + name + "\"\n" + lines + "\n";
}

/// Why the runtime does not run on this machine; "": it does.
inline std::string why_left_out(const std::string& runtime)
{
    const std::filesystem::path reason = images / ("left-out-" + runtime);
    return std::filesystem::exists(reason) ? read_text(reason) : "";
}

/// False, and says so where ctest sees it, if the runtime does not run on this machine.
inline bool runs(const std::string& runtime)
{
    const std::string reason = why_left_out(runtime);
    if (!reason.empty()) {
        std::cout << "left out: " << runtime << ": " << reason << std::flush;
    }
    return reason.empty();
}

/// What podman needs where a container's limits and cgroups are not its own to set.
inline constexpr const char* podman_options =
    R"("--runtime=runc", "--cgroup-manager=cgroupfs", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1000:1000",
       "--network=host")";

}  // namespace gaggle::tests
