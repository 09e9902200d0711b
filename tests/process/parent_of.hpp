#pragma once

#include "tests/support/temporary.hpp"

#include <string>

namespace gaggle::tests {

inline int parent_of(int pid)
{
    const std::string status = read_text("/proc/" + std::to_string(pid) + "/status");
    const std::string key = "\nPPid:\t";
    return std::stoi(status.substr(status.find(key) + key.size()));
}

}  // namespace gaggle::tests
