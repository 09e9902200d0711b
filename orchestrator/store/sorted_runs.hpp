#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gaggle::store {

/// Many numbers that come as runs, each in ascending order, and what core/statistics says of all of them together: the
/// same, but by looking at some dozen numbers of each run where it goes through all.
class SortedRuns {
public:
    /// Where the caller appends numbers, in ascending order; they are a run once `end_run` was called.
    [[nodiscard]] std::vector<std::int64_t>& numbers() { return numbers_; }
    void end_run();

    [[nodiscard]] bool empty() const { return numbers_.empty(); }

    /// As statistics::quantile, of at least one number.
    [[nodiscard]] double quantile(double probability) const;

    /// How many of at least one number statistics::modified_z_score flags; empty where the MAD is 0.
    [[nodiscard]] std::optional<std::size_t> outliers() const;

private:
    [[nodiscard]] bool is_worth_a_search() const;

    std::vector<std::int64_t> numbers_;
    std::vector<std::size_t> ends_;  ///< of the runs
    std::int64_t least_ = 0;
    std::int64_t most_ = 0;
};

}  // namespace gaggle::store
