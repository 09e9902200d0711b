#include "orchestrator/experiment/durations.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

namespace gaggle::experiment {

namespace {

/// Small enough that no sum of a few, in any unit, overflows.
constexpr std::int64_t largest_number = 1'000'000'000;

/// Takes digits from the front of `text`.
[[nodiscard]] std::optional<std::int64_t> take_number(std::string_view& text)
{
    std::int64_t number = 0;
    const auto digits =
        static_cast<std::size_t>(std::ranges::find_if(text, [](char c) { return !is_digit(c); }) - text.begin());
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
    if (digits == 0 || error != std::errc{} || number > largest_number) {
        return std::nullopt;
    }
    text.remove_prefix(digits);
    return number;
}

/// All of "a:b:c".
[[nodiscard]] std::optional<std::vector<std::int64_t>> numbers_of(std::string_view text)
{
    std::vector<std::int64_t> numbers;
    while (const auto number = take_number(text)) {
        numbers.push_back(*number);
        if (text.empty()) {
            return numbers;
        }
        if (text.front() != ':') {
            return std::nullopt;
        }
        text.remove_prefix(1);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text)
{
    struct Unit {
        std::string_view name;
        std::chrono::milliseconds length;
    };
    using std::chrono::hours, std::chrono::milliseconds, std::chrono::minutes, std::chrono::seconds;
    constexpr std::array<Unit, 4> units{
        {{"h", hours{1}}, {"m", minutes{1}}, {"s", seconds{1}}, {"ms", milliseconds{1}}}};

    milliseconds sum{0};
    auto next = units.begin();
    while (!text.empty()) {
        const auto number = take_number(text);
        const std::string_view name =
            text.substr(0, static_cast<std::size_t>(
                               std::ranges::find_if(text, [](char c) { return c < 'a' || c > 'z'; }) - text.begin()));
        const auto unit = std::ranges::find(next, units.end(), name, &Unit::name);
        if (!number || unit == units.end()) {
            return std::nullopt;
        }
        sum += *number * unit->length;
        text.remove_prefix(name.size());
        next = unit + 1;
    }
    constexpr milliseconds longest = std::chrono::days{30};
    return sum > milliseconds{0} && sum <= longest ? std::optional{sum} : std::nullopt;
}

std::optional<TimeLimit> parse_time_limit(std::string_view text)
{
    const std::string word = upper_case(std::string{text});
    if (word == "UNLIMITED" || word == "INFINITE" || text == "-1") {
        return TimeLimit{};
    }
    using std::chrono::days, std::chrono::hours, std::chrono::minutes, std::chrono::seconds;
    std::optional<std::int64_t> number_of_days;
    if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
        std::string_view before = text.substr(0, dash);
        number_of_days = take_number(before);
        if (!number_of_days || !before.empty()) {
            return std::nullopt;
        }
        text.remove_prefix(dash + 1);
    }
    const auto numbers = numbers_of(text);
    if (!numbers || numbers->size() > 3) {
        return std::nullopt;
    }
    const std::vector<std::int64_t>& n = *numbers;
    seconds sum{0};
    if (number_of_days) {  // days-hours[:minutes[:seconds]]
        sum = days{*number_of_days} + hours{n[0]};
        sum += minutes{n.size() > 1 ? n[1] : 0} + seconds{n.size() > 2 ? n[2] : 0};
    } else if (n.size() == 3) {
        sum = hours{n[0]} + minutes{n[1]} + seconds{n[2]};
    } else {
        sum = minutes{n[0]} + seconds{n.size() > 1 ? n[1] : 0};
    }
    return sum == seconds{0} ? TimeLimit{} : TimeLimit{std::chrono::ceil<minutes>(sum)};
}

}  // namespace gaggle::experiment
