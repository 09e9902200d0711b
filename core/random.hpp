#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace gaggle {

/// The standard fixes every value that mt19937_64 gives ([rand.predef]), but neither std::shuffle nor
/// std::uniform_int_distribution: with them a seed would mean something else under another standard library.
using Generator = std::mt19937_64;

/// Uniform over 0 … bound − 1: draws that would favour some remainders are rejected (as arc4random_uniform(3) does).
[[nodiscard]] inline std::size_t draw(Generator& generator, std::size_t bound)
{
    const std::uint64_t least = -std::uint64_t{bound} % bound;  // 2^64 mod bound
    for (;;) {
        if (const std::uint64_t value = generator(); value >= least) {
            return value % bound;
        }
    }
}

}  // namespace gaggle
