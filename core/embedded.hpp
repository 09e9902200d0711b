#pragma once

#include <string_view>

namespace gaggle {

/// A file compiled into a program by cmake/Embed.cmake.
struct EmbeddedFile {
    std::string_view name;
    std::string_view text;
};

}  // namespace gaggle
