#include "worker/calls.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <string_view>
#include <tuple>

namespace gaggle::worker {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t own_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t own_architecture = AUDIT_ARCH_AARCH64;
#else
#error "add the AUDIT_ARCH of this architecture (linux/audit.h); gaggle traces on x86-64 and aarch64"
#endif

constexpr int none = -1;

/// Where a call's arguments are that tell what it looks up.
struct Shape {
    long number;
    CallKind kind;
    int path = none;
    int directory = none;  ///< the descriptor that a relative path starts from; none: the working directory
    int flags = none;      ///< that may hold AT_EMPTY_PATH
};

constexpr Shape shapes[] = {
#ifdef SYS_open  // the calls of architectures older than the …at family
    {SYS_open, CallKind::open, 0},
    {SYS_creat, CallKind::open, 0},
    {SYS_stat, CallKind::stat, 0},
    {SYS_lstat, CallKind::stat, 0},
    {SYS_access, CallKind::access, 0},
    {SYS_readlink, CallKind::readlink, 0},
    {SYS_getdents, CallKind::getdents},
#endif
    {SYS_openat, CallKind::open, 1, 0},
    {SYS_openat2, CallKind::open, 1, 0},
    {SYS_newfstatat, CallKind::stat, 1, 0, 3},
    {SYS_statx, CallKind::stat, 1, 0, 2},
    {SYS_fstat, CallKind::fstat},
    {SYS_faccessat, CallKind::access, 1, 0},
    {SYS_faccessat2, CallKind::access, 1, 0, 3},
    {SYS_readlinkat, CallKind::readlink, 1, 0},
    {SYS_getdents64, CallKind::getdents},
    {SYS_read, CallKind::read},
    {SYS_readv, CallKind::read},
    {SYS_pread64, CallKind::read},
    {SYS_preadv, CallKind::read},
    {SYS_preadv2, CallKind::read},
    {SYS_write, CallKind::write},
    {SYS_writev, CallKind::write},
    {SYS_pwrite64, CallKind::write},
    {SYS_pwritev, CallKind::write},
    {SYS_pwritev2, CallKind::write},
    {SYS_mmap, CallKind::mmap},
    {SYS_execve, CallKind::execve, 0},
    {SYS_execveat, CallKind::execve, 1, 0, 4},
};

sock_filter load(std::size_t offset)
{
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

/// Goes on to the next instruction if what is loaded is `value`, and otherwise skips `others` instructions.
sock_filter unless_equal_skip(std::uint32_t value, std::uint8_t others)
{
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, others);
}

sock_filter answer(std::uint32_t action)
{
    return BPF_STMT(BPF_RET | BPF_K, action);
}

std::string link_target(const std::string& link)
{
    std::array<char, PATH_MAX> target{};
    const ssize_t length = readlink(link.c_str(), target.data(), target.size());
    return length > 0 ? std::string{target.data(), static_cast<std::size_t>(length)} : std::string{};
}

std::string proc(pid_t tid, const std::string& what)
{
    return "/proc/" + std::to_string(tid) + "/" + what;
}

/// The text at `address` of a stopped thread, up to its NUL; empty if it cannot be read.
std::optional<std::string> read_text(pid_t tid, std::uint64_t address)
{
    constexpr std::uint64_t smallest_page = 4096;  // a read that crosses into an unmapped page would fail as a whole
    std::string text;
    std::array<char, smallest_page> piece{};
    while (text.size() < PATH_MAX) {
        const std::uint64_t at = address + text.size();
        iovec to{piece.data(), smallest_page - at % smallest_page};
        iovec from{reinterpret_cast<void*>(at), to.iov_len};  // NOLINT(performance-no-int-to-ptr): another's address
        const ssize_t got = process_vm_readv(tid, &to, 1, &from, 1, 0);
        if (got <= 0) {
            return {};
        }
        const std::string_view gotten{piece.data(), static_cast<std::size_t>(got)};
        text += gotten.substr(0, gotten.find('\0'));
        if (gotten.find('\0') != std::string_view::npos) {
            return text;
        }
    }
    return {};
}

std::string absolute(pid_t tid, int directory, const std::string& path)
{
    if (path.starts_with('/')) {
        return path;
    }
    const std::string base = link_target(proc(tid, directory == AT_FDCWD ? "cwd" : "fd/" + std::to_string(directory)));
    return base + "/" + path;
}

std::string directory_of(std::string path)
{
    while (path.size() > 1 && path.back() == '/') {
        path.pop_back();
    }
    const std::size_t slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

bool is_lookup(CallKind kind)
{
    return kind == CallKind::open || kind == CallKind::stat || kind == CallKind::access || kind == CallKind::readlink ||
           kind == CallKind::execve;
}

bool moves_bytes(CallKind kind)
{
    return kind == CallKind::read || kind == CallKind::write || kind == CallKind::getdents;
}

}  // namespace

std::vector<sock_filter> counting_filter()
{
    const sock_filter allow = answer(SECCOMP_RET_ALLOW);
    const sock_filter stop = answer(SECCOMP_RET_TRACE | FilterData::counted);
    const sock_filter stop_foreign = answer(SECCOMP_RET_TRACE | FilterData::foreign);
    std::vector<sock_filter> filter{load(offsetof(seccomp_data, arch)),
                                    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own_architecture, 1, 0), stop_foreign,
                                    load(offsetof(seccomp_data, nr))};
#if defined(__x86_64__)
    constexpr std::uint32_t x32_bit = 0x40000000;
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, x32_bit, 0, 1));
    filter.push_back(stop_foreign);
#endif
    for (const Shape& shape : shapes) {
        const auto number = static_cast<std::uint32_t>(shape.number);
        if (shape.kind == CallKind::mmap) {
            constexpr auto no_file = static_cast<std::uint32_t>(-1);
            constexpr std::size_t descriptor = offsetof(seccomp_data, args) + 4 * sizeof(std::uint64_t);
            filter.insert(filter.end(), {unless_equal_skip(number, 4), load(descriptor), unless_equal_skip(no_file, 1),
                                         allow, stop});  // `load` leaves the number behind, so both ways end here
        } else {
            filter.insert(filter.end(), {unless_equal_skip(number, 1), stop});
        }
    }
    filter.push_back(allow);
    return filter;
}

Tally::Tally()
{
    for (std::size_t i = 0; i < record::call_kind_names.names.size(); ++i) {
        counts_.push_back({.kind = static_cast<CallKind>(i)});
    }
}

std::optional<Call> Tally::call(pid_t tid, std::uint64_t number, const std::array<std::uint64_t, 6>& arguments)
{
    const auto* const shape = std::ranges::find(shapes, static_cast<long>(number), &Shape::number);
    if (shape == std::end(shapes)) {
        return {};
    }
    Call call;
    call.kind = shape->kind;
    const auto argument = [&](int index) { return arguments.at(static_cast<std::size_t>(index)); };
    if (shape->kind == CallKind::mmap) {
        if ((argument(3) & MAP_ANONYMOUS) != 0) {
            return {};
        }
        call.bytes = argument(1);
    }
    if (shape->path == none) {
        return call;
    }
    call.path = argument(shape->path) == 0 ? std::string{} : read_text(tid, argument(shape->path));
    const bool may_be_empty = shape->flags != none && (argument(shape->flags) & AT_EMPTY_PATH) != 0;
    if (call.path && call.path->empty() && may_be_empty) {
        call.path.reset();  // the descriptor itself: nothing is looked up
        call.kind = shape->kind == CallKind::stat ? CallKind::fstat : shape->kind;
    } else if (call.path) {
        const int directory = shape->directory == none ? AT_FDCWD : static_cast<int>(argument(shape->directory));
        call.path = absolute(tid, directory, *call.path);
    }
    return call;
}

void Tally::count(pid_t tid, const Call& call, std::int64_t result)
{
    CallCount& count = counts_.at(static_cast<std::size_t>(call.kind));
    const bool enoent = result == -ENOENT;
    const bool failed = result < 0 && result >= -4095;
    ++count.count;
    count.failed += failed ? 1 : 0;
    count.enoent += enoent ? 1 : 0;
    if (!failed && call.kind == CallKind::mmap) {
        count.bytes += call.bytes;
    } else if (!failed && moves_bytes(call.kind)) {
        count.bytes += static_cast<std::uint64_t>(result);
    }
    if (call.kind == CallKind::open && !failed) {
        const std::string target = link_target(proc(tid, "fd/" + std::to_string(result)));
        opened_.insert(target.empty() ? call.path.value_or("") : target);
    }
    if (call.path && is_lookup(call.kind)) {
        Lookups& directory = directories_[directory_of(*call.path)];
        ++directory.all;
        directory.enoent += enoent ? 1 : 0;
        looked_up_.insert(*call.path);
    }
}

void Tally::report(Trace& trace) const
{
    trace.calls = counts_;
    trace.files_opened = opened_.size();
    trace.paths_looked_up = looked_up_.size();
    for (const auto& [name, lookups] : directories_) {
        trace.directories.push_back({name, lookups.all, lookups.enoent});
    }
    std::ranges::sort(trace.directories, [](const DirectoryLookups& a, const DirectoryLookups& b) {
        return std::tie(b.enoent, b.lookups, a.directory) < std::tie(a.enoent, a.lookups, b.directory);
    });
    trace.directories.resize(std::min(trace.directories.size(), Trace::most_directories));
}

}  // namespace gaggle::worker
