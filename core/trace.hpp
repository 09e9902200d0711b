#pragma once

#include "core/names.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What tracing one interpreter found; lines of the record file.
namespace gaggle::record {

/// What a system call is counted as: open, openat, openat2, creat | stat, lstat, newfstatat, statx | fstat, and the two
/// before with AT_EMPTY_PATH, which look nothing up | access, faccessat, faccessat2 | readlink, readlinkat | getdents,
/// getdents64 | read, readv, pread64, preadv, preadv2 | the same of write | mmap of a file | execve, execveat.
enum class CallKind { open, stat, fstat, access, readlink, getdents, read, write, mmap, execve };
inline constexpr Names<CallKind, 10> call_kind_names{
    {"open", "stat", "fstat", "access", "readlink", "getdents", "read", "write", "mmap", "execve"}};
[[nodiscard]] constexpr const auto& names_of(CallKind /*value*/)
{
    return call_kind_names;
}

/// The calls of one kind that returned.
struct CallCount {
    static constexpr std::string_view tag = "calls";

    CallKind kind = CallKind::open;
    std::uint64_t count = 0;
    std::uint64_t failed = 0;  ///< of these
    std::uint64_t enoent = 0;  ///< of the failed: there was nothing by that name
    std::uint64_t bytes = 0;   ///< read, written, mapped, or of directory entries; 0 for other kinds

    bool operator==(const CallCount&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.kind);
        visit(self.count);
        visit(self.failed);
        visit(self.enoent);
        visit(self.bytes);
    }
};

/// The paths looked up (open, stat, access, readlink, execve) whose last part is in one directory.
struct DirectoryLookups {
    static constexpr std::string_view tag = "directory";

    std::string directory;      ///< absolute, as the program spelled it
    std::uint64_t lookups = 0;  ///< calls
    std::uint64_t enoent = 0;   ///< of these, in vain

    bool operator==(const DirectoryLookups&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.directory);
        visit(self.lookups);
        visit(self.enoent);
    }
};

/// What a program and its descendants asked of file systems, from its exec on. The times are those of a traced
/// program: they say nothing of an untraced one.
struct Trace {
    static constexpr std::string_view tag = "trace";
    static constexpr std::size_t most_directories = 20;

    unsigned node = 0;
    std::vector<CallCount> calls;               ///< one of each kind, in their order; empty if nothing was traced
    std::uint64_t files_opened = 0;             ///< distinct files and folders, links resolved
    std::uint64_t paths_looked_up = 0;          ///< distinct, as the program spelled them
    std::vector<DirectoryLookups> directories;  ///< those with most look-ups in vain, most first
    std::uint64_t threads = 0;                  ///< of all processes, the first included
    std::int64_t wall_ns = 0;                   ///< from exec to the program's exit; its descendants may live longer
    int status = 0;                             ///< the program's, as wait4 gives it
    std::string error;                          ///< the telling line of its standard error (worker/marks.hpp)
    std::string trouble;                        ///< why the counts are missing or not whole; "" if they are whole

    bool operator==(const Trace&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.calls);
        visit(self.files_opened);
        visit(self.paths_looked_up);
        visit(self.directories);
        visit(self.threads);
        visit(self.wall_ns);
        visit(self.status);
        visit(self.error);
        visit(self.trouble);
    }
};

/// One module that `python -X importtime` timed.
struct ImportTime {
    static constexpr std::string_view tag = "import-time";

    std::string module;              ///< full name
    unsigned depth = 0;              ///< 0: imported by the program (or at start-up), 1: by one of those, …
    std::int64_t self_us = 0;        ///< without what it imports
    std::int64_t cumulative_us = 0;  ///< with it

    bool operator==(const ImportTime&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.module);
        visit(self.depth);
        visit(self.self_us);
        visit(self.cumulative_us);
    }
};

/// What `python -X importtime` said, in a run apart from the one whose calls were counted.
struct ImportTimes {
    static constexpr std::string_view tag = "import-times";

    unsigned node = 0;
    std::vector<ImportTime> modules;  ///< in its order: a module follows what it imports
    std::string trouble;              ///< why they are missing or not all; "" if they are all there

    bool operator==(const ImportTimes&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.modules);
        visit(self.trouble);
    }
};

}  // namespace gaggle::record
