#include "orchestrator/commands/progress.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "orchestrator/commands/eta.hpp"
#include "orchestrator/commands/terminal.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/record_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>

namespace gaggle::commands {

bool Progress::Array::is_open() const
{
    return std::ranges::any_of(elements, [](const Element& element) { return !is_terminal(element.state); });
}

Progress Progress::of(const store::Store& store, store::ExperimentId experiment)
{
    Progress progress;
    for (store::ArrayRow& row : store.arrays(experiment)) {
        Array& array = progress.arrays_.emplace_back();
        for (const store::AttemptRow& attempt : store.attempts(row.id)) {
            if (!attempt.superseded) {
                array.elements.push_back({attempt.task, attempt.cell.environment, attempt.state});
            }
        }
        array.row = std::move(row);
    }
    progress.count_records();
    const std::int64_t now = clocks::realtime_ns() / 1'000'000'000;
    if (const auto left = time_left(store.elements(experiment), now)) {
        progress.expected_end_unix_s_ = now + left->count();
    }
    return progress;
}

void Progress::count_records()
{
    // Arrays run one after the other: where two in a row have nothing new, the rest have not either, and a folder on a
    // busy file server is not looked at for nothing.
    std::size_t empty = 0;
    for (Array& array : arrays_) {
        if (!array.row.submitted_unix_ns || !array.is_open() || empty >= 2) {
            continue;
        }
        const auto files = collect::record_files(array.row);
        for (Element& element : array.elements) {
            element.recorded = !is_terminal(element.state) && files.contains(element.task);
        }
        empty = std::ranges::any_of(array.elements, &Element::recorded) ? 0 : empty + 1;
    }
}

bool Progress::in_slurm() const
{
    return std::ranges::any_of(arrays_, [](const Array& array) { return array.row.job_id && array.is_open(); });
}

bool Progress::unfinished_locally() const
{
    return std::ranges::any_of(arrays_, [](const Array& array) {
        return array.row.submitted_unix_ns.has_value() && !array.row.job_id && array.is_open();
    });
}

bool Progress::all_records_in() const
{
    return std::ranges::all_of(arrays_, [](const Array& array) {
        return !array.row.submitted_unix_ns || std::ranges::all_of(array.elements, [](const Element& element) {
            return is_terminal(element.state) || element.recorded;
        });
    });
}

bool Progress::all_completed() const
{
    return std::ranges::all_of(arrays_, [](const Array& array) {
        return std::ranges::all_of(array.elements,
                                   [](const Element& element) { return element.state == AttemptState::Completed; });
    });
}

std::size_t Progress::unsubmitted() const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(arrays_, [](const Array& array) { return !array.row.submitted_unix_ns; }));
}

std::string Progress::words() const
{
    std::map<AttemptState, std::size_t> states;
    std::size_t attempts = 0;
    std::size_t ended = 0;
    std::size_t recorded = 0;
    for (const Array& array : arrays_) {
        for (const Element& element : array.elements) {
            ++states[element.state];
            ++attempts;
            ended += is_terminal(element.state) ? 1 : 0;
            recorded += element.recorded ? 1 : 0;
        }
    }
    std::string parts;
    for (const auto& [state, count] : states) {
        parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", count, to_string(state));
    }
    return fmt::format("{} of {} attempts ended: {}{}", ended, attempts, parts,
                       recorded == 0 ? "" : fmt::format("; {} more recorded", recorded));
}

std::vector<EnvironmentProgress> Progress::by_environment() const
{
    std::vector<EnvironmentProgress> all;
    for (const Array& array : arrays_) {
        for (const Element& element : array.elements) {
            auto found = std::ranges::find(all, element.environment, &EnvironmentProgress::environment);
            if (found == all.end()) {
                found = all.insert(all.end(), EnvironmentProgress{});
                found->environment = element.environment;
            }
            ++found->attempts;
            if (element.recorded) {
                ++found->recorded;
                continue;
            }
            switch (element.state) {
                case AttemptState::Completed: ++found->completed; break;
                case AttemptState::Planned: ++found->unsubmitted; break;
                case AttemptState::Pending: break;
                case AttemptState::Running: ++found->running; break;
                case AttemptState::Unverified: ++found->unverified; break;
                default: ++found->failed; break;
            }
        }
    }
    return all;
}

void ProgressLine::show(const Progress& progress, std::size_t requests)
{
    const std::string words = fmt::format("{}; asked slurmctld {}", progress.words(), counted(requests, "time"));
    if (const auto terminal = terminal_at(STDERR_FILENO)) {
        // A wrapped line cannot be redrawn.
        std::cerr << "\r\x1b[K" << ("gaggle: " + words).substr(0, terminal->columns - 1) << std::flush;
        is_open_ = true;
    } else if (words != shown_) {
        log::info(words);
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
