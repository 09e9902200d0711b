#pragma once

#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gaggle::tests {

/// Whether a cluster has a slurmdbd, with this user in its account "sandbox".
enum class Accounting { none, slurmdbd };

/// A private Slurm cluster of four nodes, started by scripts/sandbox-cluster. SLURM_CONF of this process names it while
/// it lives. Fails the test if it does not come up.
class Cluster {
public:
    /// `options` are lines for slurm.conf, "KEY=VALUE". `file_system` is a folder of scripts/sandbox-fs, if any: each
    /// node has a mount of its own.
    explicit Cluster(const std::vector<std::string>& options = {}, Accounting accounting = Accounting::none,
                     const std::filesystem::path& file_system = {});
    /// One that all tests of a process share.
    static Cluster& running();
    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "c"; }
    /// `sandbox-cluster COMMAND DIR ARGUMENTS...`; gives what it printed.
    std::string control(const std::string& command, const std::vector<std::string>& arguments = {}) const;
    /// The pid of "slurmctld" or a node's slurmd.
    [[nodiscard]] int pid(const std::string& daemon) const;

private:
    TemporaryDirectory folder_;
    std::string outer_conf_;  ///< SLURM_CONF before
};

/// An environment that is all right.
inline constexpr std::string_view sound_environment = R"(
[[environment]]
name = "sound"
kind = "command"
language = "none"
command = ["/bin/true"]
)";

/// A folder with an experiment file and a store, and gaggle to run in it.
class Campaign {
public:
    Campaign() = default;
    /// Writes experiment.toml: `text` after name = "test" and seed = 1.
    explicit Campaign(std::string_view text);

    /// Writes experiment.toml anew, as the constructor does.
    void write(std::string_view text) const;
    /// An environment whose interpreters say that they are there (files here.*), then wait until the file `go` exists.
    [[nodiscard]] std::string waiting_environment() const;

    [[nodiscard]] std::filesystem::path path(const std::filesystem::path& name) const { return folder_.path() / name; }
    [[nodiscard]] std::string experiment() const { return path("experiment.toml"); }

    /// gaggle with --store and `arguments`, in a shell that has every variable that must not leak.
    [[nodiscard]] Finished gaggle(std::vector<std::string> arguments) const;
    /// The same, which must end with `status`.
    Finished gaggle_ends(int status, const std::vector<std::string>& arguments) const;

    /// Waits, by `gaggle collect`, until no attempt is planned, waits or runs.
    void settle() const;
    /// Checks that one `gaggle resubmit` leads to repetitions that all completed, and leaves what was there before.
    void check_repair() const;

    /// One value from results.db, by the plain sqlite3 client.
    [[nodiscard]] std::string value(const std::string& select) const;
    /// Slurm's ids of the arrays, in their order.
    [[nodiscard]] std::vector<std::string> jobs() const;
    std::filesystem::path write_file(const std::string& name, std::string_view text) const
    {
        return folder_.write(name, text);
    }
    void touch(const std::string& name) const { static_cast<void>(folder_.write(name, "")); }
    /// How many files there are whose name begins so.
    [[nodiscard]] std::size_t count_files(const std::string& prefix) const;

private:
    TemporaryDirectory folder_;
};

/// The shell that the campaigns' gaggle runs in.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> dirty_shell();

/// Pids of a campaign's processes `gaggle-worker ROLE`, "node" or "coordinate".
[[nodiscard]] std::vector<int> workers(const Campaign& campaign, const std::string& role);
[[nodiscard]] inline std::vector<int> node_workers(const Campaign& campaign)
{
    return workers(campaign, "node");
}

/// Where PATH has a program.
[[nodiscard]] std::string path_of(const std::string& program);

/// What `scontrol show job` says of an element: it has to be known.
[[nodiscard]] std::string show_job(const std::string& element);

/// How often slurmctld was asked for a user's jobs.
[[nodiscard]] std::size_t requests_for_jobs();

}  // namespace gaggle::tests
