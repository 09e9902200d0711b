#pragma once

#include "core/names.hpp"

#include <string_view>

namespace gaggle {

/// What a node's memory holds of an environment's files when a measurement begins: nothing, what one unmeasured run
/// left there, everything, or whatever it happens to be.
enum class CacheState { cold, warm, hot, as_is };
inline constexpr Names<CacheState, 4> cache_state_names{{"cold", "warm", "hot", "as-is"}};
[[nodiscard]] constexpr const auto& names_of(CacheState /*value*/)
{
    return cache_state_names;
}

}  // namespace gaggle
