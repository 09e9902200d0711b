#include "orchestrator/experiment/slurm_changes.hpp"

#include "core/error.hpp"
#include "orchestrator/experiment/checks.hpp"
#include "orchestrator/experiment/document.hpp"
#include "orchestrator/experiment/durations.hpp"
#include "orchestrator/experiment/forms.hpp"
#include "orchestrator/experiment/slurm_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>
#include <variant>

namespace gaggle::experiment {

namespace {

/// What stands behind an option's name on an #SBATCH line, if it is this option.
std::optional<std::string> value_in(std::string_view line, std::string_view name, std::string_view short_name)
{
    std::string_view value;
    if (line.starts_with("--") && line.substr(2).starts_with(name)) {
        value = line.substr(2 + name.size());
        if (value.empty() || (value.front() != '=' && value.front() != ' ' && value.front() != '\t')) {
            return std::nullopt;  // a longer name
        }
        value.remove_prefix(1);
    } else if (!short_name.empty() && line.starts_with(short_name)) {
        value = line.substr(short_name.size());
    } else {
        return std::nullopt;
    }
    const std::size_t first = value.find_first_not_of(" \t\"");
    value.remove_prefix(first == std::string_view::npos ? value.size() : first);
    return std::string{value.substr(0, value.find_first_of(" \t\""))};
}

/// `wanted` is "x" and a number.
std::chrono::minutes multiplied(const SlurmOptions& slurm, const std::string& wanted)
{
    double factor = 0;
    const auto [end, error] = std::from_chars(wanted.data() + 1, wanted.data() + wanted.size(), factor);
    constexpr double most = 1000;
    if (error != std::errc{} || end != wanted.data() + wanted.size() || !(factor > 0) || factor > most) {
        throw Error(ExitCode::Usage, fmt::format("--time: expected a factor such as x2 or x1.5, found '{}'", wanted));
    }
    const std::optional<std::string> text = value_of(slurm, "time", "-t");
    if (!text) {
        throw Error(ExitCode::Usage, fmt::format("--time {}: the experiment's [slurm] has no time to multiply; give "
                                                 "a limit, such as --time 00:20:00",
                                                 wanted));
    }
    const std::optional<TimeLimit> limit = parse_time_limit(*text);
    if (!limit || !limit->minutes) {
        throw Error(ExitCode::Usage,
                    fmt::format("--time {}: the experiment's time limit '{}' cannot be multiplied", wanted, *text));
    }
    return std::chrono::minutes{
        static_cast<std::int64_t>(std::ceil(static_cast<double>(limit->minutes->count()) * factor))};
}

}  // namespace

SlurmOptions slurm_of(std::string_view text, const std::filesystem::path& file)
{
    Problems problems;
    const Node root = parse_toml(text, file);
    const Entry* const slurm = find(std::get<Table>(root.value), "slurm");
    if (slurm == nullptr) {
        return {};
    }
    Node node = slurm->node;
    if (auto* const table = std::get_if<Table>(&node.value)) {
        std::erase_if(*table, [](const Entry& entry) { return entry.key == "template"; });
    }
    SlurmOptions options =
        read_slurm(node, Surroundings{.folder = file.parent_path(), .shell = shell_variable}, problems);
    problems.throw_if_any(file);
    return options;
}

std::optional<std::string> value_of(const SlurmOptions& slurm, std::string_view name, std::string_view short_name)
{
    if (auto given = value_given(slurm, name, short_name)) {
        return given;
    }
    std::optional<std::string> value;
    for (const auto* lines : {&slurm.options, &slurm.extra}) {
        for (const std::string& line : *lines) {
            if (auto found = value_in(line, name, short_name)) {
                value = std::move(found);
            }
        }
    }
    return value;
}

std::optional<std::string> value_given(const SlurmOptions& slurm, std::string_view name, std::string_view short_name)
{
    const std::string long_name = fmt::format("--{}", name);
    std::optional<std::string> value;
    for (std::size_t i = 0; i < slurm.given.size(); ++i) {  // whole words: blanks are part of a value
        const std::string& word = slurm.given[i];
        if (word == long_name || (word == short_name && !word.empty())) {
            value = i + 1 < slurm.given.size() ? slurm.given[i + 1] : "";
        } else if (word.starts_with(long_name + "=")) {
            value = word.substr(long_name.size() + 1);
        } else if (!short_name.empty() && word.starts_with(short_name)) {
            value = word.substr(short_name.size());
        }
    }
    return value;
}

// Changes go behind everything else: of several the last one counts, and neither SBATCH_* nor the file beats it.

void change_time(SlurmOptions& slurm, const std::string& wanted)
{
    if (wanted.starts_with('x')) {
        slurm.given.push_back(fmt::format("--time={}", multiplied(slurm, wanted).count()));
    } else if (parse_time_limit(wanted)) {
        slurm.given.push_back("--time=" + wanted);
    } else {
        throw Error(ExitCode::Usage,
                    fmt::format("--time: expected x2, or a time limit as sbatch takes it, found '{}'", wanted));
    }
}

void exclude(SlurmOptions& slurm, const std::set<std::string>& nodes)
{
    std::string list = value_of(slurm, "exclude", "-x").value_or("");
    for (const std::string& node : nodes) {
        list += (list.empty() ? "" : ",") + node;
    }
    if (!nodes.empty()) {
        slurm.given.push_back("--exclude=" + list);
    }
}

}  // namespace gaggle::experiment
