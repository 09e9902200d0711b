#pragma once

#include "core/cache_state.hpp"
#include "core/names.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Lines of a record file (core/record.hpp): the attempt, its nodes, and what each did around its interpreters.
namespace gaggle::record {

/// local: "nodes" are processes of one machine. imported: others measured; such attempts are in stores only.
enum class Launcher { slurm, local, imported };
inline constexpr Names<Launcher, 3> launcher_names{{"slurm", "local", "imported"}};
[[nodiscard]] constexpr const auto& names_of(Launcher /*value*/)
{
    return launcher_names;
}

/// Who measured what, and when. Wall-clock instants are for people and for finding overlaps only.
struct Attempt {
    static constexpr std::string_view tag = "attempt";

    std::string token;
    unsigned task = 0;
    unsigned repetition = 0;
    unsigned restart = 0;  ///< SLURM_RESTART_COUNT
    Launcher launcher = Launcher::slurm;
    std::uint64_t array_job_id = 0;  ///< 0 without Slurm
    std::uint64_t job_id = 0;        ///< the element's own
    unsigned nodes = 0;              ///< asked for
    unsigned interpreters = 0;       ///< per node, asked for
    std::string host;                ///< where the coordinator ran
    std::string worker_version;
    std::int64_t began_unix_ns = 0;  ///< CLOCK_REALTIME when the coordinator began
    std::int64_t ended_unix_ns = 0;
    std::int64_t met_ns = 0;  ///< since the coordinator began, CLOCK_MONOTONIC: last node arrived (or the deadline)
    std::int64_t prepared_ns = 0;  ///< likewise: last node ready
    std::int64_t release_ns = 0;   ///< likewise: T
    std::int64_t gathered_ns = 0;  ///< likewise: last result
    std::string note;              ///< why it stopped early; the launcher's last words; "" if all went well

    bool operator==(const Attempt&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.token);
        visit(self.task);
        visit(self.repetition);
        visit(self.restart);
        visit(self.launcher);
        visit(self.array_job_id);
        visit(self.job_id);
        visit(self.nodes);
        visit(self.interpreters);
        visit(self.host);
        visit(self.worker_version);
        visit(self.began_unix_ns);
        visit(self.ended_unix_ns);
        visit(self.met_ns);
        visit(self.prepared_ns);
        visit(self.release_ns);
        visit(self.gathered_ns);
        visit(self.note);
    }
};

/// The clock offset of a node against the coordinator: node's CLOCK_MONOTONIC minus the coordinator's,
/// from the shortest of several round trips; the truth lies within ± uncertainty.
struct ClockOffset {
    static constexpr std::string_view tag = "clock";

    std::int64_t offset_ns = 0;
    std::int64_t uncertainty_ns = 0;  ///< half of the shortest round trip; 0: not measured

    bool operator==(const ClockOffset&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.offset_ns);
        visit(self.uncertainty_ns);
    }
};

enum class GaggleOutcome { Completed, NeverArrived, Failed, Died, TimedOut };
inline constexpr Names<GaggleOutcome, 5> gaggle_outcome_names{
    {"Completed", "NeverArrived", "Failed", "Died", "TimedOut"}};
[[nodiscard]] constexpr const auto& names_of(GaggleOutcome /*value*/)
{
    return gaggle_outcome_names;
}

/// One node's group of interpreters in one attempt.
struct Gaggle {
    static constexpr std::string_view tag = "gaggle";

    unsigned node = 0;  ///< 0 … nodes − 1, in the order of Slurm's node list
    std::string name;   ///< Slurm's node name; "HOST/process-0" without Slurm
    GaggleOutcome outcome = GaggleOutcome::NeverArrived;
    std::string reason;           ///< in words, unless Completed
    std::int64_t arrived_ns = 0;  ///< since the coordinator began
    ClockOffset clock_before;
    ClockOffset clock_after;
    std::int64_t mount_ns = 0;  ///< duration of mounting the image; 0 without one
    std::int64_t fork_ns = 0;   ///< duration from the first fork to the last child ready at the gate
    unsigned cpus = 0;          ///< CPUs that the interpreters may run on (sched_getaffinity)
    std::string mounted_by;     ///< program and version that mounted the image; "" without one

    bool operator==(const Gaggle&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.name);
        visit(self.outcome);
        visit(self.reason);
        visit(self.arrived_ns);
        visit(self.clock_before);
        visit(self.clock_after);
        visit(self.mount_ns);
        visit(self.fork_ns);
        visit(self.cpus);
        visit(self.mounted_by);
    }
};

/// One thing that a node did once, apart from what is measured: set-up, staging, unstaging.
struct Step {
    static constexpr std::string_view tag = "step";

    unsigned node = 0;
    std::string name;  ///< "setup", "stage", "container", "unstage"
    std::string command;
    std::int64_t duration_ns = 0;
    int status = 0;     ///< exit code; 128 + signal; 0: done
    std::string error;  ///< its first error line; "" if it has none

    bool operator==(const Step&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.name);
        visit(self.command);
        visit(self.duration_ns);
        visit(self.status);
        visit(self.error);
    }
};

/// How a node brought its page cache into the declared state before the interpreters, and whether it is. Resident: in
/// the page cache, in whole pages, at most a file's size.
struct Cache {
    static constexpr std::string_view tag = "cache";

    unsigned node = 0;
    CacheState asked = CacheState::as_is;
    std::string method;       ///< "drop_caches", "posix_fadvise(DONTNEED)", "read", "run"; "" if nothing was done
    std::uint64_t files = 0;  ///< that were there at the check
    std::uint64_t bytes = 0;  ///< theirs
    std::uint64_t resident_before = 0;  ///< bytes, of the files that could be asked about
    std::uint64_t resident_after = 0;   ///< bytes, likewise
    bool verified = false;              ///< every file was asked about, and all are in the state
    std::string reason;                 ///< in words, unless verified
    std::string not_covered;            ///< what may be in another state, whatever was verified; "" if nothing is known
    std::int64_t duration_ns = 0;       ///< of bringing and of checking, without an unmeasured run between them

    bool operator==(const Cache&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.asked);
        visit(self.method);
        visit(self.files);
        visit(self.bytes);
        visit(self.resident_before);
        visit(self.resident_after);
        visit(self.verified);
        visit(self.reason);
        visit(self.not_covered);
        visit(self.duration_ns);
    }
};

/// What timed a node's interpreters from within, in the probe's own words.
struct Probe {
    static constexpr std::string_view tag = "probe";

    unsigned node = 0;
    std::string clock;  ///< "CLOCK_MONOTONIC": the language reads it; "timerfd": read through worker/marks.hpp's timer
    std::int64_t resolution_ns = 0;
    std::string version;  ///< of the interpreter; "" if it does not know

    bool operator==(const Probe&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.clock);
        visit(self.resolution_ns);
        visit(self.version);
    }
};

}  // namespace gaggle::record
