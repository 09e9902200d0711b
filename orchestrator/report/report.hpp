#pragma once

#include "orchestrator/store/store.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What gaggle report shows: numbers gathered from a store, put into a page or drawn on a terminal.
namespace gaggle::report {

/// Points that the figure of individual times draws at most; of more it draws that many, and the page says so.
inline constexpr std::size_t most_points = 20'000;

/// The page's data as one JSON object of compact columns, documented in docs/report.md; ASCII only, and without a '<',
/// so that it may stand in a script element.
[[nodiscard]] std::string gather(const store::Store& store, const std::vector<store::ExperimentId>& experiments);

/// The page with this data in it: one HTML file that asks for no other. Error(Usage) if gaggle was built without it.
[[nodiscard]] std::string page(std::string_view data);

/// The figure of overall times for a terminal: a character per repetition on log-log axes, a letter per environment, at
/// most `width` columns (at least 40), and the medians below it. Ends in a newline.
[[nodiscard]] std::string text(const store::Store& store, const std::vector<store::ExperimentId>& experiments,
                               std::size_t width);

}  // namespace gaggle::report
