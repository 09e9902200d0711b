#include "core/examination.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <compare>
#include <iterator>
#include <tuple>

namespace gaggle::record {

namespace {

auto key_of(const auto& one)
{
    return std::tie(one.node, one.index);
}

std::string failure_words(const Interpreter& one, const std::string& node)
{
    return fmt::format("interpreter {} on {}: {} {}{}{}", one.index, node, to_string(one.outcome), one.status,
                       one.error.empty() ? "" : ": ", one.error);
}

}  // namespace

Examination::Examination(const std::vector<std::string>& imports) : wanted_{"exec", "exit"}
{
    for (const std::string& name : imports) {
        wanted_.push_back("import " + name);
    }
}

void Examination::take(const Record& part)
{
    for (const Gaggle& one : part.gaggles) {
        take_gaggle(one, part.attempt);
    }
    for (const Interpreter& one : part.interpreters) {
        take_interpreter(one, part.attempt);
    }
    for (const Phase& one : part.phases) {
        take_phase(one);
    }
    take_traces(part);
}

void Examination::take_gaggle(const Gaggle& one, const Attempt& attempt)
{
    ++gaggles_;
    const bool fresh = nodes_.emplace(one.node, one.name).second;
    if ((one.node >= attempt.nodes || !fresh) && wrong_gaggle_.empty()) {
        wrong_gaggle_ = fmt::format("node {} is there twice or is not one of {}", one.node, attempt.nodes);
    }
    if (one.outcome != GaggleOutcome::Completed && missing_nodes_++ == 0) {
        first_missing_node_ =
            fmt::format("node {} {}{}{}", one.name, to_string(one.outcome), one.reason.empty() ? "" : ": ", one.reason);
    }
}

Examination::Place Examination::place_of(unsigned node, unsigned index)
{
    const Interpreted wanted{node, index};
    if (interpreted_.empty() || key_of(interpreted_.back()) < key_of(wanted)) {
        return interpreted_.end();
    }
    return std::ranges::lower_bound(interpreted_, wanted,
                                    [](const auto& one, const auto& other) { return key_of(one) < key_of(other); });
}

void Examination::take_interpreter(const Interpreter& one, const Attempt& attempt)
{
    const auto node = nodes_.find(one.node);
    const bool is_well = one.outcome == InterpreterOutcome::Exited && one.status == 0;
    ++interpreters_;
    if (!is_well && failed_++ == 0) {
        first_failure_ = failure_words(one, node == nodes_.end() ? "?" : node->second);
    }
    const Place place = place_of(one.node, one.index);
    const bool is_second = place != interpreted_.end() && key_of(*place) == key_of(one);
    if (wrong_interpreter_.empty() && (node == nodes_.end() || one.index >= attempt.interpreters || is_second)) {
        wrong_interpreter_ =
            fmt::format("interpreter {} of node {} is there twice or does not belong", one.index, one.node);
    }
    if (!is_second) {
        const auto phases = (place - interpreted_.begin()) * static_cast<std::ptrdiff_t>(wanted_.size());
        timed_.insert(timed_.begin() + phases, wanted_.size(), false);
        interpreted_.insert(place, {one.node, one.index, is_well});
    }
}

void Examination::take_phase(const Phase& one)
{
    const Interpreted owner{one.node, one.interpreter};
    if (last_ >= interpreted_.size() || key_of(interpreted_[last_]) != key_of(owner)) {
        const Place place = place_of(one.node, one.interpreter);
        if (place == interpreted_.end() || key_of(*place) != key_of(owner)) {
            if (wrong_phase_.empty()) {
                wrong_phase_ = fmt::format("phase '{}' is of interpreter {} of node {}, which is not there", one.name,
                                           one.interpreter, one.node);
            }
            return;
        }
        last_ = static_cast<std::size_t>(place - interpreted_.begin());
    }
    const auto found = std::ranges::find(wanted_, one.name);
    if (found != wanted_.end()) {
        timed_[last_ * wanted_.size() + static_cast<std::size_t>(found - wanted_.begin())] = true;
    }
}

/// What went wrong with tracing. No node and no interpreter is missing for it: a system may forbid it.
void Examination::take_traces(const Record& part)
{
    for (const Trace& trace : part.traces) {
        if (!trace.trouble.empty()) {
            troubles_.push_back("system calls: " + trace.trouble);
        } else if (trace.status != 0) {
            const bool killed = WIFSIGNALED(trace.status);
            troubles_.push_back(fmt::format("the traced interpreter ended with {} {}{}{}",
                                            killed ? "signal" : "exit code",
                                            killed ? WTERMSIG(trace.status) : WEXITSTATUS(trace.status),
                                            trace.error.empty() ? "" : ": ", trace.error));
        }
    }
    for (const ImportTimes& times : part.import_times) {
        if (!times.trouble.empty()) {
            troubles_.push_back("import times: " + times.trouble);
        }
    }
}

/// Of the interpreters that exited with 0, in words; "" if there is none.
std::string Examination::first_missing_phase() const
{
    auto timed = timed_.begin();
    for (const Interpreted& one : interpreted_) {
        const auto end = timed + static_cast<std::ptrdiff_t>(wanted_.size());
        const auto missing = one.is_well ? std::find(timed, end, false) : end;
        if (missing != end) {
            return fmt::format("interpreter {} of node {} exited with 0 but did not time '{}'", one.index, one.node,
                               wanted_[static_cast<std::size_t>(missing - timed)]);
        }
        timed = end;
    }
    return {};
}

Findings Examination::findings(const Attempt& attempt) const
{
    Findings found;
    std::vector<std::string> reasons;
    if (missing_nodes_ > 0) {
        reasons.push_back(first_missing_node_);
    }
    if (missing_nodes_ > 1) {
        reasons.back() += fmt::format(" (and {} more nodes)", missing_nodes_ - 1);
    }
    const std::size_t wanted = std::size_t{attempt.nodes} * attempt.interpreters;
    if (interpreters_ != wanted || gaggles_ != attempt.nodes) {
        reasons.push_back(fmt::format("{} of {} interpreters have a result", interpreters_, wanted));
    }
    if (const std::string missing = first_missing_phase(); !missing.empty()) {
        reasons.push_back(missing);
    }
    found.verdict.complete = reasons.empty();
    found.verdict.failed = failed_;
    if (failed_ > 0) {
        reasons.push_back(fmt::format("{} of {} interpreters failed; {}", failed_, wanted, first_failure_));
    }
    std::ranges::copy(troubles_, std::back_inserter(reasons));
    if (!attempt.note.empty()) {
        reasons.push_back(attempt.note);
    }
    for (const std::string& reason : reasons) {
        found.verdict.reason += (found.verdict.reason.empty() ? "" : "; ") + reason;
    }
    found.contradiction = !wrong_gaggle_.empty()        ? wrong_gaggle_
                          : !wrong_interpreter_.empty() ? wrong_interpreter_
                                                        : wrong_phase_;
    return found;
}

Findings examine(const Record& record, const std::vector<std::string>& imports)
{
    Examination examination{imports};
    examination.take(record);
    return examination.findings(record.attempt);
}

std::string first_failure(const Record& record)
{
    for (const Interpreter& one : record.interpreters) {
        if (one.outcome != InterpreterOutcome::Exited || one.status != 0) {
            const auto node = std::ranges::find(record.gaggles, one.node, &Gaggle::node);
            return failure_words(one, node == record.gaggles.end() ? "?" : node->name);
        }
    }
    return {};
}

Verdict judge(const Record& record, const std::vector<std::string>& imports)
{
    return examine(record, imports).verdict;
}

}  // namespace gaggle::record
