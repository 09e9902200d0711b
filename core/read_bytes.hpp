#pragma once

#include "core/error.hpp"

#include <filesystem>
#include <string>

namespace gaggle {

/// All of a file. Throws Error(code) "cannot read FILE: the system's words".
[[nodiscard]] std::string read_bytes(const std::filesystem::path& file, ExitCode code);

}  // namespace gaggle
