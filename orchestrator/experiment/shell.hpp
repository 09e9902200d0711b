#pragma once

#include <string>
#include <string_view>

namespace gaggle {

/// A POSIX shell's single word.
[[nodiscard]] inline std::string shell_word(const std::string& text)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-";
    if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) {
        return text;
    }
    std::string word = "'";
    for (const char c : text) {
        word += c == '\'' ? std::string{R"('\'')"} : std::string{c};
    }
    return word + "'";
}

}  // namespace gaggle
