#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// What Slurm's own commands say on the batch host: the worker is static, so libslurm is not for it.
namespace gaggle::worker {

/// The most that slurm_versions takes.
inline constexpr std::chrono::seconds slurm_versions_time{10};

/// The path of "srun", "scontrol" … by this process's PATH. Throws Error.
[[nodiscard]] std::string find_slurm_command(const std::string& name);

/// The nodes of this allocation in Slurm's order, from `scontrol show hostnames` (which asks no daemon).
/// Throws Error.
[[nodiscard]] std::vector<std::string> slurm_node_names(const boost::asio::any_io_executor& executor,
                                                        const std::string& node_list);

/// Versions of Slurm, such as "22.05.8"; "" or none: not known.
struct SlurmVersions {
    std::string srun;                           ///< which started the nodes' workers
    std::string slurmctld;                      ///< the controller's
    std::map<std::string, std::string> slurmd;  ///< by node, as the controller heard it from them

    bool operator==(const SlurmVersions&) const = default;
};

/// Asks srun, and the controller twice. Never throws: what is not answered is not known.
[[nodiscard]] boost::asio::awaitable<SlurmVersions> slurm_versions(boost::asio::any_io_executor executor,
                                                                   std::vector<std::string> nodes);

/// From what `srun --version`, `scontrol show config` and `sinfo` print, the last with lines "NODE VERSION".
[[nodiscard]] SlurmVersions parse_slurm_versions(std::string_view srun, std::string_view config,
                                                 std::string_view sinfo);

}  // namespace gaggle::worker
