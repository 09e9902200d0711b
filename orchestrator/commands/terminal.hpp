#pragma once

#include <cstddef>
#include <optional>

namespace gaggle::commands {

/// What standard output or standard error goes to, where that is a terminal that can be drawn on.
struct Terminal {
    std::size_t columns = 80;
    std::size_t rows = 24;
    bool has_colours = true;  ///< false if NO_COLOR is set (no-color.org)
};

/// Empty if `descriptor` is not a terminal, or TERM says that it is dumb. Its size is that of now.
[[nodiscard]] std::optional<Terminal> terminal_at(int descriptor);

}  // namespace gaggle::commands
