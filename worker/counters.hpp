#pragma once

#include "worker/files.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a node's kernel counts of its network file systems, read without privilege and without tracing: two snapshots,
/// and what changed between them.
///
/// NFS: /proc/self/mountstats, per mounted file system (two mount points of one file system share their counters: the
/// first counts). Names, `events` and `bytes` as in the kernel's include/linux/nfs_iostat.h, `OP` as the kernel calls
/// the RPC:
///
///     OP operations, OP transmissions, OP major timeouts      requests, what was sent for them, and how often not in
///                                                             vain
///     OP bytes sent, OP bytes received                        headers included
///     OP queue ms, OP round trip ms, OP execute ms            sums over the requests
///     OP errors                                               newer kernels only
///     inoderevalidate … pnfs_write                            events; "delay": the server asked to come back later
///     normalreadbytes … serverwrittenbytes; readpages, writepages
///
/// Newer kernels count the requests that a client makes for a server as a whole (NFSv4: sessions, leases) in every mount
/// from that server: a sum over mounts has them as often.
///
/// Lustre: llite/*/stats (what programs asked of the client), mdc/*/{md_stats,stats} and osc/*/stats (what the
/// client asked of metadata and object servers), in /proc/fs/lustre, /sys/fs/lustre or /sys/kernel/debug/lustre,
/// wherever this version has them; the last is root's only on most systems.
///
///     OP samples                                              how often
///     OP UNIT                                                 the sum over the samples: bytes, usec, reqs, …
namespace gaggle::worker {

struct Counter {
    std::string source;  ///< "nfs /home", "lustre llite scratch stats"
    std::string name;    ///< "GETATTR operations"
    std::int64_t value = 0;

    bool operator==(const Counter&) const = default;
};

/// The counters of one file system or one of its files.
struct CounterSource {
    std::string name;
    std::string identity;                                         ///< differs when something else now bears the name
    std::int64_t age_s = 0;                                       ///< of what is mounted there; 0: not told
    bool zeros_are_left_out = false;                              ///< a counter that is not there is 0
    std::vector<std::pair<std::string, std::uint64_t>> counters;  ///< in the file's order
    std::vector<std::string> trouble;                             ///< lines that could not be read

    bool operator==(const CounterSource&) const = default;
};

/// The NFS mounts in /proc/self/mountstats, statvers 1.0 and 1.1. Never throws: what cannot be read is in `trouble`.
/// Of two file systems mounted over each other, the last.
[[nodiscard]] std::vector<CounterSource> parse_mountstats(std::string_view text);

/// A Lustre stats file. Its `start_time` (Lustre 2.15 and later) joins `identity`. Never throws.
[[nodiscard]] CounterSource parse_lustre_stats(std::string name, std::string identity, std::string_view text);

/// The counter files of a node at one time, as they were read. Nothing is parsed before `difference`: all that stands
/// beside a measurement is a few reads.
struct CounterSnapshot {
    struct LustreFile {
        std::string name;  ///< "llite scratch stats"
        std::string path;  ///< names the instance, too: "llite/scratch-ffff9440f1003000/stats"
        std::string text;
    };

    std::string mountinfo;   ///< /proc/self/mountinfo
    std::string mountstats;  ///< /proc/self/mountstats
    std::vector<LustreFile> lustre;
    std::vector<std::string> trouble;  ///< what could not be read although it must be there, and why
};

/// Never throws. `root` is the folder that /proc and /sys are in.
[[nodiscard]] CounterSnapshot read_counters(const std::filesystem::path& root = "/");

struct CounterChanges {
    std::vector<Counter> changed;       ///< after minus before, where that is not 0
    std::vector<std::string> left_out;  ///< what is not known, and why: a line per source and reason
};

/// Left out: what was mounted, unmounted or reset in between, what fell, what could not be read.
[[nodiscard]] CounterChanges difference(const CounterSnapshot& before, const CounterSnapshot& after);

/// /proc/PID/io (proc_pid_io(5)), with that of the children it waited for. Bytes and system calls.
struct ProcessIo {
    std::int64_t rchar = 0;  ///< asked for by read(2) and the like, from whatever
    std::int64_t wchar = 0;
    std::int64_t syscr = 0;  ///< calls
    std::int64_t syscw = 0;
    std::int64_t read_bytes = 0;   ///< fetched from storage; what the page cache had is not in it
    std::int64_t write_bytes = 0;  ///< dirtied pages
    std::int64_t cancelled_write_bytes = 0;

    bool operator==(const ProcessIo&) const = default;
};

/// Nothing unless all seven are there.
[[nodiscard]] std::optional<ProcessIo> parse_process_io(std::string_view text);

/// The numbers of one process, also when it has ended and is not yet reaped: that is when they are whole. The kernel gives
/// the files of a process that has ended to root, so this opens it before, and it stays open through exec.
class ProcessIoFile {
public:
    /// `pid`: alive, of this user.
    explicit ProcessIoFile(pid_t pid, const std::filesystem::path& root = "/");

    /// Nothing once it is reaped, and for a program that this user may run but not read.
    [[nodiscard]] std::optional<ProcessIo> read() const;

private:
    Descriptor file_;
};

}  // namespace gaggle::worker
