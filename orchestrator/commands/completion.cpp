#include "core/embedded.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <span>
#include <utility>

namespace gaggle::commands {

std::span<const EmbeddedFile> completion_files();

namespace {

const Usage completion_usage{
    .synopsis = "gaggle completion [options] bash|zsh|fish",
    .description =
        "Prints a script that makes the shell complete gaggle's commands, options and values, also names of queries,\n"
        "experiments and cells in the store. The script asks gaggle itself, which asks Slurm for nothing. An\n"
        "installed gaggle needs none of this:\n\n"
        "  bash  source <(gaggle completion bash)           in ~/.bashrc\n"
        "  zsh   source <(gaggle completion zsh)            in ~/.zshrc, after compinit\n"
        "  fish  gaggle completion fish | source            in ~/.config/fish/config.fish\n",
    .options = {},
    .least_operands = 1,
    .most_operands = 1};

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> scripts{
    {{"bash", "gaggle.bash"}, {"zsh", "_gaggle"}, {"fish", "gaggle.fish"}}};

}  // namespace

ExitCode completion(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(completion_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const std::string& shell = parsed->operands.front();
    const auto* const script =
        std::ranges::find(scripts, std::string_view{shell}, &std::pair<std::string_view, std::string_view>::first);
    if (script == scripts.end()) {
        throw Error(ExitCode::Usage, "expected bash, zsh or fish, found '" + shell + "'");
    }
    const std::span<const EmbeddedFile> files = completion_files();
    std::cout << std::ranges::find(files, script->second, &EmbeddedFile::name)->text;
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
