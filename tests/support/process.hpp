#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace gaggle::tests {

struct Finished {
    int status = 0;  ///< exit code; 128 + signal if killed
    std::string out;
    std::string err;
};

/// Runs a program to its end with this process's environment plus `variables`; stdin is empty. Kills it and fails
/// the test after `deadline`.
Finished run(const std::vector<std::string>& command,
             const std::vector<std::pair<std::string, std::string>>& variables = {},
             std::chrono::seconds deadline = std::chrono::seconds{120});

/// Polls until `condition` holds; false if it did not within `deadline`.
[[nodiscard]] bool eventually(const std::function<bool()>& condition,
                              std::chrono::seconds deadline = std::chrono::seconds{60});

}  // namespace gaggle::tests
