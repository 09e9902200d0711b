#include "tests/support/seed.hpp"

#include <cstdlib>
#include <string>

namespace gaggle::tests {

std::uint64_t seed_or(std::uint64_t otherwise)
{
    const char* const given = std::getenv("GAGGLE_TEST_SEED");
    return given != nullptr ? std::stoull(given) : otherwise;
}

}  // namespace gaggle::tests
