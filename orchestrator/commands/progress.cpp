#include "orchestrator/commands/progress.hpp"

#include "orchestrator/log.hpp"
#include "orchestrator/record_files.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace gaggle::commands {

Progress Progress::of(const store::Store& store, store::ExperimentId experiment)
{
    Progress progress;
    for (store::ArrayRow& row : store.arrays(experiment)) {
        Array& array = progress.arrays_.emplace_back();
        for (const store::AttemptRow& attempt : store.attempts(row.id)) {
            if (attempt.superseded) {
                continue;
            }
            ++array.states[attempt.state];
            if (!gaggle::is_terminal(attempt.state)) {
                array.open.push_back(attempt.task);
            }
        }
        array.row = std::move(row);
    }
    progress.count_records();
    return progress;
}

void Progress::count_records()
{
    // Arrays run one after the other: where two in a row have nothing new, the rest have not either, and a folder on a
    // busy file server is not looked at for nothing.
    std::size_t empty = 0;
    for (Array& array : arrays_) {
        if (!array.row.submitted_unix_ns || array.open.empty() || empty >= 2) {
            continue;
        }
        const auto files = collect::record_files(array.row);
        array.recorded = static_cast<std::size_t>(
            std::ranges::count_if(array.open, [&files](unsigned task) { return files.contains(task); }));
        empty = array.recorded == 0 ? empty + 1 : 0;
    }
}

bool Progress::in_slurm() const
{
    return std::any_of(arrays_.begin(), arrays_.end(),
                       [](const Array& array) { return array.row.job_id && !array.open.empty(); });
}

bool Progress::unfinished_locally() const
{
    return std::any_of(arrays_.begin(), arrays_.end(), [](const Array& array) {
        return array.row.submitted_unix_ns.has_value() && !array.row.job_id && !array.open.empty();
    });
}

bool Progress::all_records_in() const
{
    return std::all_of(arrays_.begin(), arrays_.end(), [](const Array& array) {
        return !array.row.submitted_unix_ns || array.recorded == array.open.size();
    });
}

bool Progress::all_completed() const
{
    return std::all_of(arrays_.begin(), arrays_.end(), [](const Array& array) {
        return std::all_of(array.states.begin(), array.states.end(),
                           [](const auto& state) { return state.first == AttemptState::Completed; });
    });
}

std::size_t Progress::unsubmitted() const
{
    return static_cast<std::size_t>(
        std::count_if(arrays_.begin(), arrays_.end(), [](const Array& array) { return !array.row.submitted_unix_ns; }));
}

std::string Progress::words() const
{
    std::map<AttemptState, std::size_t> states;
    std::size_t attempts = 0;
    std::size_t ended = 0;
    std::size_t recorded = 0;
    for (const Array& array : arrays_) {
        for (const auto& [state, count] : array.states) {
            states[state] += count;
            attempts += count;
            ended += gaggle::is_terminal(state) ? count : 0;
        }
        recorded += array.recorded;
    }
    std::string parts;
    for (const auto& [state, count] : states) {
        parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", count, to_string(state));
    }
    return fmt::format("{} of {} attempts ended: {}{}", ended, attempts, parts,
                       recorded == 0 ? "" : fmt::format("; {} more recorded", recorded));
}

ProgressLine::ProgressLine() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressLine::show(const std::string& words)
{
    if (!is_terminal_) {
        if (words != shown_) {
            log::info(words);
        }
    } else {
        winsize size{};
        std::string line = "gaggle: " + words;
        if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) {  // a wrapped line cannot be redrawn
            line = line.substr(0, size.ws_col - 1U);
        }
        std::cerr << "\r\x1b[K" << line << std::flush;
        is_open_ = true;
    }
    shown_ = words;
}

void ProgressLine::finish()
{
    if (is_open_) {
        std::cerr << "\n";
        is_open_ = false;
    }
}

}  // namespace gaggle::commands
