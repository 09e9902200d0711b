#pragma once

#include "core/record.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gaggle::record {

/// What `Verdict` says, and whether the record can be true at all.
struct Findings {
    Verdict verdict;
    std::string contradiction;  ///< the first thing that cannot be true of one attempt, in words; "" if there is none
};

/// Judges a record that comes in parts, in file order. Keeps some bytes per interpreter, and nothing of their phases.
class Examination {
public:
    /// `imports`: those that each interpreter should have timed.
    explicit Examination(const std::vector<std::string>& imports);

    /// The next lines of the record; `part.attempt` is that of the whole.
    void take(const Record& part);
    [[nodiscard]] Findings findings(const Attempt& attempt) const;

private:
    struct Interpreted {
        unsigned node = 0;
        unsigned index = 0;
        bool is_well = false;  ///< exited with 0
    };
    using Place = std::vector<Interpreted>::iterator;

    void take_gaggle(const Gaggle& one, const Attempt& attempt);
    void take_interpreter(const Interpreter& one, const Attempt& attempt);
    void take_phase(const Phase& one);
    void take_traces(const Record& part);
    [[nodiscard]] Place place_of(unsigned node, unsigned index);
    [[nodiscard]] std::string first_missing_phase() const;

    std::vector<std::string> wanted_;        ///< phases of an interpreter that exited with 0
    std::map<unsigned, std::string> nodes_;  ///< names
    std::vector<Interpreted> interpreted_;   ///< sorted by node and index
    std::vector<bool> timed_;                ///< for each of them, which of the wanted it has
    std::size_t last_ = 0;                   ///< where the last phase belonged
    std::size_t gaggles_ = 0;                ///< lines
    std::size_t missing_nodes_ = 0;
    std::size_t interpreters_ = 0;  ///< lines
    unsigned failed_ = 0;
    std::string first_missing_node_;
    std::string first_failure_;
    std::vector<std::string> troubles_;  ///< of tracing
    std::string wrong_gaggle_;
    std::string wrong_interpreter_;
    std::string wrong_phase_;
};

/// The same of a record that is all there.
[[nodiscard]] Findings examine(const Record& record, const std::vector<std::string>& imports);

}  // namespace gaggle::record
