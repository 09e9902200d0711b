#pragma once

#include "worker/files.hpp"

#include <sys/stat.h>
#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gaggle::worker {

/// A regular file open for reading, and what fstat(2) said of it.
struct OpenFile {
    Descriptor file;
    struct stat status {};

    [[nodiscard]] std::uint64_t bytes() const { return static_cast<std::uint64_t>(status.st_size); }
};

/// Empty with errno set if it cannot be opened; ENOENT also if it is no regular file.
[[nodiscard]] std::optional<OpenFile> open_regular(const std::string& path);

/// What one look at files saw. Resident: in the page cache, in whole pages, at most a file's size.
struct Residency {
    std::uint64_t files = 0;          ///< that are there
    std::uint64_t bytes = 0;          ///< of those that can be opened
    std::uint64_t resident = 0;       ///< bytes, of those that could be asked about
    std::string largest;              ///< the file with most resident bytes
    std::string lacking;              ///< the first file with bytes that are not resident
    std::string trouble;              ///< why not every file could be asked about; "" if all were
    std::vector<std::string> cached;  ///< the files with resident bytes
    bool in_time = true;              ///< false: the deadline passed before the last file
};

/// How a look finds out that a file system tells the truth where nothing seems resident: by reading a page and looking for
/// it, or not at all, where everything is read afterwards anyway and another look follows.
enum class Proof { by_reading, later };

/// Looks at files, and remembers for each file system which way of looking shows the truth there: cachestat(2), or
/// where that is missing or refused, mincore(2). The kernel tells it truly only to a file's owner and to who may write
/// the file, knows little of file systems that do their own caching (GPFS, ZFS), and an overlay's pages are another
/// file's. So where nothing seems resident, the first page of one file per file system is read, looked for, and
/// forgotten again, unless that can wait.
class ResidencyObserver {
public:
    /// What to do with a file while it is open: each open is work for a file server.
    using Then = std::function<void(const OpenFile& opened, const std::string& path)>;

    /// Opens each file once, asks about it, and does `then`. Ends soon after `deadline`; what was not asked about by then is
    /// `trouble`.
    [[nodiscard]] Residency look(const std::vector<std::string>& paths, std::chrono::steady_clock::time_point deadline,
                                 Proof proof, const Then& then = {});

    /// Writes out what is dirty on the file systems that were looked at: only clean pages can be forgotten.
    void sync() const;

    /// Of the file systems that were looked at: the caches that are not in this node's page cache, in words.
    [[nodiscard]] std::vector<std::string> caches_elsewhere() const;

private:
    enum class Sight { unknown, cachestat, mincore, none };
    struct System {
        long magic = 0;       ///< statfs(2)'s type
        std::string example;  ///< a file on it
        Sight sight = Sight::unknown;
    };

    System& system_of(const OpenFile& opened, const std::string& path);
    std::optional<std::uint64_t> resident_bytes(const OpenFile& opened, const std::string& path, Proof proof);
    static std::optional<std::uint64_t> pages(const OpenFile& opened, Sight sight);
    static Sight find_sight(const OpenFile& opened, Proof proof);
    static bool shows_reading(const OpenFile& opened, Sight sight);
    [[nodiscard]] std::string blind_why(const OpenFile& opened) const;

    std::map<dev_t, System> systems_;
};

}  // namespace gaggle::worker
