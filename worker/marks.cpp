#include "worker/marks.hpp"

#include "core/error.hpp"

#include <sys/timerfd.h>

#include <cerrno>
#include <charconv>

namespace gaggle::worker {

namespace {

constexpr std::int64_t timer_expires_s = 9'000'000'000;  // in ns still a 64-bit number
constexpr std::size_t longest_message = 500;

/// The next line of `text` without its newline, taken off it. A last line without one counts.
std::string_view take_line(std::string_view& text)
{
    const std::size_t newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    return line;
}

/// All of `text` as a number; false if it is something else.
template <class Number>
bool read_number(std::string_view text, Number& number)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

bool read_instant(std::string_view text, std::int64_t& at_ns)
{
    const std::size_t comma = text.find(", ");
    if (!text.starts_with('(') || !text.ends_with(')') || comma == std::string_view::npos) {
        return read_number(text, at_ns);
    }
    std::int64_t left_s = 0;
    std::int64_t left_ns = 0;
    const bool sound = read_number(text.substr(1, comma - 1), left_s) &&
                       read_number(text.substr(comma + 2, text.size() - comma - 3), left_ns) && left_s >= 0 &&
                       left_s < timer_expires_s && left_ns >= 0 && left_ns < 1'000'000'000;
    at_ns = (timer_expires_s - left_s) * 1'000'000'000 - left_ns;
    return sound;
}

/// "CLOCK<tab>RESOLUTION<tab>VERSION"
std::optional<record::Probe> read_probe(std::string_view text)
{
    record::Probe probe;
    const std::size_t first = text.find('\t');
    const std::size_t second = text.find('\t', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos ||
        !read_number(text.substr(first + 1, second - first - 1), probe.resolution_ns)) {
        return std::nullopt;
    }
    probe.clock = text.substr(0, first);
    probe.version = text.substr(second + 1);
    return probe;
}

}  // namespace

Descriptor make_timer()
{
    Descriptor timer{timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)};
    itimerspec expires{};
    expires.it_value.tv_sec = timer_expires_s;
    if (timer.get() < 0 || timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &expires, nullptr) != 0) {
        throw system_error(ExitCode::Usage, "make", "the timer that probes read", errno);
    }
    return timer;
}

Marks parse_marks(std::string_view text)
{
    Marks result;
    while (!text.empty()) {
        const bool whole = text.find('\n') != std::string_view::npos;
        const std::string_view line = take_line(text);
        const std::size_t tab = line.rfind('\t');
        std::int64_t at_ns = 0;
        if (!whole || tab == std::string_view::npos || !read_instant(line.substr(tab + 1), at_ns)) {
            result.trouble = "unreadable mark '" + std::string{line.substr(0, 100)} + "'";
            return result;
        }
        const std::string_view name = line.substr(0, tab);
        if (constexpr std::string_view prefix = "error\t"; name.starts_with(prefix)) {
            result.error = name.substr(prefix.size(), longest_message);
        } else if (constexpr std::string_view about = "probe\t"; name.starts_with(about)) {
            result.probe = read_probe(name.substr(about.size()));
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
