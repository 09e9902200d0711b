#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::worker {

/// What a probe wrote: "NAME<tab>CLOCK_MONOTONIC ns" per line, at the end of what NAME names; "error<tab>TEXT<tab>ns"
/// for an import that failed.
struct Marks {
    struct Mark {
        std::string name;
        std::int64_t at_ns = 0;

        bool operator==(const Mark&) const = default;
    };
    std::vector<Mark> marks;
    std::string error;    ///< the text of the error mark; "" if there is none
    std::string trouble;  ///< why later marks could not be read; "" if all could
};

/// Reads marks; never throws: an interpreter that died in the middle of one leaves those before it.
[[nodiscard]] Marks parse_marks(std::string_view text);

/// The line of an interpreter's standard error that tells most: a Python traceback's last line, otherwise the first
/// that is not empty. "" if there is none; at most 500 bytes.
[[nodiscard]] std::string telling_line(std::string_view standard_error);

}  // namespace gaggle::worker
