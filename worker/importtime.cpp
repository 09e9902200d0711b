#include "worker/importtime.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace gaggle::worker {

namespace {

/// Takes a right-aligned number and its " | "; false if that is not what `text` begins with.
bool take_number(std::string_view& text, std::int64_t& number)
{
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (error != std::errc{} || !text.starts_with(" | ")) {
        return false;
    }
    text.remove_prefix(3);
    return true;
}

std::optional<ImportTime> parse_row(std::string_view line)
{
    constexpr std::string_view prefix = "import time:";
    ImportTime row;
    if (!line.starts_with(prefix)) {
        return {};
    }
    line.remove_prefix(prefix.size());
    if (!take_number(line, row.self_us) || !take_number(line, row.cumulative_us)) {
        return {};
    }
    const std::size_t indentation = line.find_first_not_of(' ');
    if (indentation == std::string_view::npos) {
        return {};
    }
    row.depth = static_cast<unsigned>(indentation / 2);
    row.module = line.substr(indentation);
    return row;
}

}  // namespace

std::vector<ImportTime> parse_import_times(std::string_view standard_error)
{
    std::vector<ImportTime> rows;
    for (std::size_t end = standard_error.find('\n'); end != std::string_view::npos; end = standard_error.find('\n')) {
        if (std::optional<ImportTime> row = parse_row(standard_error.substr(0, end))) {
            rows.push_back(std::move(*row));
        }
        standard_error.remove_prefix(end + 1);
    }
    return rows;
}

}  // namespace gaggle::worker
