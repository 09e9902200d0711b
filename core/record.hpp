#pragma once

#include "core/cache_state.hpp"
#include "core/names.hpp"
#include "core/trace.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The record file: what one array element measured, written once by the coordinator. Lines (core/line.hpp):
///
///     gaggle-record <version>
///     attempt ...                  one
///     gaggle ...                   one per node, in node order
///     step ...                     what a node did before and after its interpreters, in that order
///     cache ...                    one per node that brought its caches into a state, in node order
///     probe ...                    one per node whose interpreters said how they were timed, in node order
///     interpreter ...              one per interpreter whose result arrived, by node and index
///     io ...                       what such a process read and wrote, where its node could tell, likewise
///     phase ...                    their phases, by node, index and time
///     control ...                  the processes of the controls, by node
///     facts ...                    what is so on a node, and of the environment's files there; up to two per node
///     counters ...                 one per node that read its file systems' counters before and after
///     counter ...                  those that changed in between
///     trace ...                    of a cell to trace: what a traced interpreter asked of file systems
///     import-times ...             likewise: what its imports took, of a language that tells
///     inspection ...               what the environment's interpreter says of itself, asked on one node
///     end <lines before this> <FNV-1a 64 of every byte before this line>
///
/// All lines but the first end with one more field, their check: FNV-1a 64 of every byte of the file before it, its
/// halves XORed, 8 hexadecimal digits. So a line vouches for all before it, and a damaged file (torn, changed, lines lost,
/// doubled or of another file) is sound up to the first line whose check disagrees, but for a chance of 2^-32; the
/// closing line makes that 2^-64 for a file as a whole. Version 1 had no checks.
///
/// Columns never change without a new version. Units: `_ns` nanoseconds; `since T`: on the node's own CLOCK_MONOTONIC, minus the
/// instant T that the coordinator named, as that node was told it.
namespace gaggle::record {

/// 2: checks; `step`, `probe` and `control` lines. 3: `cache`, `io`, `facts`, `counters`, `counter` and `inspection` lines.
/// 4: `trace` and `import-times` lines.
inline constexpr int current_version = 4;

/// local: "nodes" are processes of one machine. imported: others measured; such attempts are in stores only.
enum class Launcher { slurm, local, imported };
inline constexpr Names<Launcher, 3> launcher_names{{"slurm", "local", "imported"}};
[[nodiscard]] constexpr std::string_view to_string(Launcher value)
{
    return launcher_names.of(value);
}
[[nodiscard]] constexpr bool from_string(std::string_view text, Launcher& value)
{
    return launcher_names.find(text, value);
}

enum class GaggleOutcome { Completed, NeverArrived, Failed, Died, TimedOut };
inline constexpr Names<GaggleOutcome, 5> gaggle_outcome_names{
    {"Completed", "NeverArrived", "Failed", "Died", "TimedOut"}};
[[nodiscard]] constexpr std::string_view to_string(GaggleOutcome value)
{
    return gaggle_outcome_names.of(value);
}
[[nodiscard]] constexpr bool from_string(std::string_view text, GaggleOutcome& value)
{
    return gaggle_outcome_names.find(text, value);
}

enum class InterpreterOutcome { Exited, Signaled, ExecFailed, TimedOut };
inline constexpr Names<InterpreterOutcome, 4> interpreter_outcome_names{
    {"Exited", "Signaled", "ExecFailed", "TimedOut"}};
[[nodiscard]] constexpr std::string_view to_string(InterpreterOutcome value)
{
    return interpreter_outcome_names.of(value);
}
[[nodiscard]] constexpr bool from_string(std::string_view text, InterpreterOutcome& value)
{
    return interpreter_outcome_names.find(text, value);
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

/// One interpreter process, with what wait4(2) said of its pid.
struct Interpreter {
    static constexpr std::string_view tag = "interpreter";

    unsigned node = 0;
    unsigned index = 0;  ///< 0 … interpreters − 1 on its node
    InterpreterOutcome outcome = InterpreterOutcome::Exited;
    int status = 0;             ///< exit code, signal number, or errno of exec; the signal that ended it if TimedOut
    std::string error;          ///< its first error line, "" if it has none
    std::int64_t start_ns = 0;  ///< since T: its last clock reading before exec; what is achieved of an intended 0
    std::int64_t exit_ns = 0;   ///< since T: when the worker was told of its exit
    std::int64_t user_us = 0;
    std::int64_t system_us = 0;
    std::int64_t minor_faults = 0;
    std::int64_t major_faults = 0;
    std::int64_t max_rss_kib = 0;
    std::int64_t blocks_in = 0;  ///< of 512 bytes
    std::int64_t blocks_out = 0;
    std::int64_t voluntary_switches = 0;
    std::int64_t involuntary_switches = 0;

    bool operator==(const Interpreter&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.index);
        visit(self.outcome);
        visit(self.status);
        visit(self.error);
        visit(self.start_ns);
        visit(self.exit_ns);
        visit(self.user_us);
        visit(self.system_us);
        visit(self.minor_faults);
        visit(self.major_faults);
        visit(self.max_rss_kib);
        visit(self.blocks_in);
        visit(self.blocks_out);
        visit(self.voluntary_switches);
        visit(self.involuntary_switches);
    }
};

/// What one interpreter process, and those of its children that it waited for, read and wrote between the gate and its
/// end, by /proc/PID/io (proc_pid_io(5)); as launched: from its fork on. No line: not known.
struct Io {
    static constexpr std::string_view tag = "io";

    unsigned node = 0;
    unsigned interpreter = 0;
    std::int64_t read_bytes = 0;           ///< rchar: by read(2) and the like, from whatever
    std::int64_t write_bytes = 0;          ///< wchar
    std::int64_t read_calls = 0;           ///< syscr
    std::int64_t write_calls = 0;          ///< syscw
    std::int64_t storage_read_bytes = 0;   ///< read_bytes: fetched from storage; what the page cache had is not in it
    std::int64_t storage_write_bytes = 0;  ///< write_bytes: dirtied pages
    std::int64_t cancelled_write_bytes = 0;

    bool operator==(const Io&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.interpreter);
        visit(self.read_bytes);
        visit(self.write_bytes);
        visit(self.read_calls);
        visit(self.write_calls);
        visit(self.storage_read_bytes);
        visit(self.storage_write_bytes);
        visit(self.cancelled_write_bytes);
    }
};

/// A timed interval of one interpreter's life. Names, in order: "spawn" (fork → ready at the gate, so
/// negative), "exec" (start → the new program has replaced the worker), "ready" (→ first statement of the
/// probe), "import NAME" each, "exit" (last mark → exit). A phase that was not reached has no line.
struct Phase {
    static constexpr std::string_view tag = "phase";

    unsigned node = 0;
    unsigned interpreter = 0;
    std::string name;
    std::int64_t begin_ns = 0;  ///< since T
    std::int64_t end_ns = 0;    ///< since T

    bool operator==(const Phase&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.interpreter);
        visit(self.name);
        visit(self.begin_ns);
        visit(self.end_ns);
    }
};

/// One thing that a node did once, apart from what is measured: set-up, staging, unstaging.
struct Step {
    static constexpr std::string_view tag = "step";

    unsigned node = 0;
    std::string name;  ///< "setup", "stage", "unstage"
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

/// One process of a control, started together with the others of its kind after the interpreters had ended. Its times
/// are since an instant T of its own.
struct Control {
    static constexpr std::string_view tag = "control";

    std::string name;  ///< ControlSpec::name
    Interpreter process;

    bool operator==(const Control&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.name);
        visit(self.process);
    }
};

/// What Facts are about: the node itself, or the files of the environment as they lie there.
enum class Subject { node, paths };
inline constexpr Names<Subject, 2> subject_names{{"node", "paths"}};
[[nodiscard]] constexpr std::string_view to_string(Subject value)
{
    return subject_names.of(value);
}
[[nodiscard]] constexpr bool from_string(std::string_view text, Subject& value)
{
    return subject_names.find(text, value);
}

/// Names and values, as worker/provenance.hpp has them: those of two nodes are equal when the nodes are.
struct Facts {
    static constexpr std::string_view tag = "facts";

    unsigned node = 0;
    Subject subject = Subject::node;
    std::vector<std::pair<std::string, std::string>> facts;  ///< "": not known

    bool operator==(const Facts&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.subject);
        visit(self.facts);
    }
};

/// A node compared its file systems' counters just before the release and after its last exit.
struct Counters {
    static constexpr std::string_view tag = "counters";

    unsigned node = 0;
    std::string left_out;  ///< what is not known and why, "SOURCE: WHY" each, in lines; "": all is known

    bool operator==(const Counters&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.left_out);
    }
};

/// By how much one counter changed; worker/counters.hpp has the names.
struct Counter {
    static constexpr std::string_view tag = "counter";

    unsigned node = 0;
    std::string source;
    std::string name;
    std::int64_t value = 0;  ///< never 0

    bool operator==(const Counter&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.source);
        visit(self.name);
        visit(self.value);
    }
};

/// What the environment's interpreter says of itself, asked after everything that is measured (worker/inspection.hpp).
struct Inspection {
    static constexpr std::string_view tag = "inspection";

    unsigned node = 0;
    std::string version;  ///< "": not known
    std::vector<std::pair<std::string, std::string>> facts;
    std::string packages_sha256;        ///< "": the list is not known
    std::vector<std::string> packages;  ///< "NAME==VERSION", sorted by bytes
    std::string trouble;                ///< why not all is known; "" if it is

    bool operator==(const Inspection&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.version);
        visit(self.facts);
        visit(self.packages_sha256);
        visit(self.packages);
        visit(self.trouble);
    }
};

/// The contents of one record file. Lists are in file order.
struct Record {
    Attempt attempt;
    std::vector<Gaggle> gaggles;
    std::vector<Step> steps;
    std::vector<Cache> caches;
    std::vector<Probe> probes;
    std::vector<Interpreter> interpreters;
    std::vector<Io> ios;
    std::vector<Phase> phases;
    std::vector<Control> controls;
    std::vector<Facts> facts;
    std::vector<Counters> counters;
    std::vector<Counter> counter_changes;
    std::vector<Trace> traces;
    std::vector<ImportTimes> import_times;
    std::vector<Inspection> inspections;

    bool operator==(const Record&) const = default;

    /// Calls `visit` with each list, in file order.
    template <class Self, class Visit>
    static void lists(Self& self, Visit&& visit)
    {
        visit(self.gaggles);
        visit(self.steps);
        visit(self.caches);
        visit(self.probes);
        visit(self.interpreters);
        visit(self.ios);
        visit(self.phases);
        visit(self.controls);
        visit(self.facts);
        visit(self.counters);
        visit(self.counter_changes);
        visit(self.traces);
        visit(self.import_times);
        visit(self.inspections);
    }
};

/// Appends the line (no newline) to the list that its tag belongs to; false if it belongs to none. Throws
/// line::Malformed.
[[nodiscard]] bool take_line(Record& record, std::string_view text);

/// Appends all of `more`'s lists to those of `record`.
void append(Record& record, const Record& more);

/// A record as far as it could be read.
struct Reading {
    std::optional<Record> record;  ///< empty if not even the `attempt` line is there
    bool closed = false;           ///< the closing line is there and agrees
    bool unread = false;           ///< it may be whole, and be read another time: a newer gaggle's, or no access
    std::string trouble;           ///< one line unless closed: "line N: …", or why it is unread
};

/// `record` as the bytes of a record file, closing line included.
[[nodiscard]] std::string write(const Record& record);

/// Reads the bytes of a record file of this or an earlier version. Never throws: what is sound before the damage is
/// kept, the damage is `trouble`. Takes memory in proportion to `bytes`, whatever numbers stand in them.
[[nodiscard]] Reading read(std::string_view bytes);

/// The first interpreter that did not exit with 0, in words; "" if there is none.
[[nodiscard]] std::string first_failure(const Record& record);

/// The name of an element's record file: task and restart make it unique within an array.
[[nodiscard]] std::string file_name(unsigned task, unsigned restart);

/// What is missing or failed, in words, one per kind of trouble; empty if every node, every interpreter and
/// every phase is there, every interpreter exited with 0, and tracing, if it was asked for, went well. `imports`: those
/// that each interpreter should have timed.
struct Verdict {
    bool complete = false;  ///< every node and interpreter has a result
    unsigned failed = 0;    ///< interpreters with a result that is not exit 0
    std::string reason;     ///< "" if complete, none failed, and tracing went well
};
[[nodiscard]] Verdict judge(const Record& record, const std::vector<std::string>& imports);

}  // namespace gaggle::record
