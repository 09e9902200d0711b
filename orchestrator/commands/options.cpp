#include "orchestrator/commands/options.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/resemblance.hpp"
#include "orchestrator/commands/complete.hpp"
#include "orchestrator/experiment/slurm_options.hpp"

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <cstdlib>
#include <iostream>

namespace gaggle::commands {

namespace po = boost::program_options;

namespace {

po::options_description describe(const Usage& usage)
{
    po::options_description described{"Options", 110};
    auto add = described.add_options();
    for (const std::vector<Option>& options : {usage.options, common_options()}) {
        for (const Option& option : options) {
            const std::string names = option.letter == '\0' ? option.name : option.name + "," + option.letter;
            if (option.argument.empty()) {
                add(names.c_str(), option.help.c_str());
            } else {
                // Two spaces before the help, as everywhere: help2man goes by them.
                add(names.c_str(), po::value<std::string>()->value_name(option.argument + " "), option.help.c_str());
            }
        }
    }
    return described;
}

Parsed parse_checked(const Usage& usage, const po::options_description& described, std::vector<std::string> arguments)
{
    Parsed parsed;
    if (usage.after_dashes == Usage::AfterDashes::verbatim) {
        const auto dashes = std::ranges::find(arguments, "--");
        if (dashes != arguments.end()) {
            parsed.verbatim.assign(dashes + 1, arguments.end());
            arguments.erase(dashes, arguments.end());
        }
    }
    po::options_description all;
    all.add(described).add_options()("operand", po::value<std::vector<std::string>>());
    po::positional_options_description operands;
    operands.add("operand", -1);
    constexpr int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    const po::parsed_options found =
        po::command_line_parser(arguments).options(all).positional(operands).style(style).run();
    for (const po::option& option : found.options) {
        if (option.position_key >= 0) {
            parsed.operands.push_back(option.value.front());
        } else {
            parsed.options[option.string_key] = option.value.empty() ? "" : option.value.front();
        }
    }
    if (!parsed.has("help") &&
        (parsed.operands.size() < usage.least_operands || parsed.operands.size() > usage.most_operands)) {
        throw Error(ExitCode::Usage, "usage: " + usage.synopsis);
    }
    return parsed;
}

/// What may help who wrote an option that there is not.
std::string hint(const std::string& given, const Usage& usage, const po::options_description& described)
{
    if (usage.after_dashes == Usage::AfterDashes::verbatim) {
        if (const std::string why = experiment::refusal(given); !why.empty()) {
            return ": there is " + why;
        }
    }
    std::vector<std::string> names;
    for (const auto& option : described.options()) {
        names.push_back("--" + option->long_name());
    }
    return did_you_mean(given, names);
}

}  // namespace

const std::vector<Option>& common_options()
{
    static const std::vector<Option> options{
        {"store", "DIR", "the folder of results, scripts and records (default: $GAGGLE_STORE, else ./gaggle-store)"},
        {"verbose", "", "say more on standard error"},
        {"help", "", "print this text"}};
    return options;
}

std::optional<std::string> Parsed::value(const std::string& name) const
{
    const auto found = options.find(name);
    return found == options.end() ? std::nullopt : std::optional{found->second};
}

std::filesystem::path Parsed::store() const
{
    const char* named = std::getenv("GAGGLE_STORE");
    return std::filesystem::absolute(
               value("store").value_or(named != nullptr && *named != '\0' ? named : "gaggle-store"))
        .lexically_normal();
}

std::optional<Parsed> parse(const Usage& usage, const std::vector<std::string>& arguments)
{
    if (!arguments.empty() && arguments.front() == complete_option) {
        print(complete(usage, {arguments.begin() + 1, arguments.end()}), std::cout);
        return std::nullopt;
    }
    const po::options_description described = describe(usage);
    Parsed parsed;
    try {
        parsed = parse_checked(usage, described, arguments);
    } catch (const po::unknown_option& error) {  // the library's only way to say it
        throw Error(ExitCode::Usage,
                    error.what() + hint(error.get_option_name(), usage, described) + "; usage: " + usage.synopsis);
    } catch (const po::error& error) {
        throw Error(ExitCode::Usage, std::string{error.what()} + "; usage: " + usage.synopsis);
    }
    if (parsed.has("help")) {
        std::cout << "Usage: " << usage.synopsis << "\n\n" << usage.description << "\n" << described;
        return std::nullopt;
    }
    log::start("gaggle", parsed.has("verbose") ? log::Level::verbose : log::Level::quiet);
    return parsed;
}

}  // namespace gaggle::commands
