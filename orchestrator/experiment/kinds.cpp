#include "orchestrator/experiment/kinds.hpp"

#include "orchestrator/experiment/languages.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <system_error>

namespace gaggle::experiment {

namespace {

/// How a kind's key is checked, and what it stands for.
enum class Form {
    program,   ///< a name to search in PATH, or the path of an executable
    prefix,    ///< a folder with bin/python
    image,     ///< a SquashFS file
    in_image,  ///< a path inside the image
    argv,      ///< a command with its arguments
    flags,     ///< arguments of the interpreter
    language,  ///< which probe
};

struct Key {
    std::string_view name;
    Form form;
    std::optional<std::string_view> fallback;  ///< without one the key is required
};

enum class FirstInPath { nothing, folder_of_the_interpreter };

/// `command`: words in which "{key}" is that key's value; a word that is nothing else becomes all of a list's items.
/// "{mount}" is left to the nodes. `cached`: in the same words, what a cache state is about; empty: the program.
struct Kind {
    std::string_view name;
    std::vector<Key> keys;
    std::vector<std::string_view> command;
    FirstInPath path = FirstInPath::nothing;
    std::vector<std::string_view> cached = {};
};

const Key flags{"flags", Form::flags, ""};

const std::array<Kind, 5> kinds{{
    {"system", {{"python", Form::program, "python3"}, flags}, {"{python}", "{flags}"}},
    {"venv",
     {{"prefix", Form::prefix, {}}, flags},
     {"{prefix}/bin/python", "{flags}"},
     FirstInPath::folder_of_the_interpreter,
     {"{prefix}"}},
    {"conda",
     {{"prefix", Form::prefix, {}}, flags},
     {"{prefix}/bin/python", "{flags}"},
     FirstInPath::folder_of_the_interpreter,
     {"{prefix}"}},
    {"squashfs",
     {{"image", Form::image, {}}, {"python", Form::in_image, {}}, flags},
     {"{mount}/{python}", "{flags}"},
     FirstInPath::folder_of_the_interpreter,
     {"{image}", "{mount}"}},
    {"command", {{"command", Form::argv, {}}, {"language", Form::language, "python"}}, {"{command}"}},
}};

constexpr std::array<std::string_view, 9> later_kinds{
    "module", "apptainer", "singularity", "charliecloud", "podman", "podman-hpc", "shifter", "enroot", "spindle"};
constexpr std::array<std::string_view, 3> later_environment_keys{"options", "per", "wrap"};
constexpr std::array<std::string_view, 8> common_keys{"name",  "kind",  "imports", "env",
                                                      "setup", "stage", "unstage", "cache_paths"};

constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";
constexpr std::string_view path_of_setup = "{PATH}";  ///< left to the nodes
constexpr std::string_view mount_point = "{mount}";

using Values = std::map<std::string, std::vector<std::string>, std::less<>>;

[[nodiscard]] bool is_program(const std::filesystem::path& path)
{
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

/// What is wrong with a prefix, in the words after "found"; empty: nothing.
[[nodiscard]] std::string prefix_trouble(const std::filesystem::path& prefix)
{
    std::error_code error;
    if (prefix.string().find(':') != std::string::npos) {
        return fmt::format("a ':' in '{}', which PATH cannot hold", prefix.string());
    }
    if (!std::filesystem::is_directory(prefix, error)) {
        return fmt::format("no folder '{}'", prefix.string());
    }
    const std::filesystem::path python = prefix / "bin/python";
    if (!std::filesystem::exists(python, error)) {
        return fmt::format("no '{}'", python.string());
    }
    return is_program(python) ? "" : fmt::format("'{}', which is not executable", python.string());
}

[[nodiscard]] std::string image_trouble(const std::filesystem::path& image)
{
    std::error_code error;
    if (!std::filesystem::is_regular_file(image, error)) {
        return fmt::format("no file '{}'", image.string());
    }
    std::array<char, 4> magic{};
    std::ifstream file{image, std::ios::binary};
    if (!file.is_open()) {
        return fmt::format("'{}', which cannot be read", image.string());
    }
    file.read(magic.data(), magic.size());
    // The superblock's first word, little-endian: linux/fs/squashfs/squashfs_fs.h, SQUASHFS_MAGIC.
    return file && std::string_view{magic.data(), magic.size()} == "hsqs"
               ? ""
               : fmt::format("'{}', which is something else", image.string());
}

/// A string, made absolute where it is a path of this machine, and checked to be what `form` says.
[[nodiscard]] std::optional<std::string> path_of(const Field& field, Form form, const Surroundings& surroundings,
                                                 Problems& problems)
{
    auto text = text_of(field, problems);
    if (!text || (form == Form::program && text->find('/') == std::string::npos)) {
        return text;
    }
    std::string path = absolute_path(*text, surroundings).string();
    std::string expected = "a program";
    std::string trouble;
    if (form == Form::in_image) {
        const std::filesystem::path inside = std::filesystem::path{"/" + *text}.lexically_normal();
        path = inside.relative_path().string();
        expected = "a path inside the image, such as \"bin/python3\"";
        trouble = inside.has_filename() ? "" : describe(*field.node);
    } else if (form == Form::prefix) {
        expected = "a folder with bin/python";
        trouble = surroundings.staged ? "" : prefix_trouble(path);
    } else if (form == Form::image) {
        expected = "a SquashFS image";
        trouble = surroundings.staged ? "" : image_trouble(path);
    } else if (!surroundings.staged && !is_program(path)) {
        trouble = fmt::format("no executable '{}'", path);
    }
    if (!trouble.empty()) {
        problems.add(field.at(), field.name, expected, trouble);
        return std::nullopt;
    }
    return path;
}

[[nodiscard]] std::optional<std::vector<std::string>> argv_of(const Field& field, const Surroundings& surroundings,
                                                              Problems& problems)
{
    auto argv = texts_of(field, problems, Emptiness::refused, Repeats::allowed);
    if (argv) {
        const Node& first = std::get<List>(field.node->value).front();
        const auto program = path_of({field.name, &first}, Form::program, surroundings, problems);
        if (!program) {
            return std::nullopt;
        }
        argv->front() = *program;
    }
    return argv;
}

/// One key's value, as words to put into a command; empty if reported.
[[nodiscard]] std::optional<std::vector<std::string>> value_of(const Field& field, Form form,
                                                               const Surroundings& surroundings, Problems& problems)
{
    if (form == Form::flags) {
        return texts_of(field, problems, Emptiness::refused, Repeats::allowed);
    }
    if (form == Form::argv) {
        return argv_of(field, surroundings, problems);
    }
    const auto text = form == Form::language ? choice_of(field, language_names(), {}, problems)
                                             : path_of(field, form, surroundings, problems);
    return text ? std::optional{std::vector{*text}} : std::nullopt;
}

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

[[nodiscard]] std::vector<std::string> expanded(const std::vector<std::string_view>& words, const Values& values)
{
    std::vector<std::string> result;
    for (const std::string_view word : words) {
        const std::size_t open = word.find('{', word.starts_with(mount_point) ? mount_point.size() : 0);
        if (open == std::string_view::npos) {
            result.emplace_back(word);
            continue;
        }
        const std::size_t close = std::min(word.find('}', open), word.size());
        const std::vector<std::string>& value = values.find(word.substr(open + 1, close - open - 1))->second;
        if (open == 0 && close + 1 == word.size()) {
            result.insert(result.end(), value.begin(), value.end());
        } else {
            result.push_back(fmt::format("{}{}{}", word.substr(0, open), value.front(), word.substr(close + 1)));
        }
    }
    return result;
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

/// The interpreter doing nothing.
[[nodiscard]] std::vector<ControlSpec> controls_of(const EnvironmentSpec& spec)
{
    const auto nothing = null_arguments(spec.language);
    if (!nothing || spec.command.empty()) {
        return {};
    }
    ControlSpec control{.name = "null", .command = spec.command};
    control.command.insert(control.command.end(), nothing->begin(), nothing->end());
    return {control};
}

/// Inherited variables, then the kind's PATH, then the file's own: the later wins.
[[nodiscard]] Variables variables_of(const Kind& kind, const EnvironmentSpec& spec, const Variables& inherited,
                                     const Variables& own)
{
    Variables variables = inherited;
    const auto shell_path = std::ranges::find(inherited, "PATH", &Variables::value_type::first);
    std::string path{spec.setup.empty() ? default_path : path_of_setup};
    if (shell_path != inherited.end()) {
        path = shell_path->second;
    }
    if (kind.path == FirstInPath::folder_of_the_interpreter && !spec.command.empty()) {
        path = spec.command.front().substr(0, spec.command.front().rfind('/')) + ":" + path;
    }
    set_variable(variables, "PATH", path);
    for (const auto& [name, value] : own) {
        set_variable(variables, name, value);
    }
    return variables;
}

/// "{mount}" means nothing where no image is mounted.
void refuse_mount_point(const Node& node, Problems& problems)
{
    const auto* text = std::get_if<std::string>(&node.value);
    if (text != nullptr && text->find(mount_point) != std::string::npos) {
        problems.add(node.at, "environment", fmt::format("{} only with kind \"squashfs\"", mount_point),
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
    std::vector<std::string_view> names;
    std::ranges::transform(kinds, std::back_inserter(names), &Kind::name);
    const Entry* entry = find(std::get<Table>(node.value), "kind");
    if (entry == nullptr) {
        problems.add(node.at, "environment.kind", "one of " + joined(names), "none");
        return nullptr;
    }
    const auto name = choice_of({"environment.kind", &entry->node}, names, later_kinds, problems);
    return name ? &*std::ranges::find(kinds, *name, &Kind::name) : nullptr;
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

std::filesystem::path absolute_path(const std::string& text, const Surroundings& surroundings)
{
    std::filesystem::path path{text};
    if (text == "~" || text.starts_with("~/")) {
        path = std::filesystem::path{surroundings.shell("HOME").value_or("~")} /
               std::string_view{text}.substr(std::min<std::size_t>(2, text.size()));
    }
    path = (surroundings.folder / path).lexically_normal();
    return path.has_filename() ? path : path.parent_path();
}

EnvironmentSpec read_environment(const Node& node, const Surroundings& surroundings, Problems& problems)
{
    const Table& table = std::get<Table>(node.value);
    EnvironmentSpec spec;
    if (const Entry* entry = find(table, "name")) {
        spec.name = text_of({"environment.name", &entry->node}, problems, name_rule).value_or("");
    } else {
        problems.add(node.at, "environment.name", "a name", "none");
    }
    const Variables own = read_env(find(table, "env"), problems);
    if (const Entry* entry = find(table, "setup")) {
        spec.setup = text_of({"environment.setup", &entry->node}, problems).value_or("");
    }
    spec.stage = read_commands(table, "stage", problems);
    spec.unstage = read_commands(table, "unstage", problems);
    const Kind* kind = read_kind(node, problems);
    if (kind == nullptr) {
        spec.imports = read_imports(table, "python", surroundings, problems);
        return spec;
    }
    spec.kind = kind->name;
    std::vector<std::string_view> known{common_keys.begin(), common_keys.end()};
    std::ranges::transform(kind->keys, std::back_inserter(known), &Key::name);
    report_unknown(table, "environment.", known, later_environment_keys, problems);

    Surroundings own_surroundings = surroundings;
    own_surroundings.staged = !spec.stage.empty();
    const bool any_language = std::ranges::find(kind->keys, Form::language, &Key::form) != kind->keys.end();
    spec.language = any_language ? "" : "python";
    const auto values = read_values(node, *kind, own_surroundings, problems);
    if (values) {
        spec.command = expanded(kind->command, *values);
        spec.language = any_language ? values->at("language").front() : spec.language;
        spec.image = values->contains("image") ? values->at("image").front() : "";
        spec.cache_paths = expanded(kind->cached, *values);
    }
    if (std::ranges::find(kind->keys, Form::image, &Key::form) == kind->keys.end()) {
        refuse_mount_point(node, problems);
    }
    if (const Entry* entry = find(table, "cache_paths")) {
        spec.cache_paths = read_cache_paths(*entry, own_surroundings, problems);
    }
    spec.imports = read_imports(table, spec.language, surroundings, problems);
    spec.variables = variables_of(*kind, spec, surroundings.inherited, own);
    if (surroundings.controls) {
        spec.controls = controls_of(spec);
    }
    return spec;
}

}  // namespace gaggle::experiment
