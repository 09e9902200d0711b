#pragma once

#include "core/cache_state.hpp"
#include "core/record.hpp"
#include "worker/find_files.hpp"
#include "worker/residency.hpp"

#include <chrono>
#include <string>

namespace gaggle::worker {

/// Brings the page cache into a state for files and checks it, in two steps, since an unmeasured run makes it warm:
///
///     CachePreparation cache{state, find_files(roots, deadline)};
///     cache.prepare(deadline);
///     …                                            // warm: one run that nobody times
///     const record::Cache result = cache.check(deadline);
///
/// For an image the roots are both where it is mounted and, after that, its file: each has pages of its own, and to look at
/// the former fills the latter's. `cold` empties the page
/// cache of the whole node if this process may write /proc/sys/vm/drop_caches, directory entries and inodes included;
/// otherwise it asks the kernel, file by file, to forget clean pages that no process has mapped. `hot` reads all bytes.
///
/// A file is opened once by each step, and by the check of `cold` only if it was cached before: a file server feels each.
/// Both steps block, and return soon after `deadline`, with what is missing as the reason. They never throw for a file.
class CachePreparation {
public:
    CachePreparation(CacheState state, FoundFiles files);

    void prepare(std::chrono::steady_clock::time_point deadline);
    /// After drop_caches this drops once more what the check itself made the kernel look up.
    [[nodiscard]] record::Cache check(std::chrono::steady_clock::time_point deadline);

private:
    void clear(std::chrono::steady_clock::time_point deadline);
    void forget_all(std::chrono::steady_clock::time_point deadline);
    void read_all(std::chrono::steady_clock::time_point deadline);
    void look_before(std::chrono::steady_clock::time_point deadline, Proof proof, const std::string& done,
                     const ResidencyObserver::Then& then);
    void add_reason(const std::string& why);

    FoundFiles files_;
    record::Cache result_;
    Residency before_;
    bool dropped_ = false;  ///< by drop_caches
    ResidencyObserver observer_;
};

}  // namespace gaggle::worker
