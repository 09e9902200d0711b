#pragma once

#include <cstdint>

namespace gaggle::tests {

/// The seed of a test that draws: GAGGLE_TEST_SEED, else `otherwise`. The test prints it when it fails.
[[nodiscard]] std::uint64_t seed_or(std::uint64_t otherwise);

}  // namespace gaggle::tests
