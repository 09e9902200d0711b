#include "worker/slurm_commands.hpp"

#include "core/error.hpp"
#include "worker/capture.hpp"
#include "worker/files.hpp"
#include "worker/probe.hpp"
#include "worker/words.hpp"

#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace gaggle::worker {

namespace process = boost::process::v2;
namespace asio = boost::asio;

namespace {

using Instant = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds srun_version_time{10};

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

std::string parse_srun_version(std::string_view printed)
{
    std::string_view words = take_until(printed, '\n');
    return take_word(words).starts_with("slurm") ? std::string{take_word(words)} : "";
}

asio::awaitable<std::string> srun_version(asio::any_io_executor executor)
{
    // Named: GCC 12 destroys twice what is made inside a co_await expression.
    const std::vector<std::string> arguments{"--version"};
    const std::string printed =
        co_await output_of(executor, "srun", arguments, std::chrono::steady_clock::now() + srun_version_time);
    co_return parse_srun_version(printed);
}

}  // namespace gaggle::worker
