#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace gaggle {

/// The names of an enumeration's values in their order; `to_string` and `from_string` are written with it.
template <class E, std::size_t N>
struct Names {
    std::array<std::string_view, N> names;

    [[nodiscard]] constexpr std::string_view of(E value) const { return names.at(static_cast<std::size_t>(value)); }
    [[nodiscard]] constexpr bool find(std::string_view name, E& value) const
    {
        for (std::size_t i = 0; i < N; ++i) {
            if (names[i] == name) {
                value = static_cast<E>(i);
                return true;
            }
        }
        return false;
    }
};

}  // namespace gaggle
