#include "core/resemblance.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace gaggle {

namespace {

std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    return d[a.size()][b.size()];
}

}  // namespace

std::optional<std::string_view> resembling(std::string_view given, std::span<const std::string_view> names)
{
    constexpr std::size_t longest = 64;
    if (given.size() > longest) {
        return std::nullopt;
    }
    std::optional<std::string_view> nearest;
    std::size_t least = std::max<std::size_t>(1, given.size() / 3) + 1;
    for (const std::string_view name : names) {
        if (const std::size_t d = distance(given, name); d < least) {
            least = d;
            nearest = name;
        }
    }
    return nearest;
}

}  // namespace gaggle
