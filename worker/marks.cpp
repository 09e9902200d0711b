#include "worker/marks.hpp"

#include <charconv>

namespace gaggle::worker {

namespace {

constexpr std::size_t longest_message = 500;

/// The next line of `text` without its newline, taken off it. A last line without one counts.
std::string_view take_line(std::string_view& text)
{
    const std::size_t newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    return line;
}

}  // namespace

Marks parse_marks(std::string_view text)
{
    Marks result;
    while (!text.empty()) {
        const bool whole = text.find('\n') != std::string_view::npos;
        const std::string_view line = take_line(text);
        const std::size_t tab = line.rfind('\t');
        std::int64_t at_ns = 0;
        const std::string_view number = tab == std::string_view::npos ? std::string_view{} : line.substr(tab + 1);
        const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), at_ns);
        if (!whole || error != std::errc{} || end != number.data() + number.size()) {
            result.trouble = "unreadable mark '" + std::string{line.substr(0, 100)} + "'";
            return result;
        }
        const std::string_view name = line.substr(0, tab);
        if (constexpr std::string_view prefix = "error\t"; name.starts_with(prefix)) {
            result.error = name.substr(prefix.size(), longest_message);
        } else {
            result.marks.push_back({std::string{name}, at_ns});
        }
    }
    return result;
}

std::string telling_line(std::string_view standard_error)
{
    const bool traceback = standard_error.find("Traceback (most recent call last)") != std::string_view::npos;
    std::string_view told;
    while (!standard_error.empty()) {
        const std::string_view line = take_line(standard_error);
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
            continue;
        }
        told = line;
        if (!traceback) {
            break;
        }
    }
    return std::string{told.substr(0, longest_message)};
}

}  // namespace gaggle::worker
