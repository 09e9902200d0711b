#include "worker/spill.hpp"

#include "tests/catch.hpp"
#include "tests/support/temporary.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

using gaggle::tests::TemporaryDirectory;
using gaggle::worker::Spill;

namespace {

/// TMPDIR for as long as this lives.
class Scratch {
public:
    explicit Scratch(const std::filesystem::path& folder) { setenv("TMPDIR", folder.c_str(), 1); }
    ~Scratch() { unsetenv("TMPDIR"); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
};

/// Keeps ten texts, five of which find room in memory, and reads all of them again; how many are in the file.
int in_file()
{
    Spill spill{50};
    std::vector<Spill::Extent> extents;
    for (char letter = 'a'; letter < 'k'; ++letter) {
        extents.push_back(spill.keep(std::string(10, letter)));
    }
    int count = 0;
    char letter = 'a';
    for (const Spill::Extent& extent : extents) {
        CHECK(spill.read(extent) == std::string(10, letter++));
        count += extent.place == Spill::Extent::Place::file ? 1 : 0;
    }
    return count;
}

}  // namespace

TEST_CASE("what memory should not hold goes to a file without a name")
{
    const TemporaryDirectory folder;
    const Scratch scratch{folder.path()};
    CHECK(in_file() == 5);
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("where no file can be written nothing is lost")
{
    const Scratch scratch{"/nowhere at all"};
    CHECK(in_file() == 0);
}
