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
    /// `options` are lines for slurm.conf, "KEY=VALUE".
    explicit Cluster(const std::vector<std::string>& options = {}, Accounting accounting = Accounting::none);
    /// One that all tests of a process share.
    static Cluster& running();
    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    /// `sandbox-cluster COMMAND DIR ARGUMENTS...`
    void control(const std::string& command, const std::vector<std::string>& arguments) const;

private:
    TemporaryDirectory folder_;
    std::string outer_conf_;  ///< SLURM_CONF before
};

/// A folder with an experiment file and a store, and gaggle to run in it.
class Campaign {
public:
    Campaign() = default;
    /// Writes experiment.toml: `text` after name = "test" and seed = 1.
    explicit Campaign(std::string_view text);

    [[nodiscard]] std::filesystem::path path(const std::filesystem::path& name) const { return folder_.path() / name; }
    [[nodiscard]] std::string experiment() const { return path("experiment.toml"); }

    /// gaggle with --store and `arguments`, in a shell that has every variable that must not leak.
    [[nodiscard]] Finished gaggle(std::vector<std::string> arguments) const;
    /// The same, which must end with `status`.
    Finished gaggle_ends(int status, const std::vector<std::string>& arguments) const;

    /// One value from results.db, by the plain sqlite3 client.
    [[nodiscard]] std::string value(const std::string& select) const;
    /// Slurm's ids of the arrays, in their order.
    [[nodiscard]] std::vector<std::string> jobs() const;
    void touch(const std::string& name) const { static_cast<void>(folder_.write(name, "")); }
    /// How many files there are whose name begins so.
    [[nodiscard]] std::size_t count_files(const std::string& prefix) const;

private:
    TemporaryDirectory folder_;
};

/// The shell that the campaigns' gaggle runs in.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> dirty_shell();

/// Pids of the `gaggle-worker node` processes of a campaign.
[[nodiscard]] std::vector<int> node_workers(const Campaign& campaign);

/// What `scontrol show job` says of an element: it has to be known.
[[nodiscard]] std::string show_job(const std::string& element);

}  // namespace gaggle::tests
