#include "orchestrator/commands/eta.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace gaggle::commands {

namespace {

/// Seconds, and of how many.
struct Mean {
    double sum = 0;
    double count = 0;

    void add(double value)
    {
        sum += value;
        count += 1;
    }
    [[nodiscard]] double value() const { return count == 0 ? 0 : sum / count; }
};

using Span = std::pair<std::int64_t, std::int64_t>;  ///< start, end

/// How many ran at a time while any did.
double parallelism(std::vector<Span> spans)
{
    std::ranges::sort(spans);
    double sum = 0;
    double covered = 0;
    std::int64_t end = 0;
    for (const auto& [from, to] : spans) {
        sum += static_cast<double>(to - from);
        covered += static_cast<double>(std::max(to, end) - std::max(from, end));
        end = std::max(to, end);
    }
    return covered > 0 ? std::max(1.0, sum / covered) : 1;
}

/// What the attempts that have ended tell.
struct Pace {
    Mean all;
    std::map<unsigned, Mean> of_cell;
    Mean pause;  ///< between two elements of an array
    std::vector<Span> spans;

    explicit Pace(const std::vector<store::ElementRow>& elements)
    {
        const store::ElementRow* before = nullptr;
        for (const store::ElementRow& element : elements) {
            if (!is_terminal(element.state) || !element.start_unix_s || !element.end_unix_s ||
                *element.end_unix_s < *element.start_unix_s) {
                continue;
            }
            spans.emplace_back(*element.start_unix_s, *element.end_unix_s);
            const auto took = static_cast<double>(*element.end_unix_s - *element.start_unix_s);
            all.add(took);
            of_cell[element.cell].add(took);
            if (before != nullptr && before->array == element.array && *element.start_unix_s >= *before->end_unix_s) {
                pause.add(static_cast<double>(*element.start_unix_s - *before->end_unix_s));
            }
            before = &element;
        }
    }

    [[nodiscard]] double length(unsigned cell) const
    {
        const auto own = of_cell.find(cell);
        return own == of_cell.end() ? all.value() : own->second.value();
    }
};

}  // namespace

std::optional<std::chrono::seconds> time_left(const std::vector<store::ElementRow>& elements, std::int64_t now_unix_s)
{
    const Pace pace{elements};
    double left = 0;
    std::size_t open = 0;
    for (const store::ElementRow& element : elements) {
        if (is_terminal(element.state) || element.state == AttemptState::Planned) {
            continue;
        }
        ++open;
        if (element.state == AttemptState::Running && element.start_unix_s) {
            const auto ran = static_cast<double>(std::max<std::int64_t>(0, now_unix_s - *element.start_unix_s));
            left += std::max(0.0, pace.length(element.cell) - ran);
        } else {
            left += pace.pause.value() + pace.length(element.cell);
        }
    }
    if (open == 0 || pace.spans.empty()) {
        return std::nullopt;
    }
    return std::chrono::seconds{std::llround(left / parallelism(pace.spans))};
}

std::string words_of_end(std::chrono::seconds left, std::int64_t now_unix_s)
{
    const std::tm now = fmt::localtime(static_cast<std::time_t>(now_unix_s));
    const std::tm end = fmt::localtime(static_cast<std::time_t>(now_unix_s + left.count()));
    const bool is_today = now.tm_yday == end.tm_yday && now.tm_year == end.tm_year;
    const auto minutes = (left.count() + 59) / 60;
    const std::string span = minutes < 120    ? fmt::format("{} min", minutes)
                             : minutes < 2880 ? fmt::format("{} h", (minutes + 30) / 60)
                                              : fmt::format("{} days", (minutes + 720) / 1440);
    return is_today ? fmt::format("ends about {:%H:%M} (in {})", end, span)
                    : fmt::format("ends about {:%Y-%m-%d %H:%M} (in {})", end, span);
}

}  // namespace gaggle::commands
