#include "worker/cache.hpp"

#include "core/clock.hpp"
#include "worker/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

namespace gaggle::worker {

namespace {

using Instant = std::chrono::steady_clock::time_point;

constexpr const char* too_late = "the deadline passed";
constexpr std::size_t buffer_size = 256 << 10;

Descriptor open_drop_caches()
{
    return Descriptor{open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC)};
}

/// False if this process may not.
bool drop_caches()
{
    const Descriptor file = open_drop_caches();
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
    if (result_.asked == CacheState::cold) {
        clear(deadline);
    } else if (result_.asked == CacheState::hot) {
        read_all(deadline);
    } else {
        look_before(deadline, result_.asked == CacheState::warm ? Proof::later : Proof::by_reading, "", {});
    }
    result_.duration_ns += clocks::monotonic_ns() - begin;
}

/// `done`: what `then` does, for the reason why not every file had it.
void CachePreparation::look_before(Instant deadline, Proof proof, const std::string& done,
                                   const ResidencyObserver::Then& then)
{
    before_ = observer_.look(files_.paths, deadline, proof, then);
    result_.resident_before = before_.resident;
    if (!before_.in_time && !done.empty()) {
        add_reason(std::string{too_late} + " before every file was " + done);
    }
}

void CachePreparation::clear(Instant deadline)
{
    if (open_drop_caches().get() >= 0) {
        look_before(deadline, Proof::by_reading, "", {});
        observer_.sync();
        dropped_ = drop_caches();
    }
    if (dropped_) {
        result_.method = "drop_caches";
    } else {
        forget_all(deadline);
    }
    for (const std::string& one : observer_.caches_elsewhere()) {
        result_.not_covered += (result_.not_covered.empty() ? "" : "; ") + one;
    }
}

void CachePreparation::forget_all(Instant deadline)
{
    result_.method = "posix_fadvise(DONTNEED)";
    result_.not_covered = "directory entries and inodes, which preparing itself looked up";
    std::set<dev_t> written;  // only clean pages can be forgotten
    look_before(deadline, Proof::by_reading, "cleared", [&](const OpenFile& opened, const std::string& /*path*/) {
        if (written.insert(opened.status.st_dev).second) {
            syncfs(opened.file.get());
        }
        posix_fadvise(opened.file.get(), 0, 0, POSIX_FADV_DONTNEED);
    });
}

void CachePreparation::read_all(Instant deadline)
{
    result_.method = "read";
    std::vector<char> buffer(buffer_size);
    look_before(deadline, Proof::later, "read", [&](const OpenFile& opened, const std::string& path) {
        for (ssize_t got = 1; got > 0 && std::chrono::steady_clock::now() < deadline;) {
            do {
                got = read(opened.file.get(), buffer.data(), buffer.size());
            } while (got < 0 && errno == EINTR);
            if (got < 0) {
                add_reason("cannot read " + path + ": " + std::generic_category().message(errno));
            }
        }
    });
}

record::Cache CachePreparation::check(Instant deadline)
{
    const std::int64_t begin = clocks::monotonic_ns();
    const bool cold = result_.asked == CacheState::cold;  // what was not cached before has not been read since
    const Residency seen = observer_.look(cold ? before_.cached : files_.paths, deadline, Proof::by_reading);
    const std::string& trouble = cold && seen.trouble.empty() ? before_.trouble : seen.trouble;
    result_.files = (cold ? before_ : seen).files;
    result_.bytes = (cold ? before_ : seen).bytes;
    result_.resident_after = seen.resident;
    add_reason(trouble.empty() ? "" : "cannot tell what is cached of " + trouble);
    if (cold && seen.resident > 0) {
        add_reason(std::to_string(seen.resident) + " bytes in " + std::to_string(seen.cached.size()) +
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
