#include "worker/slurm_commands.hpp"

#include "core/error.hpp"
#include "worker/capture.hpp"
#include "worker/files.hpp"
#include "worker/probe.hpp"
#include "worker/words.hpp"

#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>

#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <utility>

namespace gaggle::worker {

namespace process = boost::process::v2;
namespace asio = boost::asio;

namespace {

using Instant = std::chrono::steady_clock::time_point;

/// What a command of Slurm's prints; "" if it does not end well before the deadline.
asio::awaitable<std::string> output_of(asio::any_io_executor executor, std::string name,
                                       std::vector<std::string> arguments, Instant deadline)
{
    Program program;
    program.arguments = std::move(arguments);
    program.directory = "/";
    for (char** one = environ; *one != nullptr; ++one) {
        program.environment.emplace_back(*one);
    }
    try {
        program.executable = find_slurm_command(name);
        Captured said = co_await capture(std::move(executor), std::move(program), deadline);
        co_return said.trouble.empty() ? std::move(said.output) : "";
    } catch (const Error&) {
        co_return "";  // it is not there
    }
}

std::string comma_separated(const std::vector<std::string>& names)
{
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ",") + name;
    }
    return text;
}

}  // namespace

std::string find_slurm_command(const std::string& name)
{
    const char* path = std::getenv("PATH");
    return find_executable(name, path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
}

std::vector<std::string> slurm_node_names(const asio::any_io_executor& executor, const std::string& node_list)
{
    const std::string scontrol = find_slurm_command("scontrol");
    const Descriptor output = make_memory_file("scontrol");
    const std::vector<std::string> arguments{"show", "hostnames", node_list};
    process::error_code error;
    process::default_process_launcher launcher;
    process::process started =
        launcher(executor, error, scontrol, arguments, process::process_stdio{nullptr, output.get(), output.get()});
    const int status = error ? 127 : started.wait(error);
    const std::string text = read_from_start(output, std::string{}.max_size());
    if (error || status != 0) {
        throw Error{ExitCode::Usage,
                    "'scontrol show hostnames " + node_list + "' failed: " + (error ? error.message() : text)};
    }
    std::vector<std::string> names;
    std::istringstream in{text};
    for (std::string name; in >> name;) {
        names.push_back(name);
    }
    return names;
}

SlurmVersions parse_slurm_versions(std::string_view srun, std::string_view config, std::string_view sinfo)
{
    SlurmVersions versions;
    std::string_view words = take_until(srun, '\n');
    if (take_word(words).starts_with("slurm")) {  // "slurm 22.05.8"; Debian calls it slurm-wlm
        versions.srun = take_word(words);
    }
    while (!config.empty()) {
        std::string_view line = take_until(config, '\n');
        if (trimmed(take_until(line, '=')) == "SLURM_VERSION") {
            versions.slurmctld = trimmed(line);
        }
    }
    while (!sinfo.empty()) {
        std::string_view line = take_until(sinfo, '\n');
        const std::string_view node = take_word(line);
        if (const std::string_view version = take_word(line); !version.empty() && version != "N/A") {
            versions.slurmd[std::string{node}] = version;
        }
    }
    return versions;
}

asio::awaitable<SlurmVersions> slurm_versions(asio::any_io_executor executor, std::vector<std::string> nodes)
{
    const Instant deadline = std::chrono::steady_clock::now() + slurm_versions_time;
    // Named: GCC 12 destroys twice what is made inside a co_await expression.
    const std::vector<std::string> version{"--version"};
    const std::vector<std::string> show_config{"show", "config"};
    const std::vector<std::string> show_nodes{"--all", "--noheader", "--Node", "--format=%N %v",
                                              "--nodes=" + comma_separated(nodes)};
    const std::string srun = co_await output_of(executor, "srun", version, deadline);
    const std::string config = co_await output_of(executor, "scontrol", show_config, deadline);
    const std::string sinfo = co_await output_of(executor, "sinfo", show_nodes, deadline);
    co_return parse_slurm_versions(srun, config, sinfo);
}

}  // namespace gaggle::worker
