#pragma once

#include "core/trace.hpp"

#include <string_view>
#include <vector>

namespace gaggle::worker {

using record::ImportTime;

/// The rows in a standard error of `python -X importtime`, in its order: a module follows what it imports. Other lines,
/// the heading, modules that were found in sys.modules (`-X importtime=2`) and lines that are not whole are left out.
[[nodiscard]] std::vector<ImportTime> parse_import_times(std::string_view standard_error);

}  // namespace gaggle::worker
