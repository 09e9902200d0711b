#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace gaggle::experiment {

/// A duration of the experiment file: "90s", "10m", "1h30m", "500ms"; units h, m, s, ms, each at most once and from
/// large to small. Empty if it is none, is zero, or is longer than 30 days.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// A time limit as sbatch takes it: "minutes", "minutes:seconds", "hours:minutes:seconds", "days-hours",
/// "days-hours:minutes", "days-hours:minutes:seconds"; seconds count up to the next minute, as Slurm's resolution is
/// one minute. "UNLIMITED", "INFINITE", "-1" and zero are no limit. From sbatch(1), --time.
struct TimeLimit {
    std::optional<std::chrono::minutes> minutes;  ///< empty: unlimited

    bool operator==(const TimeLimit&) const = default;
};
/// Empty if it is none.
[[nodiscard]] std::optional<TimeLimit> parse_time_limit(std::string_view text);

}  // namespace gaggle::experiment
