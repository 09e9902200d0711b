#pragma once

#include "orchestrator/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gaggle::commands {

/// How far the attempts of one environment are, each repetition counted once.
struct EnvironmentProgress {
    std::string environment;
    std::size_t attempts = 0;
    std::size_t completed = 0;
    std::size_t failed = 0;    ///< ended otherwise
    std::size_t running = 0;   ///< without those recorded
    std::size_t recorded = 0;  ///< not collected yet
    std::size_t unverified = 0;
    std::size_t unsubmitted = 0;  ///< the rest waits

    bool operator==(const EnvironmentProgress&) const = default;
};

/// How far an experiment is, by the latest attempt at each repetition: the store's rows, and how many record files lie
/// there that may be newer than the rows.
class Progress {
public:
    Progress() = default;
    static Progress of(const store::Store& store, store::ExperimentId experiment);

    /// Looks for record files of the arrays that are under way.
    void count_records();

    [[nodiscard]] bool is_empty() const { return arrays_.empty(); }
    [[nodiscard]] bool in_slurm() const;            ///< an array in Slurm's hands has an attempt that is not terminal
    [[nodiscard]] bool unfinished_locally() const;  ///< the same of the local launcher's
    [[nodiscard]] bool all_records_in() const;      ///< every submitted attempt that is not terminal has a record file
    [[nodiscard]] bool all_completed() const;       ///< every attempt, those not submitted included
    [[nodiscard]] std::size_t unsubmitted() const;  ///< arrays
    [[nodiscard]] std::string words() const;        ///< "12 of 90 attempts: 11 completed, 1 failed; 2 running, ..."
    [[nodiscard]] std::vector<EnvironmentProgress> by_environment() const;  ///< in the order of their first arrays
    /// When all that was submitted will have ended, by what is known so far; empty: not known.
    [[nodiscard]] std::optional<std::int64_t> expected_end_unix_s() const { return expected_end_unix_s_; }

private:
    /// The latest attempt at a repetition.
    struct Element {
        unsigned task = 0;
        std::string environment;
        AttemptState state = AttemptState::Planned;
        bool recorded = false;  ///< is not terminal, and has a record file
    };
    struct Array {
        store::ArrayRow row;
        std::vector<Element> elements;

        [[nodiscard]] bool is_open() const;  ///< has an element that is not terminal
    };

    std::vector<Array> arrays_;
    std::optional<std::int64_t> expected_end_unix_s_;
};

/// Where progress is shown while it is waited for.
class Display {
public:
    Display() = default;
    Display(const Display&) = delete;
    Display& operator=(const Display&) = delete;
    virtual ~Display() = default;

    virtual void begin(const Progress& /*progress*/) {}
    /// `requests`: how often slurmctld was asked.
    virtual void show(const Progress& progress, std::size_t requests) = 0;
    /// Leaves what was shown, before something else is said.
    virtual void finish() = 0;
};

/// A line on standard error: redrawn on a terminal; elsewhere written whenever it differs from the last one.
class ProgressLine : public Display {
public:
    void show(const Progress& progress, std::size_t requests) override;
    void finish() override;

private:
    bool is_open_ = false;
    std::string shown_;
};

}  // namespace gaggle::commands
