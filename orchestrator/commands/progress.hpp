#pragma once

#include "orchestrator/store/store.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace gaggle::commands {

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

private:
    struct Array {
        store::ArrayRow row;
        std::map<AttemptState, std::size_t> states;
        std::vector<unsigned> open;  ///< tasks of the attempts that are not terminal
        std::size_t recorded = 0;    ///< of these, with a record file
    };

    std::vector<Array> arrays_;
};

/// A line on standard error: redrawn on a terminal; elsewhere written whenever it differs from the last one.
class ProgressLine {
public:
    ProgressLine();
    void show(const std::string& words);
    /// Leaves the line on the terminal and begins a new one.
    void finish();

private:
    bool is_terminal_;
    bool is_open_ = false;
    std::string shown_;
};

}  // namespace gaggle::commands
