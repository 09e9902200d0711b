#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::worker {

/// One module that `python -X importtime` timed.
struct ImportTime {
    std::string module;              ///< full name
    unsigned depth = 0;              ///< 0: imported by the program (or at start-up), 1: by one of those, …
    std::int64_t self_us = 0;        ///< without what it imports
    std::int64_t cumulative_us = 0;  ///< with it

    bool operator==(const ImportTime&) const = default;
};

/// The rows in a standard error of `python -X importtime`, in its order: a module follows what it imports. Other lines,
/// the heading, modules that were found in sys.modules (`-X importtime=2`) and lines that are not whole are left out.
[[nodiscard]] std::vector<ImportTime> parse_import_times(std::string_view standard_error);

}  // namespace gaggle::worker
