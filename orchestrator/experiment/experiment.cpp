#include "orchestrator/experiment/experiment.hpp"

#include "core/error.hpp"
#include "orchestrator/experiment/checks.hpp"
#include "orchestrator/experiment/document.hpp"
#include "orchestrator/experiment/durations.hpp"
#include "orchestrator/experiment/environment.hpp"
#include "orchestrator/experiment/slurm_options.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <system_error>
#include <tuple>

namespace gaggle::experiment {

namespace {

constexpr std::array<std::string_view, 18> top_keys{
    "name",         "nodes",   "interpreters", "repetitions", "blocks",   "seed",       "cache",
    "start",        "imports", "controls",     "trace",       "sentinel", "concurrent", "interpreter_timeout",
    "node_timeout", "inherit", "slurm",        "environment"};

constexpr unsigned most_nodes = 65'536;  // Slurm's own MAX_SLURM_NODES
constexpr unsigned most_interpreters = 65'536;
constexpr unsigned most_repetitions = 10'000;
constexpr unsigned most_arrays = 1'000'000;

/// The top level of one file, key after key.
class Reader {
public:
    Reader(const Node& root, Problems& problems) : root_(root), table_(std::get<Table>(root.value)), problems_(problems)
    {
    }

    [[nodiscard]] std::optional<Field> field(std::string_view key) const
    {
        const Entry* entry = find(table_, key);
        return entry == nullptr ? std::nullopt : std::optional{Field{entry->key, &entry->node}};
    }

    /// The same; reports a key that is not there.
    [[nodiscard]] std::optional<Field> required(std::string_view key, std::string_view expected) const
    {
        auto found = field(key);
        if (!found) {
            problems_.add(root_.at, key, expected, "none");
        }
        return found;
    }

    void read_grid(Experiment& experiment) const;
    void read_manner(Experiment& experiment) const;
    void read_duration(std::string_view key, std::chrono::milliseconds& duration) const;
    [[nodiscard]] bool read_choice(std::string_view key, bool otherwise) const;
    [[nodiscard]] Variables read_inherited(ShellVariables shell) const;
    [[nodiscard]] std::vector<EnvironmentSpec> read_environments(const Surroundings& surroundings) const;
    [[nodiscard]] std::vector<Likeness> read_identical(const std::vector<EnvironmentSpec>& environments) const;

private:
    const Node& root_;
    const Table& table_;
    Problems& problems_;
};

void Reader::read_grid(Experiment& experiment) const
{
    if (const auto name = required("name", "a name")) {
        experiment.name = text_of(*name, problems_, name_rule).value_or("");
    }
    if (const auto nodes = required("nodes", "a list of integers")) {
        experiment.nodes = counts_of(*nodes, most_nodes, problems_).value_or(std::vector<unsigned>{});
    }
    if (const auto interpreters = required("interpreters", "a list of integers")) {
        experiment.interpreters =
            counts_of(*interpreters, most_interpreters, problems_).value_or(std::vector<unsigned>{});
    }
    const auto count = [this](std::string_view key) -> std::optional<unsigned> {
        const auto found = field(key);
        if (!found) {
            return 1U;
        }
        const auto value = integer_of(*found, 1, most_repetitions, problems_);
        return value ? std::optional{static_cast<unsigned>(*value)} : std::nullopt;
    };
    const auto repetitions = count("repetitions");
    const auto blocks = count("blocks");
    experiment.repetitions = repetitions.value_or(1);
    experiment.blocks = blocks.value_or(1);
    if (repetitions && blocks && *repetitions % *blocks != 0) {
        problems_.add(field("blocks")->at(), "blocks",
                      fmt::format("a divisor of the number of repetitions, {}", *repetitions),
                      fmt::format("{}", *blocks));
    }
}

void Reader::read_manner(Experiment& experiment) const
{
    if (const auto seed = field("seed")) {
        const auto value = integer_of(*seed, 0, std::numeric_limits<std::int64_t>::max(), problems_);
        experiment.seed = static_cast<std::uint64_t>(value.value_or(0));
    }
    if (const auto cache = field("cache")) {
        const auto name = choice_of(*cache, cache_state_names.names, {}, problems_);
        static_cast<void>(name && from_string(*name, experiment.cache));
    }
    if (const auto start = field("start")) {
        const auto name = choice_of(*start, start_names.names, {}, problems_);
        static_cast<void>(name && from_string(*name, experiment.start));
    }
    if (const auto sentinel = field("sentinel")) {
        const auto interval = integer_of(*sentinel, 1, most_arrays, problems_);
        experiment.sentinel = interval ? std::optional{static_cast<unsigned>(*interval)} : std::nullopt;
    }
    experiment.concurrent = read_choice("concurrent", false);
    if (experiment.concurrent && experiment.sentinel) {
        const auto sentinel = field("sentinel");
        problems_.add(sentinel->at(), "sentinel",
                      "none beside concurrent = true: a sentinel runs alone, between arrays",
                      describe(*sentinel->node));
    }
    experiment.trace = read_choice("trace", false);
    read_duration("interpreter_timeout", experiment.interpreter_timeout);
    read_duration("node_timeout", experiment.node_timeout);
}

void Reader::read_duration(std::string_view key, std::chrono::milliseconds& duration) const
{
    const auto found = field(key);
    if (!found) {
        return;
    }
    const auto text = text_of(*found, problems_, [](const std::string& value) -> std::string {
        return parse_duration(value) ? "" : "a duration such as \"90s\", \"10m\" or \"1h30m\", up to 30 days";
    });
    if (text) {
        duration = *parse_duration(*text);
    }
}

/// `otherwise`: what holds where the file does not say.
bool Reader::read_choice(std::string_view key, bool otherwise) const
{
    const auto choice = field(key);
    return choice ? boolean_of(*choice, problems_).value_or(otherwise) : otherwise;
}

Variables Reader::read_inherited(ShellVariables shell) const
{
    Variables variables;
    const auto inherit = field("inherit");
    if (!inherit) {
        return variables;
    }
    const auto names = texts_of(*inherit, problems_, Emptiness::refused, Repeats::refused, variable_rule);
    for (std::size_t i = 0; names && i < names->size(); ++i) {
        if (const auto value = shell(names->at(i))) {
            variables.emplace_back(names->at(i), *value);
        } else {
            const Node& item = std::get<List>(inherit->node->value)[i];
            problems_.add(item.at, "inherit", "a variable that is set in this shell", describe(item));
        }
    }
    return variables;
}

std::vector<EnvironmentSpec> Reader::read_environments(const Surroundings& surroundings) const
{
    std::vector<EnvironmentSpec> environments;
    const auto found = required("environment", "at least one [[environment]] table");
    if (!found) {
        return environments;
    }
    const auto* list = std::get_if<List>(&found->node->value);
    if (list == nullptr || list->empty()) {
        problems_.add(found->at(), "environment", "[[environment]] tables", describe(*found->node));
        return environments;
    }
    std::map<std::string, Position> names;
    for (const Node& node : *list) {
        const auto* table = std::get_if<Table>(&node.value);
        if (table == nullptr) {
            problems_.add(node.at, "environment", "an [[environment]] table", describe(node));
            continue;
        }
        environments.push_back(read_environment(node, surroundings, problems_));
        const std::string& name = environments.back().name;
        if (name.empty()) {
            continue;
        }
        const Position at = find(*table, "name")->node.at;
        if (const auto [before, is_new] = names.emplace(name, at); !is_new) {
            problems_.add(at, "environment.name", "a name of its own",
                          fmt::format("'{}' as in line {}", name, before->second.line));
        }
    }
    return environments;
}

/// `environments`: as they were read, those that are not sound included.
std::vector<Likeness> Reader::read_identical(const std::vector<EnvironmentSpec>& environments) const
{
    std::vector<Likeness> identical;
    const auto found = field("environment");
    const auto* list = found ? std::get_if<List>(&found->node->value) : nullptr;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const auto* table = std::get_if<Table>(&list->at(i).value);
        const Entry* entry = table == nullptr ? nullptr : find(*table, "identical_to");
        if (entry == nullptr) {
            continue;
        }
        const Entry* name = find(*table, "name");
        const auto* own = name == nullptr ? nullptr : std::get_if<std::string>(&name->node.value);
        const auto other = text_of({"environment.identical_to", &entry->node}, problems_, [&](const std::string& text) {
            const bool is_another = (own == nullptr || text != *own) &&
                                    std::ranges::find(environments, text, &EnvironmentSpec::name) != environments.end();
            std::vector<std::string_view> names;
            std::ranges::transform(environments, std::back_inserter(names), &EnvironmentSpec::name);
            return is_another ? "" : "the name of another environment of this file" + did_you_mean(text, names);
        });
        if (own != nullptr && other) {
            identical.push_back({*own, *other});
        }
    }
    return identical;
}

[[nodiscard]] std::string read_text(const std::filesystem::path& file)
{
    constexpr std::size_t most = std::size_t{4} << 20U;
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) {
        throw system_error(ExitCode::Usage, "read", file.string(), EISDIR);
    }
    errno = 0;
    std::ifstream stream{file, std::ios::binary};
    if (!stream) {
        throw system_error(ExitCode::Usage, "read", file.string(), errno == 0 ? EIO : errno);
    }
    std::string text(most + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad()) {
        throw system_error(ExitCode::Usage, "read", file.string(), errno == 0 ? EIO : errno);
    }
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > most) {
        throw system_error(ExitCode::Usage, "read", file.string(), EFBIG);
    }
    return text;
}

}  // namespace

std::optional<std::string> shell_variable(const std::string& name)
{
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

Experiment read_file(const std::filesystem::path& file, ShellVariables shell, std::vector<Absent>* absent)
{
    return parse(read_text(file), file, shell, absent);
}

Experiment parse(std::string_view text, const std::filesystem::path& file, ShellVariables shell,
                 std::vector<Absent>* absent)
{
    Experiment experiment;
    experiment.file = std::filesystem::absolute(file).lexically_normal();
    experiment.text = text;

    Problems problems;
    const Node root = parse_toml(text, file);
    const Reader reader{root, problems};
    report_unknown(std::get<Table>(root.value), "", top_keys, {}, problems);
    reader.read_grid(experiment);
    reader.read_manner(experiment);
    const auto imports = reader.field("imports");
    if (imports) {  // their spelling is the business of each environment that takes them
        std::ignore = texts_of(*imports, problems, Emptiness::refused, Repeats::refused);
    }
    const Surroundings surroundings{.folder = experiment.file.parent_path(),
                                    .shell = shell,
                                    .imports = imports,
                                    .inherited = reader.read_inherited(shell),
                                    .controls = reader.read_choice("controls", true),
                                    .absent = absent};
    if (const auto slurm = reader.field("slurm")) {
        experiment.slurm = read_slurm(*slurm->node, surroundings, problems);
    }
    experiment.environments = reader.read_environments(surroundings);
    experiment.identical = reader.read_identical(experiment.environments);
    problems.throw_if_any(file);
    return experiment;
}

}  // namespace gaggle::experiment
