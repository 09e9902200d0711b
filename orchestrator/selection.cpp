#include "orchestrator/selection.hpp"

#include "core/ascii.hpp"
#include "core/error.hpp"
#include "core/resemblance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace gaggle::selection {

namespace {

/// Takes a decimal number from the front of `text`.
template <class Number>
std::optional<Number> take_number(std::string_view& text)
{
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

Error not_a_term(const std::string& text)
{
    return {ExitCode::Usage,
            fmt::format("'{}' selects nothing: expected a cell's number or name, such as 3 or 2x4:env, or a job or its "
                        "elements, such as 123, 123_4, 123_[4-6,9] or 123_*",
                        text)};
}

/// What stands in the brackets of "123_[4-6,9]"; empty if it is wrong.
std::vector<Range> parse_ranges(std::string_view text)
{
    std::vector<Range> ranges;
    while (true) {
        const auto first = take_number<unsigned>(text);
        std::optional<unsigned> last = first;
        if (first && text.starts_with('-')) {
            text.remove_prefix(1);
            last = take_number<unsigned>(text);
        }
        if (!first || !last || *last < *first) {
            return {};
        }
        ranges.push_back({*first, *last});
        if (text.empty()) {
            return ranges;
        }
        if (text.front() != ',') {
            return {};
        }
        text.remove_prefix(1);
    }
}

/// `rest` is what follows the underscore.
Term parse_elements(const std::string& text, std::uint64_t job, std::string_view rest)
{
    Term term{.what = Term::What::elements, .text = text, .number = job, .tasks = {}};
    if (rest == "*") {
        return term;
    }
    if (rest.starts_with('[') && rest.ends_with(']')) {
        rest = rest.substr(1, rest.size() - 2);
    } else if (rest.find_first_not_of("0123456789") != std::string_view::npos) {
        throw not_a_term(text);
    }
    term.tasks = parse_ranges(rest);
    if (term.tasks.empty()) {
        throw not_a_term(text);
    }
    return term;
}

bool is_cell_name(std::string_view rest)
{
    if (!rest.starts_with('x')) {
        return false;
    }
    rest.remove_prefix(1);
    return take_number<unsigned>(rest).has_value() && rest.size() > 1 && rest.front() == ':';
}

std::string cell_name(const store::ElementRow& element)
{
    return plan::cell_name(element.nodes, element.interpreters, element.environment, element.role);
}

std::vector<std::string> cell_names(const std::vector<store::ElementRow>& elements)
{
    std::set<std::string> names;
    std::ranges::transform(elements, std::inserter(names, names.end()), cell_name);
    return {names.begin(), names.end()};
}

bool names_cell(const Term& term, const store::ElementRow& element)
{
    return term.what == Term::What::cell ? term.text == cell_name(element)
                                         : term.what == Term::What::number && element.cell == term.number;
}

bool names_job(const Term& term, const store::ElementRow& element)
{
    if (term.what == Term::What::cell || element.job_id != term.number) {
        return false;
    }
    return term.tasks.empty() || std::ranges::any_of(term.tasks, [&](const Range& range) {
               return range.first <= element.task && element.task <= range.last;
           });
}

void check(const Term& term, const std::vector<store::ElementRow>& elements)
{
    const bool is_cell = std::ranges::any_of(elements, [&](const auto& element) { return names_cell(term, element); });
    const bool is_job = std::ranges::any_of(elements, [&](const auto& element) { return names_job(term, element); });
    if (is_cell && is_job) {
        throw Error(ExitCode::Usage, fmt::format("{0} is a cell and a job: say {0}_* for the job, or the cell's name, "
                                                 "NODESxINTERPRETERS:ENVIRONMENT[:ROLE]",
                                                 term.text));
    }
    if (!is_cell && !is_job) {
        throw Error(ExitCode::Usage, fmt::format("no cell and no job '{}' in the experiment{}: 'gaggle plan FILE' "
                                                 "numbers the cells, 'gaggle sql attempts' lists the jobs",
                                                 term.text, did_you_mean(term.text, cell_names(elements))));
    }
}

/// squeue's letters; states that only gaggle knows have none.
constexpr std::array<std::pair<std::string_view, AttemptState>, 11> letters{{
    {"PD", AttemptState::Pending},
    {"R", AttemptState::Running},
    {"CD", AttemptState::Completed},
    {"F", AttemptState::Failed},
    {"TO", AttemptState::Timeout},
    {"CA", AttemptState::Cancelled},
    {"NF", AttemptState::NodeFail},
    {"OOM", AttemptState::OutOfMemory},
    {"PR", AttemptState::Preempted},
    {"BF", AttemptState::BootFail},
    {"DL", AttemptState::Deadline},
}};

StateWord word_of(AttemptState state)
{
    const auto* const found = std::ranges::find(letters, state, &std::pair<std::string_view, AttemptState>::second);
    return {found == letters.end() ? to_string(state) : found->first, to_string(state)};
}

std::string letters_and_name(AttemptState state)
{
    const StateWord word = word_of(state);
    return word.word == word.name ? std::string{word.name} : fmt::format("{} ({})", word.word, word.name);
}

std::optional<AttemptState> state_of(const std::string& name)
{
    const std::string word = upper_case(name);
    AttemptState state{};
    if (from_string(word, state)) {
        return state;
    }
    const auto* const found =
        std::ranges::find(letters, std::string_view{word}, &std::pair<std::string_view, AttemptState>::first);
    return found == letters.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace

Term parse_term(const std::string& text)
{
    std::string_view rest = text;
    const auto number = take_number<std::uint64_t>(rest);
    if (number && rest.empty()) {
        return {.what = Term::What::number, .text = text, .number = *number, .tasks = {}};
    }
    if (number && rest.front() == '_') {
        return parse_elements(text, *number, rest.substr(1));
    }
    if (number && is_cell_name(rest)) {
        return {.what = Term::What::cell, .text = text, .number = 0, .tasks = {}};
    }
    throw not_a_term(text);
}

std::vector<store::ElementRow> select(const std::vector<store::ElementRow>& elements, const std::vector<Term>& terms)
{
    for (const Term& term : terms) {
        check(term, elements);
    }
    std::vector<store::ElementRow> selected;
    std::ranges::copy_if(elements, std::back_inserter(selected), [&](const store::ElementRow& element) {
        return terms.empty() || std::ranges::any_of(terms, [&](const Term& term) {
                   return names_cell(term, element) || names_job(term, element);
               });
    });
    return selected;
}

std::vector<AttemptState> parse_states(std::string_view text, std::span<const AttemptState> allowed)
{
    std::vector<AttemptState> states;
    while (true) {
        const std::string word{text.substr(0, text.find(','))};
        const std::optional<AttemptState> state = state_of(word);
        if (!state || std::ranges::find(allowed, *state) == allowed.end()) {
            std::string list;
            for (const AttemptState each : allowed) {
                list += (list.empty() ? "" : ", ") + letters_and_name(each);
            }
            throw Error(ExitCode::Usage, fmt::format("--state: no state '{}' to choose; there are: {}", word, list));
        }
        states.push_back(*state);
        if (word.size() == text.size()) {
            return states;
        }
        text.remove_prefix(word.size() + 1);
    }
}

std::vector<StateWord> state_words()
{
    std::vector<StateWord> words;
    words.reserve(attempt_state_names.names.size());
    for (std::size_t i = 0; i < attempt_state_names.names.size(); ++i) {
        words.push_back(word_of(static_cast<AttemptState>(i)));
    }
    return words;
}

}  // namespace gaggle::selection
