#pragma once

#include "core/resemblance.hpp"
#include "orchestrator/experiment/document.hpp"

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The single checks that keys of an experiment file need. Each reports what is wrong and goes on: a file's errors
/// are shown all at once.
namespace gaggle::experiment {

/// The errors of one file.
class Problems {
public:
    /// The same again is one error: several environments may read the same place.
    void add(Position at, std::string message);
    /// "KEY: expected EXPECTED, found FOUND".
    void add(Position at, std::string_view key, std::string_view expected, std::string_view found);
    /// Throws Error(Usage) with every error as "FILE:LINE:COLUMN: MESSAGE", a line each, in the file's order.
    void throw_if_any(const std::filesystem::path& file) const;

private:
    struct Problem {
        Position at;
        std::string message;

        bool operator==(const Problem&) const = default;
    };
    std::vector<Problem> problems_;
};

/// One value under its full name, as errors call it: "slurm.time".
struct Field {
    std::string name;
    const Node* node = nullptr;

    [[nodiscard]] Position at() const { return node->at; }
};

/// What is wrong with a text, in the words after "expected"; empty: nothing.
using TextRule = std::function<std::string(const std::string&)>;

/// A string, neither empty nor with a NUL in it, that keeps `rule`. Empty if reported.
[[nodiscard]] std::optional<std::string> text_of(const Field& field, Problems& problems, const TextRule& rule = {});
/// An integer from `least` to `most`.
[[nodiscard]] std::optional<std::int64_t> integer_of(const Field& field, std::int64_t least, std::int64_t most,
                                                     Problems& problems);
[[nodiscard]] std::optional<bool> boolean_of(const Field& field, Problems& problems);
/// One of `available`; `later` are known but not in this version.
[[nodiscard]] std::optional<std::string> choice_of(const Field& field, std::span<const std::string_view> available,
                                                   std::span<const std::string_view> later, Problems& problems);

enum class Repeats { allowed, refused };
enum class Emptiness { allowed, refused };
/// A list of strings, each keeping `rule`.
[[nodiscard]] std::optional<std::vector<std::string>> texts_of(const Field& field, Problems& problems,
                                                               Emptiness emptiness, Repeats repeats,
                                                               const TextRule& rule = {});
/// A list, not empty, of different integers from 1 to `most`.
[[nodiscard]] std::optional<std::vector<unsigned>> counts_of(const Field& field, unsigned most, Problems& problems);

/// Reports every key of `table` that is not in `known`, with the known one that it resembles; `later` are known but
/// not in this version. `prefix` is put before keys in errors ("slurm.").
void report_unknown(const Table& table, std::string_view prefix, std::span<const std::string_view> known,
                    std::span<const std::string_view> later, Problems& problems);

/// Letters, digits, ".", "_" and "-", the first a letter or a digit: safe in file names and job names.
[[nodiscard]] std::string name_rule(const std::string& text);
/// A name of an environment variable.
[[nodiscard]] std::string variable_rule(const std::string& text);

/// "a, b, c".
[[nodiscard]] std::string joined(std::span<const std::string_view> names);

}  // namespace gaggle::experiment
