#include "tests/catch.hpp"
#include "tests/process/gaggle_in.hpp"

#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace gaggle::tests;

namespace {

/// What `shell` makes of each line at a TAB behind it (tests/support/type-into), without spaces at ends.
std::vector<std::string> typed(const std::string& shell, const std::vector<std::string>& lines)
{
    std::vector<std::string> command{GAGGLE_SOURCE "/tests/support/type-into", shell,
                                     std::filesystem::path{GAGGLE_PROGRAM}.parent_path()};
    command.insert(command.end(), lines.begin(), lines.end());
    const Finished finished = run(command);
    INFO(finished.err);
    CHECK(finished.status == 0);
    std::vector<std::string> completed;
    std::istringstream text{finished.out};
    for (std::string line; std::getline(text, line);) {
        completed.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
    }
    return completed;
}

}  // namespace

TEST_CASE("bash and zsh complete commands, options, values, files and what is in the store")
{
    const TemporaryDirectory folder;
    const std::string file = folder.write("exp/scaling.toml", R"(name = "local"
nodes = [1]
interpreters = [2]
[[environment]]
name = "python-here"
kind = "system"
python = "/usr/bin/python3"
)");
    folder.write("exp/scaling.txt", "");
    REQUIRE(gaggle_in(folder, {"run", file}).status == 0);
    const std::string in_store = "gaggle --store " + (folder.path() / "store").string();
    const std::vector<std::pair<std::string, std::string>> lines{
        {"gaggle stat", "gaggle status"},
        {"gaggle help resub", "gaggle help resubmit"},
        {"gaggle --store x submit --test", "gaggle --store x submit --test-only"},
        {"gaggle status --format mark", "gaggle status --format markdown"},
        {"gaggle status --format=mark", "gaggle status --format=markdown"},
        {"gaggle sql speed", "gaggle sql speedup"},
        {"gaggle resubmit --state TO,INC", "gaggle resubmit --state TO,INCOMPLETE"},
        {"gaggle plan " + (folder.path() / "exp/sc").string(), "gaggle plan " + file},
        {"gaggle plan " + file + " --script 1", "gaggle plan " + file + " --script 1x2:python-here"},
        {in_store + " resubmit 1", in_store + " resubmit 1x2:python-here"},
        {in_store + " sql overall environment=py", in_store + " sql overall environment=python-here"},
        {in_store + " compare loc", in_store + " compare local"},
        {"gaggle nosuch st", "gaggle nosuch st"}};
    std::vector<std::string> begun;
    std::vector<std::string> expected;
    for (const auto& [before, after] : lines) {
        begun.push_back(before);
        expected.push_back(after);
    }
    CHECK(typed("bash", begun) == expected);
    CHECK(typed("zsh", begun) == expected);
}

TEST_CASE("fish offers commands, options, values and files, with what they are")
{
    const TemporaryDirectory folder;
    const std::string file = folder.write("scaling.toml", "");
    CHECK(typed("fish", {"gaggle stat", "gaggle help can", "gaggle status --format ", "gaggle cancel --state=TO,P",
                         "gaggle wait --timeou", "gaggle submit " + (folder.path() / "sc").string()}) ==
          std::vector<std::string>{"status\tshow how far an experiment is", "cancel\tcancel what waits or runs",
                                   "table", "csv", "json", "markdown", "bcp", "--state=TO,PLANNED",
                                   "--state=TO,PD\tPENDING", "--state=TO,PR\tPREEMPTED",
                                   "--timeout\tstop waiting after that long, with exit status 1", file});
}
