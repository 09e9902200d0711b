#pragma once

#include "orchestrator/commands/options.hpp"

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

/// What a shell may complete a word of the command line to. The scripts of `gaggle completion` ask
///
///     gaggle --complete WORD...
///
/// with all words up to the cursor, the last of which, possibly empty, is to be completed. They know nothing else, so
/// that every command and option has its completion by being in the table of commands and in a Usage.
namespace gaggle::commands {

inline constexpr std::string_view complete_option = "--complete";

struct Candidate {
    std::string word;
    std::string help;  ///< "" if there is nothing to say

    bool operator==(const Candidate&) const = default;
};

struct Completion {
    enum class What { words, files, experiment_files, folders };

    What what = What::words;
    std::vector<Candidate> candidates;  ///< of words; each begins with the word to complete
};

/// Of a command's words, its name left out. What an option's value and an operand may be goes by what the Usage calls
/// it: "a|b" and a small word are themselves; FILE, DIR, NAME (of a canned query), SELECTION and others what they say;
/// a lone operand FILE is an experiment file. Reads the store at most; asks Slurm for nothing.
[[nodiscard]] Completion complete(const Usage& usage, const std::vector<std::string>& words);

/// Those of `candidates` that begin with `word`.
[[nodiscard]] Completion matching(const std::vector<Candidate>& candidates, std::string_view word);

/// A line with what it is (words, files, experiment-files, folders); a line for each candidate, with a tab before its
/// help.
void print(const Completion& completion, std::ostream& out);

}  // namespace gaggle::commands
