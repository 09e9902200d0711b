#pragma once

#include "core/names.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Lines of a record file (core/record.hpp): the processes that a node started, interpreters and controls.
namespace gaggle::record {

enum class InterpreterOutcome { Exited, Signaled, ExecFailed, TimedOut };
inline constexpr Names<InterpreterOutcome, 4> interpreter_outcome_names{
    {"Exited", "Signaled", "ExecFailed", "TimedOut"}};
[[nodiscard]] constexpr const auto& names_of(InterpreterOutcome /*value*/)
{
    return interpreter_outcome_names;
}

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

/// A timed interval of one interpreter's life. Names, in order: "spawn" (fork → ready at the gate, so negative), "exec"
/// (start → the new program has replaced the worker), "runtime" (→ its container or wrapper is up), "ready" (→ first statement
/// of the probe), "import NAME" each, "exit" (last mark → exit). A phase that was not reached, or not marked, has no line.
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

}  // namespace gaggle::record
