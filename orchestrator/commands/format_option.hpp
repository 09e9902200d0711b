#pragma once

#include "orchestrator/commands/options.hpp"
#include "orchestrator/table.hpp"

namespace gaggle::commands {

/// The option --format of every command that prints a result set.
inline const Option format_option{"format", "table|csv|json|markdown|bcp", "how to print (default: table)"};

[[nodiscard]] table::Format format_of(const Parsed& parsed);

}  // namespace gaggle::commands
