#include "worker/residency.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace gaggle::worker {

namespace {

std::uint64_t page_size()
{
    return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// cachestat(2), Linux 6.5; its number is the same on every architecture but Alpha. Empty if missing or refused.
std::optional<std::uint64_t> pages_by_cachestat(const OpenFile& opened)
{
    constexpr long number = 451;
    std::array<std::uint64_t, 2> range{0, 0};  // offset, length; 0: to the end
    std::array<std::uint64_t, 5> counts{};     // cached, dirty, under write-back, evicted, recently evicted
    if (syscall(number, opened.file.get(), range.data(), counts.data(), 0U) != 0) {
        return {};
    }
    return counts[0];
}

/// Since Linux 5.2, mincore(2) calls every page of a file resident to who is neither its owner nor may write it.
bool may_ask_mincore(const OpenFile& opened)
{
    const std::string itself = "/proc/self/fd/" + std::to_string(opened.file.get());
    return geteuid() == opened.status.st_uid || faccessat(AT_FDCWD, itself.c_str(), W_OK, AT_EACCESS) == 0;
}

std::optional<std::uint64_t> pages_by_mincore(const OpenFile& opened)
{
    constexpr std::uint64_t window = 256U << 20;
    std::vector<unsigned char> pages(window / page_size());
    std::uint64_t resident = 0;
    for (std::uint64_t at = 0; at < opened.bytes(); at += window) {
        const std::uint64_t length = std::min(window, opened.bytes() - at);
        void* memory = mmap(nullptr, length, PROT_NONE, MAP_SHARED, opened.file.get(), static_cast<off_t>(at));
        if (memory == MAP_FAILED) {
            return {};
        }
        const int failed = mincore(memory, length, pages.data());
        munmap(memory, length);
        if (failed != 0) {
            return {};
        }
        const std::uint64_t count = (length + page_size() - 1) / page_size();
        resident +=
            static_cast<std::uint64_t>(std::count_if(pages.begin(), pages.begin() + static_cast<std::ptrdiff_t>(count),
                                                     [](unsigned char page) { return (page & 1U) != 0; }));
    }
    return resident;
}

// Their page cache holds what is mapped, and not what is read.
constexpr long gpfs = 0x47504653;
constexpr long zfs = 0x2FC12FC1;

/// The file systems whose caches this node does not hold alone, or at all.
struct Elsewhere {
    long magic;
    const char* what;
};
constexpr Elsewhere elsewhere[] = {
    {FUSE_SUPER_MAGIC, "the caches of the program that serves a FUSE file system"},
    {NFS_SUPER_MAGIC, "the caches of the NFS server"},
    {0x0BD00BD0, "the caches of the Lustre servers"},
    {gpfs, "the caches of GPFS, on this node and its servers"},
    {zfs, "the caches of ZFS"},
    {0x19830326, "the caches of the BeeGFS servers"},
    {CEPH_SUPER_MAGIC, "the caches of the Ceph servers"},
    {CIFS_SUPER_MAGIC, "the caches of the SMB server"},
    {SMB2_SUPER_MAGIC, "the caches of the SMB server"},
};

}  // namespace

std::optional<OpenFile> open_regular(const std::string& path)
{
    OpenFile opened;
    opened.file = Descriptor{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (opened.file.get() < 0 || fstat(opened.file.get(), &opened.status) != 0) {
        return {};
    }
    if (!S_ISREG(opened.status.st_mode)) {
        errno = ENOENT;
        return {};
    }
    return opened;
}

Residency ResidencyObserver::look(const std::vector<std::string>& paths, std::chrono::steady_clock::time_point deadline,
                                  Proof proof, const Then& then)
{
    Residency seen;
    std::uint64_t unknown = 0;
    std::uint64_t most = 0;
    const auto cannot_tell = [&](const std::string& path, const std::string& why) {
        if (unknown++ == 0) {
            seen.trouble = path + ": " + why;
        }
    };
    for (const std::string& path : paths) {
        if (std::chrono::steady_clock::now() >= deadline) {
            seen.in_time = false;
            cannot_tell(path, "the deadline passed");
            break;
        }
        const std::optional<OpenFile> opened = open_regular(path);
        if (!opened && errno == ENOENT) {
            continue;  // gone: no longer a file of the environment
        }
        ++seen.files;
        if (!opened) {
            cannot_tell(path, std::generic_category().message(errno));
            continue;
        }
        seen.bytes += opened->bytes();
        const std::optional<std::uint64_t> resident = resident_bytes(*opened, path, proof);
        if (then) {
            then(*opened, path);
        }
        if (!resident) {
            cannot_tell(path, blind_why(*opened));
            continue;
        }
        seen.resident += *resident;
        if (*resident > 0) {
            seen.cached.push_back(path);
        }
        if (*resident > most) {
            most = *resident;
            seen.largest = path;
        }
        if (*resident < opened->bytes() && seen.lacking.empty()) {
            seen.lacking = path;
        }
    }
    if (unknown > 1) {
        seen.trouble = std::to_string(unknown) + " files, the first " + seen.trouble;
    }
    return seen;
}

void ResidencyObserver::sync() const
{
    for (const auto& [device, system] : systems_) {
        const Descriptor file{open(system.example.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
        if (file.get() >= 0) {
            syncfs(file.get());
        }
    }
}

std::vector<std::string> ResidencyObserver::caches_elsewhere() const
{
    std::vector<std::string> caches;
    for (const auto& [device, system] : systems_) {
        for (const Elsewhere& one : elsewhere) {
            if (one.magic == system.magic && std::ranges::find(caches, one.what) == caches.end()) {
                caches.emplace_back(one.what);
            }
        }
    }
    return caches;
}

ResidencyObserver::System& ResidencyObserver::system_of(const OpenFile& opened, const std::string& path)
{
    const auto [place, is_new] = systems_.try_emplace(opened.status.st_dev);
    if (is_new) {
        struct statfs status {};
        fstatfs(opened.file.get(), &status);
        place->second.magic = static_cast<long>(status.f_type);
        place->second.example = path;
        if (place->second.magic == gpfs || place->second.magic == zfs) {
            place->second.sight = Sight::none;
        }
    }
    return place->second;
}

std::optional<std::uint64_t> ResidencyObserver::resident_bytes(const OpenFile& opened, const std::string& path,
                                                               Proof proof)
{
    System& system = system_of(opened, path);
    if (opened.bytes() == 0) {
        return 0;
    }
    if (system.sight == Sight::unknown) {
        system.sight = find_sight(opened, proof);
    }
    const Sight sight = system.sight == Sight::unknown ? Sight::cachestat : system.sight;
    std::optional<std::uint64_t> count = pages(opened, sight);
    if (!count && sight == Sight::cachestat) {
        count = pages(opened, Sight::mincore);  // some containers' seccomp filters refuse what they do not know
    }
    return count ? std::optional{std::min(*count * page_size(), opened.bytes())} : std::nullopt;
}

std::optional<std::uint64_t> ResidencyObserver::pages(const OpenFile& opened, Sight sight)
{
    if (sight == Sight::cachestat) {
        return pages_by_cachestat(opened);
    }
    return sight == Sight::mincore && may_ask_mincore(opened) ? pages_by_mincore(opened) : std::nullopt;
}

/// The first way that shows what was read; `unknown` if this file can be asked about in no way, or the proof comes later.
ResidencyObserver::Sight ResidencyObserver::find_sight(const OpenFile& opened, Proof proof)
{
    bool asked = false;
    for (const Sight sight : {Sight::cachestat, Sight::mincore}) {
        const std::optional<std::uint64_t> before = pages(opened, sight);
        if (!before) {
            continue;
        }
        asked = proof == Proof::by_reading;
        if (*before > 0 || (proof == Proof::by_reading && shows_reading(opened, sight))) {
            return sight;
        }
    }
    return asked ? Sight::none : Sight::unknown;
}

bool ResidencyObserver::shows_reading(const OpenFile& opened, Sight sight)
{
    char byte = 0;
    posix_fadvise(opened.file.get(), 0, 0, POSIX_FADV_RANDOM);  // read this page only
    if (pread(opened.file.get(), &byte, 1, 0) != 1) {
        return false;
    }
    const bool shown = pages(opened, sight).value_or(0) > 0;
    posix_fadvise(opened.file.get(), 0, static_cast<off_t>(page_size()), POSIX_FADV_DONTNEED);
    return shown;
}

std::string ResidencyObserver::blind_why(const OpenFile& opened) const
{
    return systems_.at(opened.status.st_dev).sight == Sight::none
               ? "its file system does not cache what is read in the page cache"
               : "the kernel tells only its owner, and who may write it, what of it is cached";
}

}  // namespace gaggle::worker
