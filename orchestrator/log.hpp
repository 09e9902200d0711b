#pragma once

#include <string>

/// What gaggle says to people, on standard error.
namespace gaggle::log {

enum class Level { quiet, verbose };
void start(Level level);

void debug(const std::string& message);  ///< shown with --verbose
void info(const std::string& message);
void warn(const std::string& message);
void error(const std::string& message);

}  // namespace gaggle::log
