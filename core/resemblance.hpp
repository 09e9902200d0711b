#pragma once

#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle {

/// The name that `given` resembles, by few enough insertions, deletions, replacements and swaps of neighbours
/// (optimal string alignment distance, at most a third of its length); empty if there is none.
[[nodiscard]] std::optional<std::string_view> resembling(std::string_view given,
                                                         std::span<const std::string_view> names);

/// "; did you mean 'NAME'?" for the end of an error, "" if none of the names resembles what was given.
template <class Names>
[[nodiscard]] std::string did_you_mean(std::string_view given, const Names& names)
{
    const std::vector<std::string_view> views{std::begin(names), std::end(names)};
    const auto near = resembling(given, views);
    return near ? "; did you mean '" + std::string{*near} + "'?" : "";
}

}  // namespace gaggle
