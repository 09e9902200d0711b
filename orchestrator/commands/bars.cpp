#include "orchestrator/commands/bars.hpp"

#include "core/clock.hpp"
#include "orchestrator/commands/eta.hpp"
#include "orchestrator/commands/words.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <utility>

namespace gaggle::commands {

namespace {

constexpr std::size_t widest_bar = 50;
constexpr std::size_t narrowest_bar = 8;

std::string numbers(const EnvironmentProgress& one)
{
    std::string text = fmt::format("{}/{}", one.completed, one.attempts);
    for (const auto& [count, word] :
         {std::pair{one.failed, "failed"}, std::pair{one.running, "running"}, std::pair{one.recorded, "recorded"},
          std::pair{one.unverified, "unverified"}, std::pair{one.unsubmitted, "not submitted"}}) {
        text += count == 0 ? "" : fmt::format("  {} {}", count, word);
    }
    return text;
}

std::string bar(const EnvironmentProgress& one, std::size_t width, bool has_colours)
{
    struct Part {
        std::size_t count;
        char sign;
        const char* colour;
    };
    const std::array parts{Part{one.completed, '#', "\x1b[32m"}, Part{one.failed, 'x', "\x1b[31m"},
                           Part{one.running + one.recorded, '>', "\x1b[33m"}};
    std::string text;
    std::size_t counted_so_far = 0;
    std::size_t drawn = 0;
    for (const Part& part : parts) {
        counted_so_far += part.count;
        const std::size_t end = one.attempts == 0 ? 0 : counted_so_far * width / one.attempts;
        if (end > drawn) {
            const std::string signs(end - drawn, part.sign);
            text += has_colours ? part.colour + signs + "\x1b[0m" : signs;
            drawn = end;
        }
    }
    return "[" + text + std::string(width - drawn, '.') + "]";
}

std::string clipped(std::string text, std::size_t width)
{
    return text.size() > width ? text.substr(0, width) : std::move(text);
}

std::int64_t now_unix_s()
{
    return clocks::realtime_ns() / 1'000'000'000;
}

/// "3 of 4 attempts ended".
std::string ended(const std::vector<EnvironmentProgress>& environments)
{
    std::size_t attempts = 0;
    std::size_t over = 0;
    for (const EnvironmentProgress& one : environments) {
        attempts += one.attempts;
        over += one.completed + one.failed;
    }
    return fmt::format("{} of {} ended", over, counted(attempts, "attempt"));
}

/// "; ends about …", if that can be told.
std::string ending(const Progress& progress)
{
    const std::int64_t now = now_unix_s();
    const auto end = progress.expected_end_unix_s();
    return end ? "; " + words_of_end(std::chrono::seconds{std::max<std::int64_t>(0, *end - now)}, now) : "";
}

}  // namespace

std::vector<std::string> bars(const std::vector<EnvironmentProgress>& environments, const Terminal& terminal)
{
    const std::size_t room = terminal.columns - 1;  // a terminal may wrap what fills its last column
    std::size_t name_width = 0;
    std::size_t numbers_width = 0;
    for (const EnvironmentProgress& one : environments) {
        name_width = std::max(name_width, one.environment.size());
        numbers_width = std::max(numbers_width, numbers(one).size());
    }
    const std::size_t taken = name_width + numbers_width + 6;
    const std::size_t width = taken + narrowest_bar > room ? 0 : std::min(widest_bar, room - taken);
    std::vector<std::string> lines;
    for (const EnvironmentProgress& one : environments) {
        const std::string name = fmt::format("{:<{}}", one.environment, name_width);
        lines.push_back(width == 0 ? clipped(name + "  " + numbers(one), room)
                                   : name + "  " + bar(one, width, terminal.has_colours) + "  " + numbers(one));
    }
    return lines;
}

void ProgressBars::show(const Progress& progress, std::size_t requests)
{
    if (const auto terminal = terminal_at(STDOUT_FILENO)) {
        draw(progress, *terminal, requests);
    } else {
        print_changes(progress);
    }
}

void ProgressBars::draw(const Progress& progress, const Terminal& terminal, std::size_t requests)
{
    const std::vector<EnvironmentProgress> environments = progress.by_environment();
    std::vector<std::string> lines = bars(environments, terminal);
    const std::size_t most = terminal.rows > 4 ? terminal.rows - 4 : 1;
    if (lines.size() > most) {
        const std::size_t hidden = lines.size() - most + 1;
        lines.resize(most - 1);
        lines.push_back(
            clipped(fmt::format("and {} more environments: the terminal is too low", hidden), terminal.columns - 1));
    }
    lines.insert(lines.begin(),
                 clipped(fmt::format("{}: {}{}", title_, ended(environments), ending(progress)), terminal.columns - 1));
    lines.push_back(clipped(fmt::format("asked slurmctld {}; ^C detaches, the jobs go on", counted(requests, "time")),
                            terminal.columns - 1));
    std::string text = drawn_ == 0 ? "" : fmt::format("\x1b[{}A\r", drawn_);
    for (const std::string& line : lines) {
        text += "\x1b[2K" + line + "\n";
    }
    if (lines.size() < drawn_) {
        text += "\x1b[J";
    }
    drawn_ = lines.size();
    std::cout << text << std::flush;
}

void ProgressBars::print_changes(const Progress& progress)
{
    const std::vector<EnvironmentProgress> now = progress.by_environment();
    for (const EnvironmentProgress& one : now) {
        if (std::ranges::find(printed_, one) == printed_.end()) {
            std::cout << fmt::format("{:%Y-%m-%dT%H:%M:%S} {}: {}{}\n",
                                     fmt::localtime(static_cast<std::time_t>(now_unix_s())), one.environment,
                                     numbers(one), ending(progress));
        }
    }
    std::cout.flush();
    printed_ = now;
}

}  // namespace gaggle::commands
