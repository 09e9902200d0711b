#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace gaggle::worker {

/// Regular files, each once however many names it has.
struct FoundFiles {
    static constexpr std::size_t most = 1'000'000;  ///< no search finds more

    std::vector<std::string> paths;
    std::string trouble;  ///< why there may be more than these; "" if these are all
};

/// The files under `roots`, which are folders and files. Symbolic links are followed to files and folders elsewhere,
/// but not to a folder that a root lies in; one that leads nowhere is no file. Returns soon after `deadline`. Never
/// throws for what it finds.
[[nodiscard]] FoundFiles find_files(const std::vector<std::filesystem::path>& roots,
                                    std::chrono::steady_clock::time_point deadline);

}  // namespace gaggle::worker
