#pragma once

#include "core/names.hpp"
#include "worker/find_files.hpp"
#include "worker/residency.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace gaggle::worker {

/// What this node's memory holds of an environment's files when a measurement begins: nothing, what one unmeasured
/// run left there, everything, or whatever it happens to be.
enum class CacheState { cold, warm, hot, as_is };
inline constexpr Names<CacheState, 4> cache_state_names{{"cold", "warm", "hot", "as-is"}};
[[nodiscard]] constexpr std::string_view to_string(CacheState value)
{
    return cache_state_names.of(value);
}
[[nodiscard]] constexpr bool from_string(std::string_view text, CacheState& value)
{
    return cache_state_names.find(text, value);
}

/// How a state was reached, and whether it was. Resident as in residency.hpp.
struct CacheResult {
    CacheState asked = CacheState::as_is;
    std::string method;                 ///< "drop_caches", "posix_fadvise(DONTNEED)", "read"; "" if nothing was done
    std::uint64_t files = 0;            ///< that were there at the check
    std::uint64_t bytes = 0;            ///< theirs
    std::uint64_t resident_before = 0;  ///< bytes, of the files that could be asked about
    std::uint64_t resident_after = 0;   ///< bytes, likewise
    bool verified = false;              ///< every file was asked about, and all are in the state
    std::string reason;                 ///< in words, unless verified
    std::string not_covered;            ///< of `cold`: the caches that stay as they are, whatever was verified
    std::int64_t duration_ns = 0;       ///< of both steps, without what ran between them
};

/// Brings the page cache into a state for files and checks it, in two steps, since an unmeasured run makes it warm:
///
///     CachePreparation cache{state, find_files(roots, deadline)};
///     cache.prepare(deadline);
///     …                                            // warm: one run that nobody times
///     const CacheResult result = cache.check(deadline);
///
/// For an image the roots are both its file and where it is mounted: each has pages of its own. `cold` empties the page
/// cache of the whole node if this process may write /proc/sys/vm/drop_caches, directory entries and inodes included;
/// otherwise it asks the kernel, file by file, to forget clean pages that no process has mapped. `hot` reads all bytes.
///
/// Both steps block, and return soon after `deadline`, with what is missing as the reason. They never throw for a file.
class CachePreparation {
public:
    CachePreparation(CacheState state, FoundFiles files);

    void prepare(std::chrono::steady_clock::time_point deadline);
    /// After drop_caches this drops once more what the check itself made the kernel look up.
    [[nodiscard]] CacheResult check(std::chrono::steady_clock::time_point deadline);

private:
    void clear(std::chrono::steady_clock::time_point deadline);
    void read_all(std::chrono::steady_clock::time_point deadline);
    void add_reason(const std::string& why);

    FoundFiles files_;
    CacheResult result_;
    bool dropped_ = false;  ///< by drop_caches
    ResidencyObserver observer_;
};

}  // namespace gaggle::worker
