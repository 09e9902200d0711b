#include "core/record.hpp"

#include "core/line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace gaggle::record {

namespace {

struct Header {
    static constexpr std::string_view tag = "gaggle-record";
    int version = current_version;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.version);
    }
};

struct End {
    static constexpr std::string_view tag = "end";
    std::uint64_t lines = 0;
    std::uint64_t checksum = 0;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.lines);
        visit(self.checksum);
    }
};

/// FNV-1a, 64 bits (Fowler, Noll, Vo): against tears and bit rot, not against malice.
std::uint64_t fnv1a(std::string_view bytes)
{
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char byte : bytes) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
    }
    return hash;
}

/// Takes one line after the header into `reading`; true after the closing line.
bool take(std::string_view text, std::string_view bytes_before, std::uint64_t lines_before, Reading& reading)
{
    const std::string_view tag = line::tag_of(text);
    if (tag == Attempt::tag) {
        if (reading.record) {
            throw line::Malformed("a second 'attempt' line");
        }
        reading.record.emplace().attempt = line::read<Attempt>(text);
        return false;
    }
    if (!reading.record) {
        throw line::Malformed("expected an 'attempt' line, found '" + std::string{tag} + "'");
    }
    if (tag == Gaggle::tag) {
        reading.record->gaggles.push_back(line::read<Gaggle>(text));
    } else if (tag == Probe::tag) {
        reading.record->probes.push_back(line::read<Probe>(text));
    } else if (tag == Interpreter::tag) {
        reading.record->interpreters.push_back(line::read<Interpreter>(text));
    } else if (tag == Phase::tag) {
        reading.record->phases.push_back(line::read<Phase>(text));
    } else {
        const End end = line::read<End>(text);
        if (end.lines != lines_before || end.checksum != fnv1a(bytes_before)) {
            throw line::Malformed("the closing line does not agree with what stands before it");
        }
        return true;
    }
    return false;
}

std::string first_failure(const Record& record)
{
    for (const Interpreter& one : record.interpreters) {
        if (one.outcome == InterpreterOutcome::Exited && one.status == 0) {
            continue;
        }
        const auto node = std::ranges::find(record.gaggles, one.node, &Gaggle::node);
        return fmt::format("interpreter {} on {}: {} {}{}{}", one.index,
                           node == record.gaggles.end() ? "?" : node->name, to_string(one.outcome), one.status,
                           one.error.empty() ? "" : ": ", one.error);
    }
    return {};
}

/// The first interpreter that exited with 0 but lacks a phase, in words; "" if there is none.
std::string first_missing_phase(const Record& record, const std::vector<std::string>& imports)
{
    std::map<std::pair<unsigned, unsigned>, std::set<std::string_view>> timed;
    for (const Phase& phase : record.phases) {
        timed[{phase.node, phase.interpreter}].insert(phase.name);
    }
    std::vector<std::string> wanted{"exec", "exit"};
    for (const std::string& name : imports) {
        wanted.push_back("import " + name);
    }
    for (const Interpreter& one : record.interpreters) {
        if (one.outcome != InterpreterOutcome::Exited || one.status != 0) {
            continue;
        }
        const auto& has = timed[{one.node, one.index}];
        for (const std::string& name : wanted) {
            if (!has.contains(name)) {
                return fmt::format("interpreter {} of node {} exited with 0 but did not time '{}'", one.index, one.node,
                                   name);
            }
        }
    }
    return {};
}

}  // namespace

std::string write(const Record& record)
{
    std::string out = line::write(Header{});
    out += line::write(record.attempt);
    for (const Gaggle& one : record.gaggles) {
        out += line::write(one);
    }
    for (const Probe& one : record.probes) {
        out += line::write(one);
    }
    for (const Interpreter& one : record.interpreters) {
        out += line::write(one);
    }
    for (const Phase& one : record.phases) {
        out += line::write(one);
    }
    const auto lines = static_cast<std::uint64_t>(std::ranges::count(out, '\n'));
    out += line::write(End{.lines = lines, .checksum = fnv1a(out)});
    return out;
}

Reading read(std::string_view bytes)
{
    Reading reading;
    std::uint64_t number = 0;
    std::size_t begin = 0;
    try {
        while (begin < bytes.size()) {
            const std::size_t newline = bytes.find('\n', begin);
            if (newline == std::string_view::npos) {
                throw line::Malformed("the file ends in the middle of a line");
            }
            const std::string_view text = bytes.substr(begin, newline - begin);
            if (reading.closed) {
                throw line::Malformed("there is more after the closing line");
            }
            if (number == 0) {
                if (const int version = line::read<Header>(text).version; version > current_version) {
                    throw line::Malformed(fmt::format(
                        "written by a newer gaggle (record version {}, this one reads {})", version, current_version));
                }
            } else {
                reading.closed = take(text, bytes.substr(0, begin), number, reading);
            }
            begin = newline + 1;
            ++number;
        }
        if (!reading.closed) {
            throw line::Malformed("the closing line is missing");
        }
    } catch (const line::Malformed& problem) {
        reading.closed = false;
        reading.trouble = fmt::format("line {}: {}", number + 1, problem.what());
    }
    return reading;
}

std::string file_name(unsigned task, unsigned restart)
{
    return fmt::format("{}.{}.record", task, restart);
}

Verdict judge(const Record& record, const std::vector<std::string>& imports)
{
    Verdict verdict;
    std::vector<std::string> reasons;
    std::size_t missing_nodes = 0;
    for (const Gaggle& one : record.gaggles) {
        if (one.outcome == GaggleOutcome::Completed) {
            continue;
        }
        if (missing_nodes++ == 0) {
            reasons.push_back(fmt::format("node {} {}{}{}", one.name, to_string(one.outcome),
                                          one.reason.empty() ? "" : ": ", one.reason));
        }
    }
    if (missing_nodes > 1) {
        reasons.back() += fmt::format(" (and {} more nodes)", missing_nodes - 1);
    }
    const std::size_t wanted = std::size_t{record.attempt.nodes} * record.attempt.interpreters;
    if (record.interpreters.size() != wanted || record.gaggles.size() != record.attempt.nodes) {
        reasons.push_back(fmt::format("{} of {} interpreters have a result", record.interpreters.size(), wanted));
    }
    if (const std::string missing = first_missing_phase(record, imports); !missing.empty()) {
        reasons.push_back(missing);
    }
    verdict.complete = reasons.empty();
    verdict.failed = static_cast<unsigned>(std::ranges::count_if(record.interpreters, [](const Interpreter& one) {
        return one.outcome != InterpreterOutcome::Exited || one.status != 0;
    }));
    if (verdict.failed > 0) {
        reasons.push_back(
            fmt::format("{} of {} interpreters failed; {}", verdict.failed, wanted, first_failure(record)));
    }
    if (!record.attempt.note.empty()) {
        reasons.push_back(record.attempt.note);
    }
    for (const std::string& reason : reasons) {
        verdict.reason += (verdict.reason.empty() ? "" : "; ") + reason;
    }
    return verdict;
}

}  // namespace gaggle::record
