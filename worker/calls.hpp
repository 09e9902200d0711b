#pragma once

#include "worker/trace.hpp"

#include <linux/filter.h>
#include <sys/types.h>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

/// Which system calls are counted, and the counting: what trace.hpp promises, apart from stopping processes.
namespace gaggle::worker {

/// A seccomp filter that stops a process for its tracer at the calls that are counted, and at no other: the data of its
/// SECCOMP_RET_TRACE is one of these. Mappings of no file pass.
enum FilterData : std::uint16_t { counted = 1, foreign = 2 };  ///< foreign: of another architecture, 32-bit for one
[[nodiscard]] std::vector<sock_filter> counting_filter();

/// A call that a thread has begun.
struct Call {
    CallKind kind = CallKind::open;
    std::optional<std::string> path;  ///< what is looked up, made absolute but not normalised
    std::uint64_t bytes = 0;          ///< of a mapping
};

/// Counts the calls of all threads of a program.
class Tally {
public:
    Tally();

    /// The call that thread `tid`, stopped at its beginning, is about to make: its path is read from its memory, and
    /// made absolute by /proc. Empty if it is none of those counted.
    [[nodiscard]] static std::optional<Call> call(pid_t tid, std::uint64_t number,
                                                  const std::array<std::uint64_t, 6>& arguments);

    /// `result`: what the call returned to thread `tid`, −errno if it failed.
    void count(pid_t tid, const Call& call, std::int64_t result);

    /// Puts the counts into `trace`.
    void report(Trace& trace) const;

private:
    struct Lookups {
        std::uint64_t all = 0;
        std::uint64_t enoent = 0;
    };

    std::vector<CallCount> counts_;  ///< by CallKind
    std::unordered_set<std::string> opened_;
    std::unordered_set<std::string> looked_up_;
    std::unordered_map<std::string, Lookups> directories_;
};

}  // namespace gaggle::worker
