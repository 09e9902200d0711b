#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gaggle::commands {

/// One option of a command.
struct Option {
    std::string name;      ///< without the dashes
    std::string argument;  ///< what its value is called in the help, "a|b" if it is one of these; "": it takes none
    std::string help;
    char letter = '\0';  ///< "-p" for "--partition"; '\0': none
};

/// What a command's --help says, and what its command line may hold.
struct Usage {
    std::string synopsis;     ///< "gaggle plan [options] FILE"; a shell completes by its words (complete.hpp)
    std::string description;  ///< lines for people
    std::vector<Option> options;
    std::size_t least_operands = 0;
    std::size_t most_operands = 0;
    enum class AfterDashes { operands, verbatim };  ///< what follows "--" is in Parsed's list of that name
    AfterDashes after_dashes = AfterDashes::operands;
};

/// --store, --verbose and --help.
[[nodiscard]] const std::vector<Option>& common_options();

/// A command line that agrees with its Usage.
struct Parsed {
    std::map<std::string, std::string> options;  ///< those given; "" for one without a value
    std::vector<std::string> operands;
    std::vector<std::string> verbatim;

    [[nodiscard]] bool has(const std::string& name) const { return options.contains(name); }
    [[nodiscard]] std::optional<std::string> value(const std::string& name) const;
    /// --store, else GAGGLE_STORE, else ./gaggle-store; absolute.
    [[nodiscard]] std::filesystem::path store() const;
};

/// Reads a command's arguments. --help prints `usage` on standard output and gives nothing; so does --complete before all
/// others with what a shell may complete the last of them to. Every command also knows the common options. Throws
/// Error(Usage).
[[nodiscard]] std::optional<Parsed> parse(const Usage& usage, const std::vector<std::string>& arguments);

}  // namespace gaggle::commands
