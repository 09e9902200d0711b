#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A TOML document as this folder reads it: values with the place where they stand. Keeps the TOML library in one
/// translation unit, and its sorted tables out of sight: a file's keys come in the file's order.
namespace gaggle::experiment {

/// Both from 1; a column is a code point.
struct Position {
    unsigned line = 1;
    unsigned column = 1;

    auto operator<=>(const Position&) const = default;
};

struct Node;
struct Entry;
using List = std::vector<Node>;
using Table = std::vector<Entry>;

/// A date, a time or both: TOML has them, no key of an experiment wants one.
struct Instant {
    bool operator==(const Instant&) const = default;
};

struct Node {
    Position at;         ///< of a [table]: its header
    std::string source;  ///< as written; only the first line of what stands on several
    std::variant<std::string, std::int64_t, double, bool, Instant, List, Table> value;
};

struct Entry {
    std::string key;
    Position at;
    Node node;
};

/// The entry named `key`, or nullptr.
[[nodiscard]] const Entry* find(const Table& table, std::string_view key);

/// What a value is, in words, for the end of an error: "the integer 3", "an empty list".
[[nodiscard]] std::string describe(const Node& node);

/// The root, a Table, of the document `text`, which stands in `file`. Throws Error(Usage) "FILE:LINE:COLUMN: not TOML:
/// …": TOML allows no reading on after the first syntax error.
[[nodiscard]] Node parse_toml(std::string_view text, const std::filesystem::path& file);

}  // namespace gaggle::experiment
