#include "orchestrator/experiment/placeholders.hpp"

#include "orchestrator/experiment/shell.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace gaggle::experiment {

namespace {

/// Calls `plain` with the text between placeholders and `value` with the name of each.
template <class Plain, class Value>
void split_placeholders(std::string_view text, Plain plain, Value value)
{
    while (!text.empty()) {
        const std::size_t open = std::min(text.find('{'), text.size());
        const std::size_t close = std::min(text.find('}', open), text.size());
        plain(text.substr(0, open));
        if (close == text.size()) {
            return;
        }
        value(text.substr(open + 1, close - open - 1));
        text.remove_prefix(close + 1);
    }
}

}  // namespace

std::string filled(std::string_view word, const Values& values)
{
    std::string result;
    split_placeholders(
        word, [&](std::string_view text) { result += text; },
        [&](std::string_view key) {
            const auto found = values.find(key);
            result += found == values.end() ? fmt::format("{{{}}}", key) : found->second.front();
        });
    return result;
}

std::vector<std::string> expanded(const Kind::Words& words, const Values& values)
{
    std::vector<std::string> result;
    for (const std::string_view word : words) {
        const bool whole = word.starts_with('{') && word.find('}') + 1 == word.size();
        const auto found = whole ? values.find(word.substr(1, word.size() - 2)) : values.end();
        if (found != values.end()) {
            result.insert(result.end(), found->second.begin(), found->second.end());
        } else {
            result.push_back(filled(word, values));
        }
    }
    return result;
}

std::string shell_command(std::string_view command, const Values& values)
{
    std::string result;
    split_placeholders(
        command, [&](std::string_view text) { result += text; },
        [&](std::string_view key) {
            const auto found = values.find(key);
            if (found == values.end()) {
                result += fmt::format("{{{}}}", key);
                return;
            }
            for (const std::string& item : found->second) {
                result += (&item == &found->second.front() ? "" : " ") + shell_word(item);
            }
        });
    return result;
}

}  // namespace gaggle::experiment
