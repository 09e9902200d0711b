#pragma once

// Catch2 v2 and v3 under one name.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>

namespace gaggle::tests {

/// Matches a string that contains `text`; the two versions name this matcher differently.
inline auto has_text(const std::string& text)
{
#if __has_include(<catch2/catch_all.hpp>)
    return Catch::Matchers::ContainsSubstring(text);
#else
    return Catch::Matchers::Contains(text);
#endif
}

}  // namespace gaggle::tests
