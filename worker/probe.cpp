#include "worker/probe.hpp"

#include "core/embedded.hpp"
#include "core/error.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string_view>
#include <utility>

namespace gaggle::worker {

std::span<const EmbeddedFile> probe_files();

namespace {

constexpr std::string_view plain_path = "/usr/local/bin:/usr/bin:/bin";

/// How a probe is handed to an interpreter of a language: `file` of worker/probes after `option`, then `separator`
/// unless it is "".
struct Probe {
    std::string_view language;
    std::string_view file;
    std::string_view option;
    std::string_view separator;
};
constexpr Probe probes[] = {
    {"python", "python.py", "-c", ""}, {"R", "R.R", "-e", "--args"},  {"perl", "perl.pl", "-e", ""},
    {"ruby", "ruby.rb", "-e", ""},     {"node", "node.js", "-e", ""}, {"julia", "julia.jl", "-e", ""},
    {"lua", "lua.lua", "-e", "-"},  // "-": then run the standard input, which is empty; else "3" would be a script
    {"sh", "sh.sh", "-c", "sh"},    // its $0
};

std::string replaced(std::string text, std::string_view placeholder, const std::string& value)
{
    for (std::size_t at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder, at + value.size())) {
        text.replace(at, placeholder.size(), value);
    }
    return text;
}

std::string_view embedded(std::string_view name)
{
    for (const EmbeddedFile& file : probe_files()) {
        if (file.name == name) {
            return file.text;
        }
    }
    throw Error{ExitCode::Usage, "the worker was built without the probe " + std::string{name}};
}

void append_probe(const EnvironmentSpec& environment, std::vector<std::string>& arguments)
{
    if (environment.language == "none") {
        return;
    }
    for (const Probe& probe : probes) {
        if (probe.language == environment.language) {
            arguments.emplace_back(probe.option);
            arguments.emplace_back(embedded(probe.file));
            if (!probe.separator.empty()) {
                arguments.emplace_back(probe.separator);
            }
            arguments.push_back(std::to_string(Gate::marks_descriptor));
            arguments.push_back(std::to_string(Gate::timer_descriptor));
            arguments.push_back(std::to_string(SYS_clock_gettime));
            arguments.insert(arguments.end(), environment.imports.begin(), environment.imports.end());
            return;
        }
    }
    throw Error{ExitCode::Usage, "environment '" + environment.name + "': this worker has no probe for the language '" +
                                     environment.language + "'"};
}

Program program_of(const std::string& name, const std::vector<std::string>& command, const EnvironmentSpec& environment,
                   const Place& place, Entry entry)
{
    const std::string path = place.variables.contains("PATH") ? place.variables.at("PATH") : std::string{plain_path};
    Variables variables = place.variables;
    for (const auto& [key, value] : environment.variables) {
        variables[key] = replaced(at_place(value, place), "{PATH}", path);
    }
    if (command.empty()) {
        throw Error{ExitCode::Usage, name + " has an empty command"};
    }
    Program program;
    program.directory = place.directory.string();
    program.executable = find_executable(at_place(command.front(), place), variables["PATH"]);
    for (std::size_t i = 1; i < command.size(); ++i) {
        if (command[i] != "{enter}") {
            program.arguments.push_back(at_place(command[i], place));
        } else if (entry == Entry::marked) {
            program.arguments.insert(program.arguments.end(), {worker_itself, "enter"});
            program.shown = Shown::worker;
        }
    }
    program.environment = assignments(variables);
    return program;
}

}  // namespace

std::string at_place(std::string text, const Place& place)
{
    return replaced(std::move(text), "{mount}", place.mount_point.string());
}

std::string assignment(const std::string& name, const std::string& value)
{
    std::string text = name;
    text += '=';
    text += value;
    return text;
}

std::string find_executable(const std::string& name, const std::string& path)
{
    if (name.find('/') != std::string::npos) {
        return name;
    }
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t colon = std::min(path.find(':', begin), path.size());
        std::string candidate = path.substr(begin, colon - begin) + "/" + name;
        if (colon > begin && access(candidate.c_str(), X_OK) == 0 && !std::filesystem::is_directory(candidate)) {
            return candidate;
        }
        begin = colon + 1;
    }
    return name;
}

Variables bare_variables()
{
    Variables variables{{"PATH", std::string{plain_path}}};
    for (const char* name : {"HOME", "USER", "LOGNAME", "SHELL", "LANG", "TMPDIR"}) {
        if (const char* value = std::getenv(name); value != nullptr) {
            variables[name] = value;
        }
    }
    return variables;
}

std::vector<std::string> assignments(const Variables& variables)
{
    std::vector<std::string> texts;
    for (const auto& [name, value] : variables) {
        texts.push_back(assignment(name, value));
    }
    return texts;
}

Program make_program(const EnvironmentSpec& environment, const Place& place, Entry entry)
{
    Program program =
        program_of("environment '" + environment.name + "'", environment.command, environment, place, entry);
    append_probe(environment, program.arguments);
    return program;
}

std::vector<std::filesystem::path> cached_paths(const EnvironmentSpec& environment, const Place& place,
                                                const Program& program)
{
    if (environment.cache_paths.empty()) {
        return {program.executable};
    }
    std::vector<std::filesystem::path> paths;
    for (const std::string& path : environment.cache_paths) {
        paths.emplace_back(at_place(path, place));
    }
    std::stable_partition(  // clang cannot read what libstdc++ 12's of ranges returns
        paths.begin(), paths.end(),
        [&](const auto& path) { return path.string().starts_with(place.mount_point.string()); });
    return paths;
}

Program make_control(const EnvironmentSpec& environment, const ControlSpec& control, const Place& place, Entry entry)
{
    return program_of("control '" + control.name + "'", control.command, environment, place, entry);
}

}  // namespace gaggle::worker
