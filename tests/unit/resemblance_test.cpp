#include "core/resemblance.hpp"
#include "tests/catch.hpp"

#include <array>

using namespace gaggle;

TEST_CASE("a name is suggested that few changes lead to, and none where many would")
{
    constexpr std::array<std::string_view, 3> names{"py_conda", "py_image", "R"};
    CHECK(resembling("py_cond", names) == "py_conda");
    CHECK(resembling("py_cnoda", names) == "py_conda");  // neighbours swapped are one change
    CHECK(resembling("r", names) == "R");
    CHECK_FALSE(resembling("julia", names));
    CHECK_FALSE(resembling(std::string(65, 'p'), names));
    CHECK(did_you_mean("py_imag", names) == "; did you mean 'py_image'?");
    CHECK(did_you_mean("julia", names).empty());
    CHECK(did_you_mean("x", std::vector<std::string>{}).empty());
}
