#pragma once

#include "orchestrator/experiment/kinds.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// "{key}" in the texts of a kind (kinds.hpp), with a key's value in its place. What is no key is left to the nodes.
namespace gaggle::experiment {

/// Of each key of a kind; no list is empty where a word has it among other text.
using Values = std::map<std::string, std::vector<std::string>, std::less<>>;

/// A word with every value in its place; that of a list is its first item.
[[nodiscard]] std::string filled(std::string_view word, const Values& values);

/// Words, of which one that is nothing but a placeholder becomes all of a list's items.
[[nodiscard]] std::vector<std::string> expanded(const Kind::Words& words, const Values& values);

/// A shell command with the words of every value in its place.
[[nodiscard]] std::string shell_command(std::string_view command, const Values& values);

}  // namespace gaggle::experiment
