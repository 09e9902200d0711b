#pragma once

#include "core/record_nodes.hpp"
#include "core/record_processes.hpp"
#include "core/record_surroundings.hpp"
#include "core/trace.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
///     files ...                    likewise, to be compared: whose files follow
///     file ...                     each file under its prefix, by path
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
/// 4: `trace` and `import-times` lines. 5: `files` and `file` lines.
inline constexpr int current_version = 5;

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
    std::vector<Files> files;
    std::vector<File> file_contents;

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
        visit(self.files);
        visit(self.file_contents);
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

/// Makes a record file line by line, in file order.
class LineWriter {
public:
    /// `out` gets the file's bytes, many lines at a time.
    explicit LineWriter(std::function<void(std::string_view)> out);
    ~LineWriter();
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;

    void add(std::string_view text);  ///< a line without check and newline
    void close();                     ///< the closing line; nothing comes after it

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// `record` as the bytes of a record file, closing line included.
[[nodiscard]] std::string write(const Record& record);

/// Reads the bytes of a record file of this or an earlier version. Never throws: what is sound before the damage is
/// kept, the damage is `trouble`. Takes memory in proportion to `bytes`, whatever numbers stand in them.
[[nodiscard]] Reading read(std::string_view bytes);

/// The same of a file that comes in pieces. The lists of `reading().record` may be emptied between them, so that only a
/// part of the record is ever there; whether that can be trusted is known at the end.
class Scanner {
public:
    Scanner();
    ~Scanner();
    Scanner(const Scanner&) = delete;
    Scanner& operator=(const Scanner&) = delete;

    /// The next bytes. False once there is trouble: the rest is of no use.
    bool take(std::string_view bytes);
    void finish();  ///< no more will come
    [[nodiscard]] Reading& reading();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

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
