#pragma once

#include "orchestrator/attempt_state.hpp"
#include "orchestrator/store/store.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The operands by which a user names attempts: cells as `gaggle plan` prints them, and jobs as squeue does.
namespace gaggle::selection {

struct Range {
    unsigned first = 0;
    unsigned last = 0;

    bool operator==(const Range&) const = default;
};

/// One operand.
struct Term {
    enum class What {
        number,   ///< "12": a cell's number or a job's, whichever there is
        cell,     ///< "2x4:py_conda"
        elements  ///< "123_4", "123_[4-6,9]", "123_*"
    };

    What what = What::number;
    std::string text;          ///< as the user wrote it
    std::uint64_t number = 0;  ///< the cell's or the job's
    std::vector<Range> tasks;  ///< of elements; empty: all

    bool operator==(const Term&) const = default;
};

/// Throws Error(Usage).
[[nodiscard]] Term parse_term(const std::string& text);

/// The elements that one of the terms names, in their order; all if there are no terms. Throws Error(Usage) for a term
/// that names none, and for a number that is a cell's and a job's.
[[nodiscard]] std::vector<store::ElementRow> select(const std::vector<store::ElementRow>& elements,
                                                    const std::vector<Term>& terms);

/// "F,TO,oom" or "FAILED,TIMEOUT": squeue's letters or the long names, of the states that are allowed. Throws
/// Error(Usage), which lists them.
[[nodiscard]] std::vector<AttemptState> parse_states(std::string_view text, std::span<const AttemptState> allowed);

struct StateWord {
    std::string_view word;  ///< squeue's letters where there are any, else the long name
    std::string_view name;  ///< the long name
};

/// What parse_states may be given, all states in their order.
[[nodiscard]] std::vector<StateWord> state_words();

}  // namespace gaggle::selection
