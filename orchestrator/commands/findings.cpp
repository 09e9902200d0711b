#include "orchestrator/commands/findings.hpp"

#include "orchestrator/experiment/kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>

namespace gaggle::commands {

namespace {

bool has_key(const EnvironmentSpec& environment, std::string_view key)
{
    const auto kind = std::ranges::find(experiment::kinds(), environment.kind, &experiment::Kind::name);
    return kind != experiment::kinds().end() &&
           std::ranges::find(kind->keys, key, &experiment::Key::name) != kind->keys.end();
}

/// The first of `keys` that the environment's kind has.
std::string key_of(const EnvironmentSpec& environment, std::initializer_list<std::string_view> keys)
{
    const auto* found = std::ranges::find_if(keys, [&](std::string_view key) { return has_key(environment, key); });
    return fmt::format("environment.{}", found == keys.end() ? "kind" : *found);
}

std::string of_step(const record::Step& step)
{
    return fmt::format("'{}' failed with exit status {}{}{}", step.command, step.status, step.error.empty() ? "" : ": ",
                       step.error);
}

std::optional<Finding> of_steps(const EnvironmentSpec& environment, const record::Record& record)
{
    const auto failed = std::ranges::find_if(record.steps, [](const record::Step& step) { return step.status != 0; });
    if (failed == record.steps.end()) {
        return std::nullopt;
    }
    Finding finding{.key = "environment." + failed->name, .words = of_step(*failed)};
    finding.remedy = "try the command by hand on a node";
    if (failed->name == "setup" && has_key(environment, "modules")) {
        finding.key = "environment.modules";
        finding.remedy =
            "'module avail' on a node lists what there is; other folders of modules: setup = \"module use …\"";
    } else if (failed->name == "container") {
        const bool is_runtime = failed->error.starts_with("cannot start");
        finding.key = key_of(environment, {is_runtime ? "runtime" : "image"});
        finding.remedy = is_runtime ? "install it on the nodes, load it with `setup`, or name where it is"
                                    : "see that this runtime runs on a node, and hands on descriptors 3 and 4";
    } else if (failed->name == "stage" && failed->command == environment.stage.front()) {
        finding.key = has_key(environment, "to") ? "environment.to" : finding.key;
    }
    return finding;
}

/// What came before the interpreter's first statement.
Finding of_start(const EnvironmentSpec& environment, const record::Interpreter& one)
{
    const std::string& program = environment.command.front();
    if (one.outcome == record::InterpreterOutcome::ExecFailed) {
        return {
            .key = key_of(environment, {"runtime", "prefix", "command", "python"}),
            .words = fmt::format("'{}' cannot be started: {}", program, std::generic_category().message(one.status)),
            .remedy = "install it on the nodes, load it with `setup`, or name where it is"};
    }
    return {.key = key_of(environment, {"image", "archive", "prefix", "command", "python"}),
            .words = fmt::format("'{}' ended before the interpreter's first statement: {}", program,
                                 one.error.empty() ? fmt::format("exit status {}", one.status) : one.error),
            .remedy = "see that this command runs on a node, and that there is an interpreter where `python` says"};
}

std::optional<Finding> of_interpreter(const EnvironmentSpec& environment, const record::Record& record)
{
    const auto has_phase = [&](const std::string& name) {
        return std::ranges::find(record.phases, name, &record::Phase::name) != record.phases.end();
    };
    const record::Interpreter& one = record.interpreters.front();
    const bool well = one.outcome == record::InterpreterOutcome::Exited && one.status == 0;
    if (environment.language != "none" && !has_phase("ready")) {
        return of_start(environment, one);
    }
    for (const std::string& import : environment.imports) {
        if (!has_phase("import " + import)) {
            return Finding{
                .key = "environment.imports",
                .words = one.error.starts_with("import ") ? one.error : fmt::format("import {}: {}", import, one.error),
                .remedy =
                    "install it into the environment (an image or archive is then made anew), or leave "
                    "it out of `imports`"};
        }
    }
    if (well) {
        return std::nullopt;
    }
    return environment.language == "none" ? of_start(environment, one)
                                          : Finding{.key = key_of(environment, {"python", "command"}),
                                                    .words = record::first_failure(record),
                                                    .remedy = "see what the interpreter does at its end"};
}

/// What the environment says of itself, in words.
std::string self_description(const EnvironmentSpec& environment, const record::Inspection& said)
{
    std::string words = fmt::format("{} {}", environment.language, said.version);
    if (!said.packages_sha256.empty()) {
        words += fmt::format(", {} packages", said.packages.size());
    }
    const auto prefix = std::ranges::find(said.facts, "prefix", &std::pair<std::string, std::string>::first);
    if (prefix != said.facts.end()) {
        words += fmt::format(" in {}{}", prefix->second,
                             environment.container.empty() ? "" : fmt::format(" of {}", environment.container));
    }
    return words;
}

}  // namespace

Finding find_trouble(const EnvironmentSpec& environment, const record::Record& record)
{
    if (const auto finding = of_steps(environment, record)) {
        return *finding;
    }
    if (record.interpreters.empty()) {
        return {.key = key_of(environment, {"image", "prefix", "python", "command"}),
                .words = record::judge(record, environment.imports).reason,
                .remedy = environment.image.empty() ? "see that a node can do what it says"
                                                    : "squashfuse must be installed on the nodes, /dev/fuse be usable"};
    }
    if (const auto finding = of_interpreter(environment, record)) {
        return *finding;
    }
    if (record.inspections.empty()) {
        return {.words = "runs"};
    }
    const record::Inspection& said = record.inspections.front();
    if (!said.trouble.empty()) {
        return {.key = key_of(environment, {"image", "prefix", "python", "command"}),
                .words = "it cannot say what it is: " + said.trouble,
                .remedy = "see that its interpreter is whole"};
    }
    const std::string& note = record.attempt.note;
    return {.words = self_description(environment, said) + (note.empty() ? "" : "; " + note),
            .identity = said.packages_sha256.empty()
                            ? ""
                            : fmt::format("{} {} {}", environment.language, said.version, said.packages_sha256)};
}

}  // namespace gaggle::commands
