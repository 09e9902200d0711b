#include "orchestrator/slurm/sbatch.hpp"

#include "core/error.hpp"
#include "orchestrator/child.hpp"
#include "orchestrator/scrub.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>

namespace gaggle::slurm {

std::vector<std::string> sbatch_arguments(const std::filesystem::path& script, const std::vector<std::string>& options,
                                          const JobIds& after)
{
    std::vector<std::string> arguments = options;
    arguments.emplace_back("--parsable");
    if (!after.empty()) {
        arguments.push_back("--dependency=" + dependency_on(after));
    }
    arguments.push_back(script.string());
    return arguments;
}

Submitted parse_parsable(std::string_view output)
{
    std::string_view answer = output.substr(0, output.find_last_not_of("\r\n") + 1);
    if (const std::size_t newline = answer.rfind('\n'); newline != std::string_view::npos) {
        answer.remove_prefix(newline + 1);
    }
    Submitted submitted;
    const auto [end, error] = std::from_chars(answer.data(), answer.data() + answer.size(), submitted.job_id);
    const std::string_view rest{end, static_cast<std::size_t>(answer.data() + answer.size() - end)};
    if (error != std::errc{} || submitted.job_id == 0 || !(rest.empty() || (rest[0] == ';' && rest.size() > 1))) {
        throw Error(ExitCode::Rejected, "sbatch --parsable gave no job id but '" + std::string{answer} + "'");
    }
    submitted.cluster = rest.empty() ? "" : rest.substr(1);
    return submitted;
}

bool is_unreachable(std::string_view complaint)
{
    constexpr std::array no_answer{std::string_view{"Unable to contact slurm controller"},
                                   std::string_view{"Unable to contact the Slurm controller"},
                                   std::string_view{"Socket timed out on send/recv"},
                                   std::string_view{"Zero Bytes were transmitted"},
                                   std::string_view{"Slurm controller (slurmctld) not"},
                                   std::string_view{"Unable to establish control connection"},
                                   std::string_view{"Could not establish a configuration source"}};
    return std::any_of(no_answer.begin(), no_answer.end(),
                       [&](std::string_view words) { return complaint.find(words) != std::string_view::npos; });
}

Submitted run_sbatch(const std::filesystem::path& script, const std::vector<std::string>& options, const JobIds& after,
                     std::optional<int> held)
{
    const std::optional<std::filesystem::path> sbatch = child::find_program("sbatch");
    if (!sbatch) {
        throw Error(ExitCode::SlurmUnreachable, "there is no sbatch in PATH: submit where Slurm's commands are");
    }
    const std::vector<std::string> arguments = sbatch_arguments(script, options, after);
    const child::Finished finished = child::run(*sbatch, arguments, scrub::kept(scrub::current()), held);
    if (finished.status != 0) {
        std::string words = child::last_words(finished.err, "sbatch: error: ");
        if (finished.status > 128) {
            words += (words.empty() ? "" : "; ") + fmt::format(
                                                       "it was ended by signal {}; if Slurm has taken the job, "
                                                       "the next submit finds it",
                                                       finished.status - 128);
        }
        const ExitCode code = is_unreachable(words) ? ExitCode::SlurmUnreachable : ExitCode::Rejected;
        throw Error(code, "sbatch " + script.string() + ": " +
                              (words.empty() ? "exit status " + std::to_string(finished.status) : words));
    }
    Submitted submitted = parse_parsable(finished.out);
    submitted.command_line = sbatch->string();
    for (const std::string& argument : arguments) {
        submitted.command_line += " " + argument;
    }
    return submitted;
}

}  // namespace gaggle::slurm
