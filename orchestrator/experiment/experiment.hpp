#pragma once

#include "core/array_spec.hpp"
#include "core/names.hpp"
#include "orchestrator/experiment/document.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::experiment {

/// What a job array holds of a block: the repetitions of one cell, or those of all cells with the same number of nodes.
enum class ArrayOf { cell, shape };
inline constexpr Names<ArrayOf, 2> array_of_names{{"cell", "shape"}};
[[nodiscard]] constexpr const auto& names_of(ArrayOf /*value*/)
{
    return array_of_names;
}

/// The [slurm] table: sbatch's own names and meanings. `options` are "--name=value" in file order.
struct SlurmOptions {
    std::vector<std::string> options;
    bool exclusive = true;
    std::vector<std::string> extra;  ///< verbatim
    std::optional<std::filesystem::path> template_file;
    ArrayOf array_of = ArrayOf::cell;
    std::vector<std::string> given;  ///< on gaggle's command line: sbatch's arguments, which beat SBATCH_* and the file

    bool operator==(const SlurmOptions&) const = default;
};

/// An environment that is to be the same as another one: interpreter, packages and files.
struct Likeness {
    std::string environment;
    std::string other;
};

/// An experiment file, checked, with every default filled in and every path absolute.
struct Experiment {
    std::string name;
    std::vector<unsigned> nodes;
    std::vector<unsigned> interpreters;  ///< per node
    unsigned repetitions = 1;
    unsigned blocks = 1;
    std::optional<std::uint64_t> seed;  ///< empty: the plan draws one
    CacheState cache = CacheState::as_is;
    Start start = Start::Synchronised;
    std::optional<unsigned> sentinel;  ///< arrays from one measurement of the sentinel cell to the next; empty: none
    bool concurrent = false;           ///< cells of one block may run at the same time
    bool trace = false;                ///< one traced repetition of each environment, apart from what is measured
    std::chrono::milliseconds interpreter_timeout{std::chrono::minutes{10}};
    std::chrono::milliseconds node_timeout{std::chrono::minutes{2}};  ///< for arriving, for getting ready, for caches
    std::vector<EnvironmentSpec> environments;
    std::vector<Likeness> identical;  ///< in the environments' order
    SlurmOptions slurm;
    std::filesystem::path file;  ///< absolute
    std::string text;            ///< the file's bytes
};

/// What an environment names and is not on this machine.
struct Absent {
    std::string environment;  ///< its name
    Position at;
    std::string key;     ///< "environment.prefix"
    std::string words;   ///< "expected …, found …"
    std::string remedy;  ///< what to do about it
};

/// Looks up a variable of the submitter's shell for `inherit = [...]`; a test gives its own.
using ShellVariables = std::optional<std::string> (*)(const std::string& name);
[[nodiscard]] std::optional<std::string> shell_variable(const std::string& name);

/// Reads and checks a file. Throws Error(Usage) whose message holds every error of the file, one per line,
/// each "FILE:LINE:COLUMN: key: what was expected, what was found". What its environments name and is not on this
/// machine goes to `absent` instead, if there is one.
[[nodiscard]] Experiment read_file(const std::filesystem::path& file, ShellVariables shell = shell_variable,
                                   std::vector<Absent>* absent = nullptr);

/// The same on text already in memory; relative paths are taken from `file`'s folder.
[[nodiscard]] Experiment parse(std::string_view text, const std::filesystem::path& file,
                               ShellVariables shell = shell_variable, std::vector<Absent>* absent = nullptr);

}  // namespace gaggle::experiment
