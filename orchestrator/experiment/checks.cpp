#include "orchestrator/experiment/checks.hpp"

#include "core/ascii.hpp"
#include "core/error.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace gaggle::experiment {

namespace {

[[nodiscard]] bool is_identifier(std::string_view text)
{
    return !text.empty() && !is_digit(text.front()) &&
           std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

/// The items of a list; reports what is no list, and an empty one.
[[nodiscard]] const List* list_of(const Field& field, std::string_view of_what, Emptiness emptiness, Problems& problems)
{
    const auto* list = std::get_if<List>(&field.node->value);
    if (list == nullptr || (list->empty() && emptiness == Emptiness::refused)) {
        problems.add(field.at(), field.name,
                     fmt::format("a {}list of {}", emptiness == Emptiness::refused ? "non-empty " : "", of_what),
                     describe(*field.node));
        return nullptr;
    }
    return list;
}

}  // namespace

void Problems::add(Position at, std::string message)
{
    std::ranges::replace_if(
        message, [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }, '?');
    Problem problem{at, std::move(message)};
    if (std::ranges::find(problems_, problem) == problems_.end()) {
        problems_.push_back(std::move(problem));
    }
}

void Problems::add(Position at, std::string_view key, std::string_view expected, std::string_view found)
{
    add(at, fmt::format("{}: expected {}, found {}", key, expected, found));
}

void Problems::throw_if_any(const std::filesystem::path& file) const
{
    if (problems_.empty()) {
        return;
    }
    std::vector<Problem> sorted = problems_;
    std::ranges::stable_sort(sorted, {}, &Problem::at);
    std::string message;
    for (const Problem& problem : sorted) {
        message += fmt::format("{}{}:{}:{}: {}", message.empty() ? "" : "\n", file.string(), problem.at.line,
                               problem.at.column, problem.message);
    }
    throw Error(ExitCode::Usage, message);
}

std::optional<std::string> text_of(const Field& field, Problems& problems, const TextRule& rule)
{
    const auto* text = std::get_if<std::string>(&field.node->value);
    if (text == nullptr) {
        const bool scalar =
            !std::holds_alternative<List>(field.node->value) && !std::holds_alternative<Table>(field.node->value);
        problems.add(field.at(), field.name, "a string",
                     describe(*field.node) + (scalar ? "; write \"" + field.node->source + "\"" : ""));
        return std::nullopt;
    }
    std::string trouble;
    if (text->empty()) {
        trouble = "a string that is not empty";
    } else if (text->find('\0') != std::string::npos) {
        trouble = "a string without NUL characters";
    } else if (rule) {
        trouble = rule(*text);
    }
    if (!trouble.empty()) {
        problems.add(field.at(), field.name, trouble, describe(*field.node));
        return std::nullopt;
    }
    return *text;
}

std::optional<std::int64_t> integer_of(const Field& field, std::int64_t least, std::int64_t most, Problems& problems)
{
    const auto* number = std::get_if<std::int64_t>(&field.node->value);
    if (number == nullptr || *number < least || *number > most) {
        problems.add(field.at(), field.name, fmt::format("an integer from {} to {}", least, most),
                     describe(*field.node));
        return std::nullopt;
    }
    return *number;
}

std::optional<bool> boolean_of(const Field& field, Problems& problems)
{
    const auto* value = std::get_if<bool>(&field.node->value);
    if (value == nullptr) {
        problems.add(field.at(), field.name, "true or false", describe(*field.node));
        return std::nullopt;
    }
    return *value;
}

std::optional<std::string> choice_of(const Field& field, std::span<const std::string_view> available,
                                     std::span<const std::string_view> later, Problems& problems)
{
    const auto* text = std::get_if<std::string>(&field.node->value);
    if (text != nullptr && std::ranges::find(available, *text) != available.end()) {
        return *text;
    }
    const std::string expected =
        available.size() == 1 ? fmt::format("\"{}\"", available.front()) : "one of " + joined(available);
    std::string found = describe(*field.node);
    if (text != nullptr && std::ranges::find(later, *text) != later.end()) {
        found += ", which is not available in this version";
    } else if (const auto near = text != nullptr ? resembling(*text, available) : std::nullopt) {
        found += fmt::format("; did you mean \"{}\"?", *near);
    }
    problems.add(field.at(), field.name, expected, found);
    return std::nullopt;
}

std::optional<std::vector<std::string>> texts_of(const Field& field, Problems& problems, Emptiness emptiness,
                                                 Repeats repeats, const TextRule& rule)
{
    const List* list = list_of(field, "strings", emptiness, problems);
    if (list == nullptr) {
        return std::nullopt;
    }
    std::vector<std::string> texts;
    std::set<std::string> seen;
    bool sound = true;
    for (const Node& item : *list) {
        const auto text = text_of({field.name, &item}, problems, rule);
        if (!text) {
            sound = false;
        } else if (!seen.insert(*text).second && repeats == Repeats::refused) {
            problems.add(item.at, field.name, "no duplicates", describe(item) + " again");
            sound = false;
        } else {
            texts.push_back(*text);
        }
    }
    return sound ? std::optional{texts} : std::nullopt;
}

std::optional<std::vector<unsigned>> counts_of(const Field& field, unsigned most, Problems& problems)
{
    const List* list = list_of(field, "integers", Emptiness::refused, problems);
    if (list == nullptr) {
        return std::nullopt;
    }
    std::vector<unsigned> counts;
    bool sound = true;
    for (const Node& item : *list) {
        const auto count = integer_of({field.name, &item}, 1, most, problems);
        if (!count) {
            sound = false;
        } else if (std::ranges::find(counts, static_cast<unsigned>(*count)) != counts.end()) {
            problems.add(item.at, field.name, "no duplicates", describe(item) + " again");
            sound = false;
        } else {
            counts.push_back(static_cast<unsigned>(*count));
        }
    }
    return sound ? std::optional{counts} : std::nullopt;
}

void report_unknown(const Table& table, std::string_view prefix, std::span<const std::string_view> known,
                    std::span<const std::string_view> later, Problems& problems)
{
    for (const Entry& entry : table) {
        if (std::ranges::find(known, entry.key) != known.end()) {
            continue;
        }
        const std::string name = fmt::format("{}{}", prefix, entry.key);
        if (std::ranges::find(later, entry.key) != later.end()) {
            problems.add(entry.at, name, "one of the keys " + joined(known),
                         fmt::format("'{}', which is not available in this version", entry.key));
            continue;
        }
        problems.add(entry.at, name, "one of the keys " + joined(known),
                     fmt::format("'{}'{}", entry.key, did_you_mean(entry.key, known)));
    }
}

std::string name_rule(const std::string& text)
{
    constexpr std::size_t longest = 100;
    const bool sound = text.size() <= longest && (is_letter(text.front()) || is_digit(text.front())) &&
                       std::ranges::all_of(text, [](char c) {
                           return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
                       });
    return sound ? "" : "a name of up to 100 letters, digits, '.', '_' and '-' that begins with a letter or a digit";
}

std::string variable_rule(const std::string& text)
{
    return is_identifier(text) ? "" : "the name of an environment variable";
}

std::string joined(std::span<const std::string_view> names)
{
    return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace gaggle::experiment
