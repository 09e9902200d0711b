#include "core/error.hpp"
#include "core/log.hpp"
#include "core/resemblance.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/complete.hpp"

#include <signal.h>

#include <algorithm>
#include <array>
#include <exception>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

using gaggle::Error;
using gaggle::ExitCode;

struct Command {
    std::string_view name;
    ExitCode (*function)(const gaggle::commands::Arguments& arguments);
    std::string_view summary;
};

/// In the order of a day's work.
constexpr std::array commands{
    Command{"check", gaggle::commands::check, "try every environment of an experiment file; submits nothing"},
    Command{"plan", gaggle::commands::plan, "show what an experiment file asks for; writes nothing"},
    Command{"run", gaggle::commands::run, "run an experiment on this machine, without Slurm"},
    Command{"submit", gaggle::commands::submit, "submit an experiment to Slurm"},
    Command{"status", gaggle::commands::status, "show how far an experiment is"},
    Command{"watch", gaggle::commands::watch, "show how far an experiment is until it has ended"},
    Command{"wait", gaggle::commands::wait, "stay until the newest experiment has ended"},
    Command{"collect", gaggle::commands::collect, "take new results into the store"},
    Command{"sql", gaggle::commands::sql, "query the results"},
    Command{"report", gaggle::commands::report, "show the results as figures and tables, in one HTML page"},
    Command{"import", gaggle::commands::import_files, "take published times into the store"},
    Command{"export", gaggle::commands::export_views, "write the results as CSV files, one per view"},
    Command{"merge", gaggle::commands::merge, "take the experiments of other stores into the store"},
    Command{"compare", gaggle::commands::compare, "say whether one experiment, or day, is slower than another"},
    Command{"resubmit", gaggle::commands::resubmit, "make new attempts at what did not complete"},
    Command{"cancel", gaggle::commands::cancel, "cancel what waits or runs"},
    Command{"logs", gaggle::commands::logs, "print what attempts wrote on their way, those that failed by default"},
    Command{"doctor", gaggle::commands::doctor, "say what is wrong with Slurm, the store or this installation"},
    Command{"completion", gaggle::commands::completion, "print what makes a shell complete gaggle's words"},
    Command{"version", gaggle::commands::version, "print gaggle's version and those of Slurm"},
};

void print_help()
{
    std::cout
        << "Usage: gaggle [--store DIR] COMMAND [options]\n\n"
           "Measures what happens to interpreter start-up and import time when many interpreters start at once.\n\n"
           "Commands\n";
    for (const Command& command : commands) {
        std::cout << "  " << command.name << std::string(12 - command.name.size(), ' ') << command.summary << "\n";
    }
    std::cout
        << "  help        print this text, or that of a command\n\n"
           "Options of every command\n"
           "  --store DIR  the folder of results, scripts and records (default: $GAGGLE_STORE, else ./gaggle-store)\n"
           "  --verbose    say more on standard error\n"
           "  --help       print the command's help\n"
           "  --version    print gaggle's version (without a command)\n\n"
           "Exit status: 0 all well; 1 some attempts did not complete, check or doctor found something wrong, or "
           "compare a\n"
           "regression; 2 wrong usage or experiment file; 3 Slurm cannot be reached; 4 Slurm refused; 5 the store "
           "cannot be\n"
           "read or written; 130 detached by ^C.\n";
}

/// The command's name may stand after options that every command has.
std::size_t find_command(const std::vector<std::string>& arguments)
{
    std::size_t i = 0;
    while (i < arguments.size() && arguments[i].starts_with('-')) {
        i += arguments[i] == "--store" ? 2 : 1;
    }
    return i;
}

const Command* find(const std::string& name)
{
    const auto found = std::ranges::find(commands, name, &Command::name);
    return found == commands.end() ? nullptr : &*found;
}

/// What the last of the words may become: the command's name here, what stands behind it by the command.
ExitCode complete(std::vector<std::string> words)
{
    namespace shell = gaggle::commands;
    const std::vector<std::string> before{words.begin(), words.empty() ? words.end() : words.end() - 1};
    const std::size_t at = find_command(before);
    if (at < before.size() && before[at] != "help") {
        const Command* const command = find(before[at]);
        words[at] = shell::complete_option;
        std::rotate(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at),
                    words.begin() + static_cast<std::ptrdiff_t>(at) + 1);
        return command != nullptr ? command->function(words) : ExitCode::Ok;
    }
    const std::string word = words.empty() ? "" : words.back();
    if (at > before.size() || word.starts_with('-')) {
        shell::print(
            shell::complete(
                {.synopsis = "gaggle", .description = "", .options = {{"version", "", "print gaggle's version"}}},
                words),
            std::cout);
        return ExitCode::Ok;
    }
    std::vector<shell::Candidate> names{{"help", "print this text, or that of a command"}};
    std::ranges::transform(commands, std::back_inserter(names), [](const Command& command) {
        return shell::Candidate{std::string{command.name}, std::string{command.summary}};
    });
    shell::print(shell::matching(names, word), std::cout);
    return ExitCode::Ok;
}

ExitCode dispatch(std::vector<std::string> arguments)
{
    if (!arguments.empty() && arguments.front() == gaggle::commands::complete_option) {
        return complete({arguments.begin() + 1, arguments.end()});
    }
    const std::size_t at = find_command(arguments);
    if (at >= arguments.size()) {
        if (arguments.size() == 1 && arguments[0] == "--version") {
            std::cout << "gaggle " << GAGGLE_VERSION << "\n";
            return ExitCode::Ok;
        }
        if (arguments.size() == 1 && arguments[0] == "--help") {
            print_help();
            return ExitCode::Ok;
        }
        throw Error(ExitCode::Usage, "which command? 'gaggle help' lists them");
    }
    std::string name = arguments[at];
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(at));
    if (name == "help") {
        const std::size_t topic = find_command(arguments);
        if (topic >= arguments.size()) {
            print_help();
            return ExitCode::Ok;
        }
        name = arguments[topic];
        arguments = {"--help"};
    }
    if (const Command* const command = find(name)) {
        return command->function(arguments);
    }
    std::vector<std::string_view> names{"help"};
    std::ranges::transform(commands, std::back_inserter(names), &Command::name);
    throw Error(ExitCode::Usage,
                "no command '" + name + "'" + gaggle::did_you_mean(name, names) + "; 'gaggle help' lists them");
}

}  // namespace

int main(int argc, char** argv)
{
    gaggle::log::start("gaggle", gaggle::log::Level::quiet);
    // A limit on the size of files is an error of write(2), not our death. Children get the default action again.
    signal(SIGXFSZ, [](int) {});
    try {
        const ExitCode code = dispatch({argv + 1, argv + argc});
        if (!std::cout.flush()) {
            throw Error(ExitCode::Store, "cannot write standard output");
        }
        return static_cast<int>(code);
    } catch (const Error& error) {
        gaggle::log::error(error.what());
        return static_cast<int>(error.code());
    } catch (const std::exception& error) {  // the system: no memory, a folder that vanished
        gaggle::log::error(error.what());
        return static_cast<int>(ExitCode::Store);
    }
}
