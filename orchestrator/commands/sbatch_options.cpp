#include "orchestrator/commands/sbatch_options.hpp"

#include "core/error.hpp"
#include "orchestrator/experiment/slurm_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace gaggle::commands {

namespace {

const std::vector<Option>& sbatch_options()
{
    static const std::vector<Option> options{
        {"partition", "NAMES", "sbatch: the partition", 'p'},
        {"account", "NAME", "sbatch: whom to charge", 'A'},
        {"qos", "NAME", "sbatch: quality of service", 'q'},
        {"time", "LIMIT", "sbatch: the time limit of a repetition", 't'},
        {"constraint", "LIST", "sbatch: features that the nodes must have", 'C'},
        {"nodelist", "HOSTS", "sbatch: nodes that must be among them", 'w'},
        {"exclude", "HOSTS", "sbatch: nodes to leave out", 'x'},
        {"job-name", "NAME", "sbatch: what squeue shows (default: gaggle-EXPERIMENT)", 'J'},
        {"chdir", "DIR", "sbatch: the working directory on the nodes", 'D'},
        {"reservation", "NAME", "sbatch: a reservation"},
        {"mem", "SIZE", "sbatch: memory per node (default: all of it)"},
        {"gres", "LIST", "sbatch: generic resources per node"},
        {"exclusive", "", "sbatch: nobody else on the nodes, even if the file says exclusive = false"}};
    return options;
}

bool has_name(const std::vector<Option>& options, const std::string& name)
{
    return std::ranges::find(options, name, &Option::name) != options.end();
}

/// Whether an argument is one of those that gaggle takes itself, however it is written.
bool is_one(const std::string& argument)
{
    return std::ranges::any_of(sbatch_options(), [&](const Option& option) {
        const std::string name = "--" + option.name;
        return argument == name || argument.starts_with(name + "=") ||
               (option.letter != '\0' && argument.starts_with(std::string{'-', option.letter}));
    });
}

void require_one_line(const std::string& argument)
{
    if (argument.find_first_of("\r\n") != std::string::npos) {
        throw Error(ExitCode::Usage, fmt::format("'{}': an argument of sbatch has to be one line", argument));
    }
}

}  // namespace

std::vector<Option> with_sbatch_options(std::vector<Option> own)
{
    const std::vector<Option> before = own;
    std::ranges::copy_if(sbatch_options(), std::back_inserter(own),
                         [&](const Option& option) { return !has_name(before, option.name); });
    return own;
}

std::vector<std::string> given_sbatch_options(const Parsed& parsed, const std::vector<std::string>& own)
{
    std::vector<std::string> given;
    for (const Option& option : sbatch_options()) {
        const auto value = parsed.value(option.name);
        if (value && std::ranges::find(own, option.name) == own.end()) {
            given.push_back(option.argument.empty() ? "--" + option.name : fmt::format("--{}={}", option.name, *value));
        }
    }
    for (const std::string& argument : parsed.verbatim) {
        const std::string why = is_one(argument) ? "" : experiment::refusal(argument);
        if (!why.empty()) {
            throw Error(ExitCode::Usage,
                        fmt::format("'{}': expected options that gaggle leaves to sbatch, {}", argument, why));
        }
        given.push_back(argument);
    }
    std::ranges::for_each(given, require_one_line);
    return given;
}

}  // namespace gaggle::commands
