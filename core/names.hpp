#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace gaggle {

/// The names of an enumeration's values, in their order. A function beside the enumeration, found by its argument, says
/// which they are:
///
///     enum class Start { Synchronised, AsLaunched };
///     inline constexpr Names<Start, 2> start_names{{"synchronised", "as-launched"}};
///     [[nodiscard]] constexpr const auto& names_of(Start /*value*/) { return start_names; }
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

template <class E>
concept Named = requires(E value)
{
    names_of(value);
};

template <Named E>
[[nodiscard]] constexpr std::string_view to_string(E value)
{
    return names_of(value).of(value);
}

/// False, and `value` as it was, if none has that name.
template <Named E>
[[nodiscard]] constexpr bool from_string(std::string_view text, E& value)
{
    return names_of(value).find(text, value);
}

}  // namespace gaggle
