#include "worker/task.hpp"

#include "core/error.hpp"
#include "core/spec_file.hpp"
#include "worker/files.hpp"
#include "worker/slurm_commands.hpp"

#include <boost/asio/ip/host_name.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace gaggle::worker {

namespace {

std::uint64_t number_from_environment(const char* name)
{
    const char* text = std::getenv(name);
    std::uint64_t number = 0;
    if (text != nullptr) {
        std::from_chars(text, text + std::string_view{text}.size(), number);
    }
    return number;
}

unsigned task_index(const CoordinateOptions& options)
{
    if (options.task) {
        return *options.task;
    }
    if (std::getenv("SLURM_ARRAY_TASK_ID") == nullptr) {
        throw Error{ExitCode::Usage, "--task: expected a task index, since SLURM_ARRAY_TASK_ID is not set"};
    }
    return static_cast<unsigned>(number_from_environment("SLURM_ARRAY_TASK_ID"));
}

std::optional<unsigned> repetition_of(const ArraySpec& spec, unsigned task)
{
    const auto found = std::ranges::find(spec.repetition_of, task, &std::pair<unsigned, unsigned>::first);
    return found == spec.repetition_of.end() ? std::nullopt : std::optional{found->second};
}

bool is_here(const CoordinateOptions& options)
{
    return options.nodes == CoordinateOptions::Nodes::ProcessesHere;
}

}  // namespace

ArraySpec read_spec(const CoordinateOptions& options)
{
    const std::filesystem::path& file = options.spec;
    const std::string text = read_file(file);
    try {
        std::vector<ArraySpec> specs = parse_specs(text);
        const unsigned task = task_index(options);
        const auto found =
            std::ranges::find_if(specs, [&](const ArraySpec& spec) { return repetition_of(spec, task).has_value(); });
        if (found == specs.end()) {
            throw Error{ExitCode::Usage, "this array has no task " + std::to_string(task)};
        }
        return std::move(*found);
    } catch (const line::Malformed& trouble) {
        throw Error{ExitCode::Usage,
                    file.string() + " is not an array specification of this gaggle: " + trouble.what()};
    }
}

record::Attempt attempt_of(const CoordinateOptions& options, const ArraySpec& spec)
{
    record::Attempt attempt;
    attempt.token = spec.token;
    attempt.task = task_index(options);
    attempt.repetition = repetition_of(spec, attempt.task).value();
    attempt.restart = static_cast<unsigned>(number_from_environment("SLURM_RESTART_COUNT"));
    attempt.nodes = spec.nodes;
    attempt.interpreters = spec.interpreters;
    attempt.host = boost::asio::ip::host_name();
    attempt.worker_version = GAGGLE_VERSION;
    if (is_here(options)) {
        attempt.launcher = record::Launcher::local;
    } else {
        attempt.array_job_id = number_from_environment("SLURM_ARRAY_JOB_ID");
        attempt.job_id = number_from_environment("SLURM_JOB_ID");
    }
    return attempt;
}

std::vector<std::string> node_names(const boost::asio::any_io_executor& executor, const CoordinateOptions& options,
                                    const ArraySpec& spec)
{
    std::vector<std::string> names;
    if (is_here(options)) {
        const std::string host = boost::asio::ip::host_name();
        for (unsigned i = 0; i < spec.nodes; ++i) {
            names.push_back(host + "/process-" + std::to_string(i));
        }
    } else {
        const char* list = std::getenv("SLURM_JOB_NODELIST");
        if (list == nullptr) {
            throw Error{ExitCode::Usage, "SLURM_JOB_NODELIST is not set: run inside an allocation, or with --local"};
        }
        names = slurm_node_names(executor, list);
    }
    if (names.size() != spec.nodes) {
        throw Error{ExitCode::Usage, "this allocation has " + std::to_string(names.size()) + " nodes, the cell needs " +
                                         std::to_string(spec.nodes)};
    }
    return names;
}

}  // namespace gaggle::worker
