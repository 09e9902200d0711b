#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>
#include <vector>

/// What Slurm's own commands say on the batch host: the worker is static, so libslurm is not for it.
namespace gaggle::worker {

/// The path of "srun", "scontrol" … by this process's PATH. Throws Error.
[[nodiscard]] std::string find_slurm_command(const std::string& name);

/// The nodes of this allocation in Slurm's order, from `scontrol show hostnames` (which asks no daemon).
/// Throws Error.
[[nodiscard]] std::vector<std::string> slurm_node_names(const boost::asio::any_io_executor& executor,
                                                        const std::string& node_list);

/// Of the srun that started the nodes' workers, such as "22.05.8", from `srun --version`, which asks no daemon; "": not
/// known. Never throws.
[[nodiscard]] boost::asio::awaitable<std::string> srun_version(boost::asio::any_io_executor executor);

/// From what it prints: "slurm 22.05.8"; Debian's says slurm-wlm.
[[nodiscard]] std::string parse_srun_version(std::string_view printed);

}  // namespace gaggle::worker
