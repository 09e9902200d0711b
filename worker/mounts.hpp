#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::worker {

/// One line of /proc/self/mountinfo (proc_pid_mountinfo(5)).
struct MountEntry {
    std::uint64_t id = 0;       ///< as statx(2) gives it
    std::string device;         ///< "major:minor" of the file system: the same for all mounts of one
    std::string point;          ///< absolute
    std::string options;        ///< of this mount point
    std::string type;           ///< "ext4", "nfs4", "lustre", "fuse.squashfuse_ll", …
    std::string source;         ///< a device, or server and path; "none" and the like for what has neither
    std::string super_options;  ///< of the file system, those of the server among them

    bool operator==(const MountEntry&) const = default;
};

/// All mounts in the order of the kernel's list: what was mounted later stands later. Lines that are not sound are left
/// out.
[[nodiscard]] std::vector<MountEntry> parse_mountinfo(std::string_view text);

/// The kernel writes blanks, tabs, newlines, backslashes and '#' in names as "\040" and so on: the name itself.
[[nodiscard]] std::string unescaped(std::string_view text);

/// The mount that an absolute `path` without symbolic links lies on: the one with `id` if there is one, else the last
/// of those with the longest mount point above it (kernels before 5.8 do not tell a file's mount). Null if none is.
[[nodiscard]] const MountEntry* find_mount(const std::vector<MountEntry>& mounts, const std::filesystem::path& path,
                                           std::uint64_t id);

}  // namespace gaggle::worker
