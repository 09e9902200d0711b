#pragma once

#include <string>

/// What the programs say to people, on standard error. The only place that knows spdlog.
namespace gaggle::log {

enum class Level { quiet, verbose };
void start(const std::string& program, Level level);  ///< lines begin with the program's name

void debug(const std::string& message);  ///< shown with --verbose
void info(const std::string& message);
void warn(const std::string& message);
void error(const std::string& message);

}  // namespace gaggle::log
