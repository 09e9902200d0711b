#include "worker/cache.hpp"

#include "core/clock.hpp"
#include "worker/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace gaggle::worker {

namespace {

using Instant = std::chrono::steady_clock::time_point;

constexpr const char* too_late = "the deadline passed";
constexpr std::size_t buffer_size = 256 << 10;

/// False if this process may not.
bool drop_caches()
{
    const Descriptor file{open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC)};
    return file.get() >= 0 && write(file.get(), "3", 1) == 1;  // pages, directory entries and inodes
}

}  // namespace

CachePreparation::CachePreparation(CacheState state, FoundFiles files) : files_(std::move(files))
{
    result_.asked = state;
    add_reason(files_.trouble);
}

void CachePreparation::add_reason(const std::string& why)
{
    if (!why.empty()) {
        result_.reason += (result_.reason.empty() ? "" : "; ") + why;
    }
}

void CachePreparation::prepare(Instant deadline)
{
    const std::int64_t begin = clocks::monotonic_ns();
    result_.resident_before = observer_.look(files_.paths, deadline).resident;
    if (result_.asked == CacheState::cold) {
        clear(deadline);
    } else if (result_.asked == CacheState::hot) {
        read_all(deadline);
    }
    result_.duration_ns += clocks::monotonic_ns() - begin;
}

void CachePreparation::clear(Instant deadline)
{
    observer_.sync();
    std::vector<std::string> not_covered = observer_.caches_elsewhere();
    dropped_ = drop_caches();
    if (dropped_) {
        result_.method = "drop_caches";
    } else {
        result_.method = "posix_fadvise(DONTNEED)";
        not_covered.insert(not_covered.begin(), "directory entries and inodes, which preparing itself looked up");
        for (const std::string& path : files_.paths) {
            if (std::chrono::steady_clock::now() >= deadline) {
                add_reason(std::string{too_late} + " before every file was cleared");
                break;
            }
            if (const std::optional<OpenFile> opened = open_regular(path)) {
                posix_fadvise(opened->file.get(), 0, 0, POSIX_FADV_DONTNEED);
            }
        }
    }
    for (const std::string& one : not_covered) {
        result_.not_covered += (result_.not_covered.empty() ? "" : "; ") + one;
    }
}

void CachePreparation::read_all(Instant deadline)
{
    result_.method = "read";
    std::vector<char> buffer(buffer_size);
    for (const std::string& path : files_.paths) {
        const std::optional<OpenFile> opened = open_regular(path);
        for (ssize_t got = opened ? 1 : 0; got > 0;) {
            if (std::chrono::steady_clock::now() >= deadline) {
                add_reason(std::string{too_late} + " before every file was read");
                return;
            }
            do {
                got = read(opened->file.get(), buffer.data(), buffer.size());
            } while (got < 0 && errno == EINTR);
            if (got < 0) {
                add_reason("cannot read " + path + ": " + std::generic_category().message(errno));
            }
        }
    }
}

record::Cache CachePreparation::check(Instant deadline)
{
    const std::int64_t begin = clocks::monotonic_ns();
    const Residency seen = observer_.look(files_.paths, deadline);
    result_.files = seen.files;
    result_.bytes = seen.bytes;
    result_.resident_after = seen.resident;
    add_reason(seen.trouble.empty() ? "" : "cannot tell what is cached of " + seen.trouble);
    if (result_.asked == CacheState::cold && seen.resident > 0) {
        add_reason(std::to_string(seen.resident) + " bytes in " + std::to_string(seen.resident_files) +
                   " files are still cached (mapped by a process, dirty, or in memory only), most in " + seen.largest);
    } else if (result_.asked == CacheState::hot && !seen.lacking.empty()) {
        add_reason("only " + std::to_string(seen.resident) + " of " + std::to_string(seen.bytes) +
                   " bytes are cached; the first file that is not: " + seen.lacking);
    } else if (result_.asked == CacheState::warm && seen.resident == 0) {
        add_reason("nothing is cached");
    }
    result_.verified = result_.reason.empty();
    if (dropped_) {
        drop_caches();
    }
    result_.duration_ns += clocks::monotonic_ns() - begin;
    return result_;
}

}  // namespace gaggle::worker
