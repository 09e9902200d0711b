#include "orchestrator/experiment/slurm_options.hpp"

#include "orchestrator/experiment/durations.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <utility>

namespace gaggle::experiment {

namespace {

enum class Takes { a_value, nothing, either };

struct Option {
    std::string_view name;
    Takes takes;
};

/// What users may want of sbatch(1), in its alphabet.
constexpr std::array<Option, 51> options{{
    {"account", Takes::a_value},
    {"acctg-freq", Takes::a_value},
    {"bb", Takes::a_value},
    {"bbf", Takes::a_value},
    {"begin", Takes::a_value},
    {"chdir", Takes::a_value},
    {"cluster-constraint", Takes::a_value},
    {"constraint", Takes::a_value},
    {"contiguous", Takes::nothing},
    {"core-spec", Takes::a_value},
    {"cores-per-socket", Takes::a_value},
    {"cpu-freq", Takes::a_value},
    {"cpus-per-gpu", Takes::a_value},
    {"cpus-per-task", Takes::a_value},
    {"deadline", Takes::a_value},
    {"delay-boot", Takes::a_value},
    {"distribution", Takes::a_value},
    {"exclude", Takes::a_value},
    {"extra-node-info", Takes::a_value},
    {"gpu-freq", Takes::a_value},
    {"gpus", Takes::a_value},
    {"gpus-per-node", Takes::a_value},
    {"gres", Takes::a_value},
    {"gres-flags", Takes::a_value},
    {"hold", Takes::nothing},
    {"licenses", Takes::a_value},
    {"mail-type", Takes::a_value},
    {"mail-user", Takes::a_value},
    {"mcs-label", Takes::a_value},
    {"mincpus", Takes::a_value},
    {"network", Takes::a_value},
    {"nice", Takes::either},
    {"nodefile", Takes::a_value},
    {"nodelist", Takes::a_value},
    {"partition", Takes::a_value},
    {"power", Takes::a_value},
    {"prefer", Takes::a_value},
    {"priority", Takes::a_value},
    {"profile", Takes::a_value},
    {"propagate", Takes::either},
    {"qos", Takes::a_value},
    {"reboot", Takes::nothing},
    {"reservation", Takes::a_value},
    {"sockets-per-node", Takes::a_value},
    {"spread-job", Takes::nothing},
    {"switches", Takes::a_value},
    {"thread-spec", Takes::a_value},
    {"threads-per-core", Takes::a_value},
    {"time", Takes::a_value},
    {"tmp", Takes::a_value},
    {"wckey", Takes::a_value},
}};

struct Refused {
    std::string_view name;
    std::string_view short_name;
    std::string_view reason;
};

constexpr std::string_view one_task = "gaggle runs one task on each node";
constexpr std::string_view all_memory = "gaggle asks for all memory of each node";
constexpr std::string_view submission = "gaggle runs sbatch itself and reads its answer";
constexpr std::string_view bare = "gaggle decides what reaches the job; `inherit` and `env` name variables";

constexpr std::array<Refused, 42> refused{{
    {"array", "-a", "gaggle numbers the tasks; the key `array` says what an array holds"},
    {"clusters", "-M", "jobs on other clusters are not available in this version"},
    {"comment", "", "it holds the token by which gaggle finds its jobs again"},
    {"container", "", "containers are kinds of environment"},
    {"dependency", "-d", "gaggle lets one array run after the other"},
    {"kill-on-invalid-dep", "", "gaggle lets one array run after the other"},
    {"error", "-e", "logs lie in the store"},
    {"output", "-o", "logs lie in the store"},
    {"open-mode", "", "logs lie in the store"},
    {"input", "-i", "the job reads no input"},
    {"export", "", bare},
    {"export-file", "", bare},
    {"get-user-env", "", bare},
    {"job-name", "-J", "jobs are named after the experiment; a template can name them otherwise"},
    {"mem", "", all_memory},
    {"mem-per-cpu", "", all_memory},
    {"mem-per-gpu", "", all_memory},
    {"nodes", "-N", "it is the experiment's own `nodes`"},
    {"ntasks", "-n", one_task},
    {"ntasks-per-core", "", one_task},
    {"ntasks-per-gpu", "", one_task},
    {"ntasks-per-node", "", one_task},
    {"ntasks-per-socket", "", one_task},
    {"gpu-bind", "", one_task},
    {"gpus-per-socket", "", one_task},
    {"gpus-per-task", "", one_task},
    {"overcommit", "-O", one_task},
    {"oversubscribe", "-s", "write exclusive = false to share nodes"},
    {"no-kill", "-k", "a repetition that lost a node must not look completed"},
    {"no-requeue", "", "gaggle resubmits; Slurm must not"},
    {"requeue", "", "gaggle resubmits; Slurm must not"},
    {"signal", "", "the worker has its own time-outs"},
    {"time-min", "", "every repetition needs the same limit"},
    {"use-min-nodes", "", "it is the experiment's own `nodes`"},
    {"hint", "", "gaggle binds no task to CPUs"},
    {"gid", "", submission},
    {"parsable", "", submission},
    {"quiet", "-Q", submission},
    {"test-only", "", submission},
    {"verbose", "-v", submission},
    {"wait", "-W", submission},
    {"wrap", "", submission},
}};

constexpr std::array<std::string_view, 4> own_keys{"array", "exclusive", "extra", "template"};

[[nodiscard]] std::vector<std::string_view> known_names()
{
    std::vector<std::string_view> names{own_keys.begin(), own_keys.end()};
    std::ranges::transform(options, std::back_inserter(names), &Option::name);
    return names;
}

[[nodiscard]] std::string one_line(const std::string& text)
{
    return text.find_first_of("\r\n") == std::string::npos ? "" : "a string of one line";
}

[[nodiscard]] std::string time_rule(const std::string& text)
{
    return parse_time_limit(text) ? "" : "a time limit as sbatch takes it, such as \"30\", \"00:20:00\" or \"1-12\"";
}

/// The option as sbatch takes it; empty if there is nothing to say (`false`), or if it was reported.
[[nodiscard]] std::string option_of(const Option& option, const Field& field, Problems& problems)
{
    if (const auto* flag = std::get_if<bool>(&field.node->value)) {
        if (option.takes == Takes::a_value) {
            problems.add(field.at(), field.name, "a value: this option of sbatch takes one", describe(*field.node));
            return "";
        }
        return *flag ? fmt::format("--{}", option.name) : "";
    }
    if (option.takes == Takes::nothing) {
        problems.add(field.at(), field.name, "true or false: this option of sbatch takes no value",
                     describe(*field.node));
        return "";
    }
    if (const auto* number = std::get_if<std::int64_t>(&field.node->value)) {
        return fmt::format("--{}={}", option.name, *number);
    }
    const auto text = text_of(field, problems, option.name == "time" ? time_rule : one_line);
    return text ? fmt::format("--{}={}", option.name, *text) : "";
}

/// Lines of `extra` stand as they are, but must not undo what gaggle relies on.
[[nodiscard]] std::string extra_rule(const std::string& text)
{
    if (!one_line(text).empty() || !text.starts_with('-')) {
        return "one line of sbatch options, such as \"--switches=1\"";
    }
    return refusal(text);
}

void read_template(const Field& field, const Surroundings& surroundings, SlurmOptions& slurm, Problems& problems)
{
    const auto text = text_of(field, problems);
    if (!text) {
        return;
    }
    const std::filesystem::path path = absolute_path(*text, surroundings);
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) {
        slurm.template_file = path;
    } else {
        problems.add(field.at(), field.name, "a template of the batch script",
                     fmt::format("no file '{}'", path.string()));
    }
}

void report(const Entry& entry, Problems& problems)
{
    const std::string name = "slurm." + entry.key;
    const auto why = std::ranges::find(refused, entry.key, &Refused::name);
    if (why != refused.end()) {
        problems.add(entry.at, name, fmt::format("no such key ({})", why->reason), fmt::format("'{}'", entry.key));
        return;
    }
    problems.add(entry.at, name,
                 "a long option of sbatch (those of plugins and of other versions of Slurm go into `extra`)",
                 fmt::format("'{}'{}", entry.key, did_you_mean(entry.key, known_names())));
}

}  // namespace

std::string refusal(std::string_view argument)
{
    const std::string_view word = argument.substr(0, argument.find_first_of("= \t"));
    for (const Refused& each : refused) {
        const bool is_long = word.starts_with("--") && word.substr(2) == each.name;
        const bool is_short = !each.short_name.empty() && word.starts_with(each.short_name);
        if (is_long || is_short) {
            return fmt::format("no '--{}' ({})", each.name, each.reason);
        }
    }
    return "";
}

SlurmOptions read_slurm(const Node& node, const Surroundings& surroundings, Problems& problems)
{
    SlurmOptions slurm;
    const auto* table = std::get_if<Table>(&node.value);
    if (table == nullptr) {
        problems.add(node.at, "slurm", "a table [slurm]", describe(node));
        return slurm;
    }
    for (const Entry& entry : *table) {
        const Field field{"slurm." + entry.key, &entry.node};
        if (entry.key == "array") {
            const auto name = choice_of(field, array_of_names.names, {}, problems);
            static_cast<void>(name && from_string(*name, slurm.array_of));
        } else if (entry.key == "exclusive") {
            slurm.exclusive = boolean_of(field, problems).value_or(true);
        } else if (entry.key == "extra") {
            slurm.extra = texts_of(field, problems, Emptiness::allowed, Repeats::allowed, extra_rule)
                              .value_or(std::vector<std::string>{});
        } else if (entry.key == "template") {
            read_template(field, surroundings, slurm, problems);
        } else if (const auto option = std::ranges::find(options, entry.key, &Option::name); option != options.end()) {
            if (std::string line = option_of(*option, field, problems); !line.empty()) {
                slurm.options.push_back(std::move(line));
            }
        } else {
            report(entry, problems);
        }
    }
    return slurm;
}

}  // namespace gaggle::experiment
