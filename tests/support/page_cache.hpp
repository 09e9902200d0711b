#pragma once

#include "tests/catch.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

namespace gaggle::tests {

/// The machine's page cache for one test alone, among all programs of the tests: another's drop_caches would empty it.
class PageCache {
public:
    PageCache() : file_(open(std::filesystem::temp_directory_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    {
        REQUIRE(flock(file_, LOCK_EX) == 0);
    }
    ~PageCache() { close(file_); }
    PageCache(const PageCache&) = delete;
    PageCache& operator=(const PageCache&) = delete;

    [[nodiscard]] static bool can_be_dropped() { return access("/proc/sys/vm/drop_caches", W_OK) == 0; }

private:
    int file_;
};

}  // namespace gaggle::tests
