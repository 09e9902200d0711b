#include "orchestrator/report/queries.hpp"
#include "orchestrator/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace gaggle::report {

namespace {

constexpr std::size_t height = 20;  // lines of the figure
constexpr std::size_t margin = 9;   // columns left of it
constexpr std::size_t least_columns = 30;

/// A logarithmic axis: values to places 0 … places − 1.
class Axis {
public:
    Axis(double least, double greatest, std::size_t places)
        : low_(std::log10(least)), high_(std::log10(greatest)), places_(places)
    {
        if (high_ - low_ < 0.3) {  // one size, or nearly one time: half a decade around it
            low_ -= 0.25;
            high_ += 0.25;
        }
    }

    [[nodiscard]] std::size_t place(double value) const
    {
        const double share = std::clamp((std::log10(value) - low_) / (high_ - low_), 0.0, 1.0);
        return static_cast<std::size_t>(std::lround(share * static_cast<double>(places_ - 1)));
    }

    /// 1, 2 and 5 times powers of ten within it.
    [[nodiscard]] std::vector<double> ticks() const
    {
        std::vector<double> all;
        for (int power = static_cast<int>(std::floor(low_)); power <= static_cast<int>(std::ceil(high_)); ++power) {
            for (const double digit : {1.0, 2.0, 5.0}) {
                const double value = digit * std::pow(10.0, power);
                if (std::log10(value) >= low_ && std::log10(value) <= high_) {
                    all.push_back(value);
                }
            }
        }
        return all;
    }

private:
    double low_;
    double high_;
    std::size_t places_;
};

/// The letter of a series; past the alphabet they begin again.
char letter(std::size_t series)
{
    return static_cast<char>('A' + series % 26);
}

using Canvas = std::vector<std::string>;  // from the bottom line up

Canvas draw(const std::vector<Times>& times, const Axis& x, const Axis& y, std::size_t columns)
{
    Canvas canvas(height, std::string(columns, ' '));
    for (std::size_t series = 0; series < times.size(); ++series) {
        for (const statistics::Pair& point : times[series].by_total) {
            char& there = canvas[y.place(point.y)][x.place(point.x)];
            there = there == ' ' || there == letter(series) ? letter(series) : '*';
        }
    }
    return canvas;
}

std::string under(const Axis& x, std::size_t columns)
{
    std::string rule(columns, '-');
    std::string labels(columns + 8, ' ');
    std::size_t free = 0;
    for (const double tick : x.ticks()) {
        const std::size_t place = x.place(tick);
        const std::string label = fmt::format("{:g}", tick);
        if (place >= free) {
            rule[place] = '+';
            labels.replace(place, label.size(), label);
            free = place + label.size() + 2;
        }
    }
    labels.erase(labels.find_last_not_of(' ') + 1);
    return fmt::format("{:{}}+{}\n{:{}} {}\n", "", margin, rule, "", margin, labels);
}

std::string figure(const std::vector<Times>& times, std::size_t columns)
{
    std::vector<statistics::Pair> all;
    for (const Times& one : times) {
        std::ranges::copy(one.by_total, std::back_inserter(all));
    }
    const auto [least_x, most_x] = std::ranges::minmax(all, {}, &statistics::Pair::x);
    const auto [least_y, most_y] = std::ranges::minmax(all, {}, &statistics::Pair::y);
    const Axis x{least_x.x, most_x.x, columns};
    const Axis y{least_y.y, most_y.y, height};
    std::array<std::string, height> labels;
    for (const double tick : y.ticks()) {
        labels.at(y.place(tick)) = fmt::format("{:g} s", tick);
    }
    const Canvas canvas = draw(times, x, y, columns);
    std::string out;
    for (std::size_t line = height; line-- > 0;) {
        std::string row =
            fmt::format("{:>{}} {}{}", labels.at(line), margin - 1, labels.at(line).empty() ? '|' : '+', canvas[line]);
        row.erase(row.find_last_not_of(' ') + 1);
        out += row + "\n";
    }
    return out + under(x, columns);
}

/// The median of the greatest size of each series.
std::string legend(const std::vector<Series>& series, const std::vector<Times>& times)
{
    std::string out;
    for (std::size_t i = 0; i < series.size(); ++i) {
        const std::vector<statistics::Pair>& points = times[i].by_total;
        if (points.empty()) {
            out += fmt::format("{}  {}: nothing completed\n", letter(i), series[i].name);
            continue;
        }
        const double most = std::ranges::max_element(points, {}, &statistics::Pair::x)->x;
        std::vector<double> there;
        for (const statistics::Pair& point : points) {
            if (point.x == most) {
                there.push_back(point.y);
            }
        }
        const std::size_t repetitions = there.size();
        out += fmt::format("{}  {}: {:.4g} s with {:g} interpreters (median of {})\n", letter(i), series[i].name,
                           statistics::median(std::move(there)), most, repetitions);
    }
    return out;
}

}  // namespace

std::string text(const store::Store& store, const std::vector<store::ExperimentId>& experiments, std::size_t width)
{
    const std::vector<Series> series = series_of(store, experiments);
    const std::vector<Times> times = times_of(ask(store, "overall", experiments), series);
    std::string out = "Overall time, first start to last exit over all nodes, against interpreters in all\n\n";
    if (std::ranges::any_of(times, [](const Times& one) { return !one.by_total.empty(); })) {
        out += figure(times, std::max(width, margin + 1 + least_columns) - margin - 1) + "\n";
    }
    return out + legend(series, times) +
           "Each letter is a repetition that completed; * is where several environments meet.\n";
}

}  // namespace gaggle::report
