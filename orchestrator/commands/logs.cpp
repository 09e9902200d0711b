#include "core/error.hpp"
#include "core/log.hpp"
#include "orchestrator/commands/choice.hpp"
#include "orchestrator/commands/collected.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/plan/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <utility>

namespace gaggle::commands {

namespace {

const Usage logs_usage{
    .synopsis = "gaggle logs [options] [SELECTION...]",
    .description =
        "Prints the logs of attempts, what Slurm and the worker wrote there, each behind a line that says whose it is\n"
        "and how that attempt ended. Collects first. Without a selection: of the latest attempts that ended without\n"
        "completing. " +
        selection_help.substr(0, selection_help.find(" Without one")) + "\n",
    .options = {experiment_option,
                {"failed", "", "of the selection, those that ended without completing (so without a selection)"},
                {"state", "STATES",
                 "only these states, in squeue's letters or in full: R,CD,F,TO,CA,NF,OOM,PR,BF,DL …"},
                where_option,
                {"all", "", "earlier attempts too, not only the latest ones at their repetitions", 'a'},
                {"lines", "N", "of each log the last N lines", 'n'},
                {"paths", "", "print the names of the log files only"}},
    .least_operands = 0,
    .most_operands = std::numeric_limits<std::size_t>::max()};

constexpr std::array had_started{AttemptState::Running,     AttemptState::Completed,  AttemptState::Failed,
                                 AttemptState::Timeout,     AttemptState::Cancelled,  AttemptState::NodeFail,
                                 AttemptState::OutOfMemory, AttemptState::Preempted,  AttemptState::BootFail,
                                 AttemptState::Deadline,    AttemptState::Incomplete, AttemptState::Lost,
                                 AttemptState::Unverified};

std::vector<store::ElementRow> chosen_elements(const Parsed& parsed, const store::Store& store,
                                               store::ExperimentId experiment)
{
    const Attempts which = parsed.has("all") ? Attempts::all : Attempts::latest;
    std::vector<store::ElementRow> chosen = chosen_attempts(parsed, store, experiment, had_started, which);
    const bool is_narrowed = !parsed.operands.empty() || parsed.has("state") || parsed.has("where");
    if (parsed.has("failed") || !is_narrowed) {
        std::erase_if(chosen, [](const store::ElementRow& element) {
            return !is_terminal(element.state) || element.state == AttemptState::Completed;
        });
    }
    return chosen;
}

/// Which try at its repetition each attempt is, and of how many.
class Tries {
public:
    explicit Tries(const std::vector<store::ElementRow>& elements)
    {
        for (const store::ElementRow& element : elements) {  // arrays that came later stand behind
            number_[element.attempt] = ++total_[{element.cell, element.repetition}];
        }
    }

    [[nodiscard]] std::string words(const store::ElementRow& element) const
    {
        return fmt::format("attempt {} of {}", number_.at(element.attempt),
                           total_.at({element.cell, element.repetition}));
    }

private:
    std::map<store::AttemptId, std::size_t> number_;
    std::map<std::pair<unsigned, unsigned>, std::size_t> total_;  ///< by cell and repetition
};

std::size_t lines_of(const Parsed& parsed)
{
    const std::optional<std::string> text = parsed.value("lines");
    std::size_t lines = std::numeric_limits<std::size_t>::max();
    if (text) {
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), lines);
        if (error != std::errc{} || end != text->data() + text->size()) {
            throw Error(ExitCode::Usage, "--lines: expected a number of lines, found '" + *text + "'");
        }
    }
    return lines;
}

void print_last(std::istream& log, std::size_t most)
{
    std::deque<std::string> last;
    for (std::string line; std::getline(log, line);) {
        if (most == std::numeric_limits<std::size_t>::max()) {
            std::cout << line << "\n";
            continue;
        }
        last.push_back(line);
        if (last.size() > most) {
            last.pop_front();
        }
    }
    for (const std::string& line : last) {
        std::cout << line << "\n";
    }
}

std::filesystem::path log_of(const store::ElementRow& element, const std::map<store::ArrayId, plan::ArrayFiles>& files)
{
    return files.at(element.array).logs / plan::log_name(element.task, *element.job_id);
}

std::string title(const store::ElementRow& element, const Tries& tries)
{
    return fmt::format("==> {}_{}  {}  repetition {}, {}: {}{} <==", *element.job_id, element.task, cell_name(element),
                       element.repetition, tries.words(element), to_string(element.state),
                       element.reason.empty() ? "" : ", " + element.reason);
}

}  // namespace

ExitCode logs(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(logs_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const std::size_t most = lines_of(*parsed);
    const store::Store store = open_collected(parsed->store());
    const store::ExperimentRow experiment = chosen_experiment(*parsed, store);
    if (experiment.launcher == record::Launcher::local) {
        throw Error(ExitCode::Usage, fmt::format("experiment {} ran without Slurm, which leaves no logs; 'gaggle sql "
                                                 "failures' has what failed",
                                                 experiment.id.value));
    }
    std::map<store::ArrayId, plan::ArrayFiles> files;
    for (const store::ArrayRow& array : store.arrays(experiment.id)) {
        files[array.id] = array.files;
    }
    const Tries tries{store.elements(experiment.id)};
    const std::vector<store::ElementRow> chosen = chosen_elements(*parsed, store, experiment.id);
    for (const store::ElementRow& element : chosen) {
        if (!element.job_id) {
            continue;  // it was taken out before it came to Slurm
        }
        const std::filesystem::path file = log_of(element, files);
        std::ifstream log{file, std::ios::binary};
        if (parsed->has("paths")) {
            std::cout << (log ? file.string() + "\n" : "");
            continue;
        }
        std::cout << title(element, tries) << "\n";
        if (log) {
            print_last(log, most);
        } else {
            log::info(fmt::format("{}_{}: no log {}", *element.job_id, element.task, file.string()));
        }
    }
    if (chosen.empty()) {
        log::info(fmt::format("experiment {}: no attempt to show; name cells or jobs to see those that completed",
                              experiment.id.value));
    }
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
