#pragma once

#include "core/names.hpp"

namespace gaggle {

/// What a cell is for. measured: a result. sentinel: the same small measurement again and again through the campaign,
/// which tells whether the machine stayed the same. trace: one interpreter whose system calls and imports are counted,
/// and whose times say nothing. The three never mix.
enum class Role { measured, sentinel, trace };
inline constexpr Names<Role, 3> role_names{{"measured", "sentinel", "trace"}};
[[nodiscard]] constexpr const auto& names_of(Role /*value*/)
{
    return role_names;
}

}  // namespace gaggle
