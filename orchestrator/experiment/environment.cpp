#include "orchestrator/experiment/environment.hpp"

#include "orchestrator/experiment/kinds.hpp"
#include "orchestrator/experiment/languages.hpp"
#include "orchestrator/experiment/placeholders.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <iterator>
#include <system_error>

namespace gaggle::experiment {

namespace {

constexpr std::array<std::string_view, 11> common_keys{"name",        "kind",         "imports",      "env",
                                                       "wrap",        "setup",        "stage",        "unstage",
                                                       "cache_paths", "identical_to", "runtime_phase"};

constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";
constexpr std::string_view path_of_setup = "{PATH}";  ///< left to the nodes
constexpr std::string_view mount_point = "{mount}";   ///< likewise
constexpr std::string_view entry_mark = "{enter}";    ///< likewise: where a container or wrapper hands over

/// Every key of the kind, fallbacks included; empty if one was reported.
[[nodiscard]] std::optional<Values> read_values(const Node& node, const Kind& kind, const Surroundings& surroundings,
                                                Problems& problems)
{
    Values values;
    bool sound = true;
    for (const Key& key : kind.keys) {
        const Entry* entry = find(std::get<Table>(node.value), key.name);
        if (entry != nullptr) {
            auto value =
                value_of({fmt::format("environment.{}", key.name), &entry->node}, key.form, surroundings, problems);
            sound = sound && value.has_value();
            values.emplace(key.name, value.value_or(std::vector<std::string>{}));
        } else if (key.fallback) {
            values.emplace(
                key.name, key.fallback->empty() ? std::vector<std::string>{} : std::vector{std::string{*key.fallback}});
        } else {
            problems.add(node.at, fmt::format("environment.{}", key.name),
                         fmt::format("this key for kind \"{}\"", kind.name), "none");
            sound = false;
        }
    }
    return sound ? std::optional{values} : std::nullopt;
}

[[nodiscard]] Variables read_env(const Entry* entry, Problems& problems)
{
    Variables variables;
    if (entry == nullptr) {
        return variables;
    }
    const auto* table = std::get_if<Table>(&entry->node.value);
    if (table == nullptr) {
        problems.add(entry->node.at, "environment.env", "a table of strings, { NAME = \"value\" }",
                     describe(entry->node));
        return variables;
    }
    for (const Entry& variable : *table) {
        if (const std::string trouble = variable_rule(variable.key); !trouble.empty()) {
            problems.add(variable.at, "environment.env", trouble, fmt::format("'{}'", variable.key));
            continue;
        }
        const auto* text = std::get_if<std::string>(&variable.node.value);
        if (text != nullptr && text->empty()) {  // a variable may be set to nothing
            variables.emplace_back(variable.key, "");
        } else if (const auto value = text_of({"environment.env." + variable.key, &variable.node}, problems)) {
            variables.emplace_back(variable.key, *value);
        }
    }
    return variables;
}

/// Shell commands, each run once per node.
[[nodiscard]] std::vector<std::string> read_commands(const Table& table, std::string_view key, Problems& problems)
{
    const Entry* entry = find(table, key);
    return entry == nullptr ? std::vector<std::string>{}
                            : texts_of({fmt::format("environment.{}", key), &entry->node}, problems, Emptiness::refused,
                                       Repeats::allowed)
                                  .value_or(std::vector<std::string>{});
}

/// What stands before the environment's own command.
[[nodiscard]] std::vector<std::string> read_wrap(const Table& table, const Surroundings& surroundings,
                                                 Problems& problems)
{
    const Entry* entry = find(table, "wrap");
    return entry == nullptr ? std::vector<std::string>{}
                            : value_of({"environment.wrap", &entry->node}, Form::argv, surroundings, problems)
                                  .value_or(std::vector<std::string>{});
}

/// The files and folders that a cache state is about, in place of the kind's.
[[nodiscard]] std::vector<std::string> read_cache_paths(const Entry& entry, const Surroundings& surroundings,
                                                        Problems& problems)
{
    const auto on_this_machine = [&](const std::string& text) {
        return !surroundings.staged && text.find(mount_point) == std::string::npos;
    };
    const TextRule rule = [&](const std::string& text) -> std::string {
        std::error_code error;
        return !on_this_machine(text) || std::filesystem::exists(absolute_path(text, surroundings), error)
                   ? ""
                   : "files and folders that are there";
    };
    auto paths =
        texts_of({"environment.cache_paths", &entry.node}, problems, Emptiness::refused, Repeats::refused, rule)
            .value_or(std::vector<std::string>{});
    for (std::string& path : paths) {
        path = path.starts_with(mount_point) ? path : absolute_path(path, surroundings).string();
    }
    return paths;
}

[[nodiscard]] bool read_runtime_phase(const Table& table, Problems& problems)
{
    const Entry* entry = find(table, "runtime_phase");
    return entry == nullptr || boolean_of({"environment.runtime_phase", &entry->node}, problems).value_or(true);
}

/// Of a container: whether each interpreter has one of its own.
[[nodiscard]] Per read_per(const Table& table, const Kind& kind, Problems& problems)
{
    Per per = Per::interpreter;
    const Entry* entry = kind.container.empty() ? nullptr : find(table, "per");
    const auto name =
        entry == nullptr ? std::nullopt : choice_of({"environment.per", &entry->node}, per_names.names, {}, problems);
    if (name && from_string(*name, per) && per == Per::node && kind.descriptors == Kind::Descriptors::unknown) {
        problems.add(entry->at, "environment.per",
                     fmt::format("\"interpreter\" for kind \"{}\", of which it is not known whether it hands on what "
                                 "the worker in the container needs, descriptors 3 and 4",
                                 kind.name),
                     describe(entry->node));
    }
    return per;
}

/// Of a container's command.
[[nodiscard]] unsigned words_before_the_interpreter(const Kind& kind, const Values& values,
                                                    const std::vector<std::string>& wrap)
{
    const auto python = std::ranges::find(kind.command, "{python}");
    return static_cast<unsigned>(wrap.size() + expanded({kind.command.begin(), python}, values).size());
}

/// Where the interpreter has a container of its own, or a wrapper: "{enter}" before its first word.
void mark_entry(EnvironmentSpec& spec, std::size_t wrapping_words)
{
    const std::size_t words = spec.container_words > 0 ? spec.container_words : wrapping_words;
    if (words > 0 && spec.per == Per::interpreter) {
        spec.command.insert(spec.command.begin() + static_cast<std::ptrdiff_t>(words), std::string{entry_mark});
    }
}

/// The interpreter doing nothing, if its entry is marked also without that, and, of a container of its own, `true` in
/// place of the interpreter.
[[nodiscard]] std::vector<ControlSpec> controls_of(const EnvironmentSpec& spec)
{
    std::vector<ControlSpec> controls;
    if (const auto nothing = null_arguments(spec.language)) {
        controls.push_back({.name = "null", .command = spec.command});
        controls.front().command.insert(controls.front().command.end(), nothing->begin(), nothing->end());
        ControlSpec unmarked{.name = "unmarked", .command = controls.front().command};
        if (std::erase(unmarked.command, entry_mark) > 0) {
            controls.push_back(std::move(unmarked));
        }
    }
    if (spec.container_words > 0 && spec.per == Per::interpreter) {  // else its start is a step
        ControlSpec container{.name = "container", .command = spec.command};
        container.command.resize(spec.container_words);
        container.command.emplace_back("true");
        controls.push_back(std::move(container));
    }
    return controls;
}

/// The later wins.
[[nodiscard]] Variables merged(Variables variables, const Variables& later)
{
    for (const auto& [name, value] : later) {
        set_variable(variables, name, value);
    }
    return variables;
}

/// PATH is the node's own: in a container it would lead nowhere.
[[nodiscard]] Variables without_path(Variables variables)
{
    std::erase_if(variables, [](const auto& variable) { return variable.first == "PATH"; });
    return variables;
}

/// On the node: inherited variables, then the kind's and its PATH, then the file's own. What is to get into a container
/// by another way is left out.
[[nodiscard]] Variables variables_of(const Kind& kind, const EnvironmentSpec& spec, const Values& values,
                                     const Variables& inherited, const Variables& own)
{
    const auto shell_path = std::ranges::find(inherited, "PATH", &Variables::value_type::first);
    std::string path{spec.setup.empty() ? default_path : path_of_setup};
    if (shell_path != inherited.end()) {
        path = shell_path->second;
    }
    if (kind.path == FirstInPath::folder_of_the_interpreter && !spec.command.empty()) {
        path = spec.command.front().substr(0, spec.command.front().rfind('/')) + ":" + path;
    }
    if (!kind.variable_option.empty()) {
        return {{"PATH", path}};
    }
    if (!kind.variable_prefix.empty()) {
        Variables variables{{"PATH", path}};
        for (const auto& [name, value] : merged(without_path(inherited), own)) {
            variables.emplace_back(fmt::format("{}{}", kind.variable_prefix, name), value);
        }
        return variables;
    }
    Variables variables = inherited;
    set_variable(variables, "PATH", path);
    for (const auto& [name, value] : kind.variables) {
        set_variable(variables, std::string{name}, filled(value, values));
    }
    return merged(std::move(variables), own);
}

/// "{mount}" means nothing where nothing is mounted.
void refuse_mount_point(const Node& node, Problems& problems)
{
    const auto* text = std::get_if<std::string>(&node.value);
    if (text != nullptr && text->find(mount_point) != std::string::npos) {
        problems.add(node.at, "environment",
                     fmt::format("{} only with kind {}", mount_point, joined(names_of_mounting_kinds())),
                     describe(node));
    }
    if (const auto* list = std::get_if<List>(&node.value)) {
        std::ranges::for_each(*list, [&](const Node& item) { refuse_mount_point(item, problems); });
    }
    if (const auto* table = std::get_if<Table>(&node.value)) {
        std::ranges::for_each(*table, [&](const Entry& entry) { refuse_mount_point(entry.node, problems); });
    }
}

[[nodiscard]] const Kind* read_kind(const Node& node, Problems& problems)
{
    const std::vector<std::string_view> names = kind_names();
    const Entry* entry = find(std::get<Table>(node.value), "kind");
    if (entry == nullptr) {
        problems.add(node.at, "environment.kind", "one of " + joined(names), "none");
        return nullptr;
    }
    const auto name = choice_of({"environment.kind", &entry->node}, names, {}, problems);
    return name ? &*std::ranges::find(kinds(), *name, &Kind::name) : nullptr;
}

/// The environment's own imports or else the experiment's, as names of `language`.
[[nodiscard]] std::vector<std::string> read_imports(const Table& table, std::string_view language,
                                                    const Surroundings& surroundings, Problems& problems)
{
    const Entry* entry = find(table, "imports");
    if (entry != nullptr && language == "none") {
        problems.add(entry->at, "environment.imports", "no imports with language \"none\"", describe(entry->node));
        return {};
    }
    if (language == "none" || (entry == nullptr && !surroundings.imports)) {
        return {};
    }
    const Field field = entry != nullptr ? Field{"environment.imports", &entry->node} : *surroundings.imports;
    const TextRule rule = [language](const std::string& name) { return import_rule(language, name); };
    return texts_of(field, problems, entry != nullptr ? Emptiness::allowed : Emptiness::refused, Repeats::refused, rule)
        .value_or(std::vector<std::string>{});
}

/// What every kind has.
[[nodiscard]] EnvironmentSpec read_common(const Node& node, Problems& problems)
{
    const Table& table = std::get<Table>(node.value);
    EnvironmentSpec spec;
    if (const Entry* entry = find(table, "name")) {
        spec.name = text_of({"environment.name", &entry->node}, problems, name_rule).value_or("");
    } else {
        problems.add(node.at, "environment.name", "a name", "none");
    }
    if (const Entry* entry = find(table, "setup")) {
        spec.setup = text_of({"environment.setup", &entry->node}, problems).value_or("");
    }
    spec.stage = read_commands(table, "stage", problems);
    spec.unstage = read_commands(table, "unstage", problems);
    return spec;
}

/// What the kind makes of its keys, but for the variables. The environment's own steps are within the kind's.
void fill(EnvironmentSpec& spec, const Kind& kind, const Values& values)
{
    spec.command = expanded(kind.command, values);
    spec.cache_paths = expanded(kind.cached, values);
    if (kind.mount == Mount::image) {
        spec.image = values.at("image").front();
    }
    if (!kind.container.empty()) {
        spec.container = values.find(kind.container)->second.front();
    }
    if (!kind.setup.empty()) {
        const std::string last = shell_command(kind.setup, values);
        spec.setup = spec.setup.empty() ? last : fmt::format("{{ {}\n}} && {}", spec.setup, last);
    }
    if (!kind.stage.empty()) {
        spec.stage.insert(spec.stage.begin(), shell_command(kind.stage, values));
        spec.unstage.push_back(shell_command(kind.unstage, values));
    }
}

/// Options of the runtime that set variables in the container.
[[nodiscard]] std::vector<std::string> options_of(const Kind& kind, const Variables& inherited, const Variables& own)
{
    std::vector<std::string> words;
    if (!kind.variable_option.empty()) {
        for (const auto& [name, value] : merged(without_path(inherited), own)) {
            words.emplace_back(kind.variable_option);
            words.push_back(fmt::format("{}={}", name, value));
        }
    }
    return words;
}

}  // namespace

void set_variable(Variables& variables, const std::string& name, const std::string& value)
{
    const auto found = std::ranges::find(variables, name, &Variables::value_type::first);
    if (found == variables.end()) {
        variables.emplace_back(name, value);
    } else {
        found->second = value;
    }
}

EnvironmentSpec read_environment(const Node& node, const Surroundings& surroundings, Problems& problems)
{
    const Table& table = std::get<Table>(node.value);
    EnvironmentSpec spec = read_common(node, problems);
    const Variables own = read_env(find(table, "env"), problems);
    const Kind* kind = read_kind(node, problems);
    if (kind == nullptr) {
        spec.imports = read_imports(table, "python", surroundings, problems);
        return spec;
    }
    spec.kind = kind->name;
    std::vector<std::string_view> known{common_keys.begin(), common_keys.end()};
    std::ranges::transform(kind->keys, std::back_inserter(known), &Key::name);
    if (!kind->container.empty()) {
        known.emplace_back("per");
    }
    report_unknown(table, "environment.", known, {}, problems);
    spec.per = read_per(table, *kind, problems);

    Surroundings own_surroundings = surroundings;
    own_surroundings.staged = !spec.stage.empty();
    const std::size_t absent_before = surroundings.absent == nullptr ? 0 : surroundings.absent->size();
    const bool any_language = std::ranges::find(kind->keys, Form::language, &Key::form) != kind->keys.end();
    spec.language = any_language ? "" : "python";
    auto values = read_values(node, *kind, own_surroundings, problems);
    const std::vector<std::string> wrap = read_wrap(table, own_surroundings, problems);
    if (values) {
        values->emplace("variables", options_of(*kind, surroundings.inherited, own));
        spec.language = any_language ? values->at("language").front() : spec.language;
        fill(spec, *kind, *values);
    }
    if (kind->mount == Mount::none) {
        refuse_mount_point(node, problems);
    }
    if (const Entry* entry = find(table, "cache_paths")) {
        spec.cache_paths = read_cache_paths(*entry, own_surroundings, problems);
    }
    for (std::size_t i = absent_before; surroundings.absent != nullptr && i < surroundings.absent->size(); ++i) {
        surroundings.absent->at(i).environment = spec.name;
    }
    spec.imports = read_imports(table, spec.language, surroundings, problems);
    if (values) {
        spec.variables = variables_of(*kind, spec, *values, surroundings.inherited, own);
        spec.command.insert(spec.command.begin(), wrap.begin(), wrap.end());
        spec.container_words = kind->container.empty() ? 0 : words_before_the_interpreter(*kind, *values, wrap);
        if (read_runtime_phase(table, problems)) {
            mark_entry(spec, wrap.size());
        }
        spec.controls = surroundings.controls ? controls_of(spec) : std::vector<ControlSpec>{};
    }
    return spec;
}

}  // namespace gaggle::experiment
