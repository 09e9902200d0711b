#pragma once

#include "core/array_spec.hpp"
#include "core/line.hpp"

#include <string_view>
#include <vector>

namespace gaggle {

/// The text of an array's `spec` file: a line for each of its cells, at least one. Throws line::Malformed.
[[nodiscard]] inline std::vector<ArraySpec> parse_specs(std::string_view text)
{
    if (text.empty() || text.back() != '\n') {
        throw line::Malformed("it does not end with a newline");
    }
    std::vector<ArraySpec> specs;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        specs.push_back(line::read<ArraySpec>(text.substr(0, end)));
        text.remove_prefix(end + 1);
    }
    return specs;
}

}  // namespace gaggle
