#pragma once

#include "core/error.hpp"
#include "orchestrator/commands/progress.hpp"
#include "orchestrator/slurm/scheduler.hpp"
#include "orchestrator/store/store.hpp"

#include <chrono>
#include <filesystem>
#include <optional>

namespace gaggle::commands {

/// When to ask the controller: at intervals that double up to a minute or two (a different one for every gaggle, so that
/// many do not ask together); soon again when all records are in.
class Interval {
public:
    /// First 5 s after the start. `luck`: 0 … 1, stretches the longest interval from 60 s to 120 s.
    explicit Interval(double luck);
    /// First at the start, then after 15 s and up to 120 s, all of these shorter by up to a fifth with less luck.
    static Interval for_watching(double luck);

    [[nodiscard]] std::chrono::milliseconds current() const { return current_; }
    void lengthen();
    void all_records_in() { current_ = shortest; }

    static constexpr std::chrono::milliseconds shortest{1'000};
    static constexpr std::chrono::milliseconds first{5'000};

private:
    Interval(std::chrono::milliseconds current, std::chrono::milliseconds second, std::chrono::milliseconds longest)
        : current_(current), second_(second), longest_(longest)
    {
    }

    std::chrono::milliseconds current_;
    std::chrono::milliseconds second_;  ///< lengthening leads to at least this
    std::chrono::milliseconds longest_;
};

/// Stays until every submitted attempt of the experiment is terminal, drawing progress on standard error: one line
/// redrawn on a terminal, else a line when something changed. Looks at record files every second, and at the
/// controller as Interval says. Ok if all attempts completed, else CellsFailed; also at the end of `timeout`.
/// SIGINT ends the process with 130; the jobs go on.
ExitCode wait_for(const std::filesystem::path& store, store::ExperimentId experiment, slurm::Scheduler& scheduler,
                  std::optional<std::chrono::seconds> timeout);

/// The same, shown on `display`, asking as Interval::for_watching says.
ExitCode watch_over(const std::filesystem::path& store, store::ExperimentId experiment, slurm::Scheduler& scheduler,
                    Display& display);

}  // namespace gaggle::commands
