#pragma once

#include "core/record.hpp"
#include "worker/files.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::worker {

/// A timer on CLOCK_MONOTONIC that goes off in three hundred years. What is left of that stands in
/// /proc/self/fdinfo/NUMBER of any process that has it open (`it_value`, proc(5)): so every language that can read a
/// file can read the monotonic clock, to the nanosecond. Throws Error.
[[nodiscard]] Descriptor make_timer();

/// What a probe wrote: "NAME<tab>INSTANT" per line, at the end of what NAME names. An instant is CLOCK_MONOTONIC in ns,
/// or what was left on the timer, as fdinfo spells it: "(S, NS)". Two names are none of a phase:
/// "probe<tab>CLOCK<tab>RESOLUTION in ns<tab>VERSION" tells what marks, "error<tab>TEXT" of an import that failed.
struct Marks {
    struct Mark {
        std::string name;
        std::int64_t at_ns = 0;

        bool operator==(const Mark&) const = default;
    };
    std::vector<Mark> marks;
    std::optional<record::Probe> probe;  ///< its node is not known here
    std::string error;                   ///< the text of the error mark; "" if there is none
    std::string trouble;                 ///< why later marks could not be read; "" if all could
};

/// Reads marks; never throws: an interpreter that died in the middle of one leaves those before it.
[[nodiscard]] Marks parse_marks(std::string_view text);

/// The line of an interpreter's standard error that tells most: a Python traceback's last line, otherwise the first
/// that is not empty. "" if there is none; at most 500 bytes.
[[nodiscard]] std::string telling_line(std::string_view standard_error);

}  // namespace gaggle::worker
