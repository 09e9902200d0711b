#include "orchestrator/commands/options.hpp"

#include "core/error.hpp"
#include "orchestrator/commands/complete.hpp"
#include "orchestrator/log.hpp"

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
            if (option.argument.empty()) {
                add(option.name.c_str(), option.help.c_str());
            } else {
                // Two spaces before the help, as everywhere: help2man goes by them.
                add(option.name.c_str(), po::value<std::string>()->value_name(option.argument + " "),
                    option.help.c_str());
            }
        }
    }
    return described;
}

Parsed parse_checked(const Usage& usage, const po::options_description& described,
                     const std::vector<std::string>& arguments)
{
    po::options_description all;
    all.add(described).add_options()("operand", po::value<std::vector<std::string>>());
    po::positional_options_description operands;
    operands.add("operand", -1);
    constexpr int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    const po::parsed_options found =
        po::command_line_parser(arguments).options(all).positional(operands).style(style).run();
    Parsed parsed;
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
    } catch (const po::error& error) {  // the library's only way to say it
        throw Error(ExitCode::Usage, std::string{error.what()} + "; usage: " + usage.synopsis);
    }
    if (parsed.has("help")) {
        std::cout << "Usage: " << usage.synopsis << "\n\n" << usage.description << "\n" << described;
        return std::nullopt;
    }
    log::start(parsed.has("verbose") ? log::Level::verbose : log::Level::quiet);
    return parsed;
}

}  // namespace gaggle::commands
