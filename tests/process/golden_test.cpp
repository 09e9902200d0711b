#include "tests/catch.hpp"
#include "tests/process/gaggle_in.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace gaggle::tests;

// What the program prints, held to the files of tests/golden. GAGGLE_GOLDEN=write writes them anew (CONTRIBUTING.md).

namespace {

constexpr const char* experiment = R"(name = "golden"
seed = 1
nodes = [1, 2]
interpreters = [1]
repetitions = 2
[[environment]]
name = "py_conda"
kind = "command"
language = "none"
command = ["/bin/true"]
[[environment]]
name = "py_image"
kind = "command"
language = "none"
command = ["/bin/true"]
)";

std::string replaced(std::string text, const std::string& what, const std::string& by)
{
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
        text.replace(at, what.size(), by);
    }
    return text;
}

/// One command as a session on a terminal, without what differs from machine to machine.
std::string session(const TemporaryDirectory& folder, const std::vector<std::string>& arguments)
{
    const Finished finished = gaggle_in(folder, arguments);
    std::string text = "$ gaggle";
    for (const std::string& argument : arguments) {
        text += " " + argument;
    }
    text += "\n" + finished.out + (finished.err.empty() ? "" : "--- standard error\n" + finished.err) +
            "--- exit status " + std::to_string(finished.status) + "\n\n";
    return replaced(replaced(text, folder.path().string(), "FOLDER"), "\r\n", "\\r\n");
}

void hold(const std::string& name, const std::string& text)
{
    const std::string file = std::string{GAGGLE_SOURCE "/tests/golden/"} + name + ".txt";
    const char* const wish = std::getenv("GAGGLE_GOLDEN");
    if (wish != nullptr && std::string{wish} == "write") {
        REQUIRE(std::ofstream{file, std::ios::binary} << text);
    }
    INFO(file << ": if this is as it should be: GAGGLE_GOLDEN=write ctest --preset dev -R golden");
    CHECK(read_text(file) == text);
}

/// The commands that `gaggle help` lists.
std::vector<std::string> listed_commands(const std::string& help)
{
    std::vector<std::string> names;
    std::istringstream lines{help.substr(help.find("\nCommands\n") + 10)};
    for (std::string line; std::getline(lines, line) && line.starts_with("  ");) {
        names.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
    return names;
}

}  // namespace

TEST_CASE("golden: help of gaggle and of each of its commands")
{
    const TemporaryDirectory folder;
    const std::string help = session(folder, {"help"});
    hold("help", help);
    const std::vector<std::string> names = listed_commands(help);
    CHECK(names.size() > 15);
    for (const std::string& name : names) {
        if (name != "help") {
            hold("help-" + name, session(folder, {name, "--help"}));
        }
    }
}

TEST_CASE("golden: a run, and the tables of plan and status in every format")
{
    const TemporaryDirectory folder;
    const std::string file = folder.write("e.toml", experiment);
    hold("plan", session(folder, {"plan", file}));
    hold("run", session(folder, {"run", file}));
    std::string status;
    for (const char* format : {"table", "csv", "json", "markdown"}) {
        status += session(folder, {"status", "--format", format});
    }
    for (const std::vector<std::string>& options : {std::vector<std::string>{"-h"},
                                                    {"-h", "--format", "csv"},
                                                    {"-P"},
                                                    {"-h", "-P"},
                                                    {"--json"},
                                                    {"golden"},
                                                    {"-h", "-P", "-o", "environment,done,nodes"}}) {
        std::vector<std::string> arguments{"status"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        status += session(folder, arguments);
    }
    hold("status", status);
    hold("logs", session(folder, {"logs"}));
}

TEST_CASE("golden: every kind of error is one line that says what was expected")
{
    const TemporaryDirectory folder;
    const std::string file = folder.write("e.toml", experiment);
    const std::string wrong = folder.write("wrong.toml", replaced(experiment, "nodes", "nodez"));
    std::string before;
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                      {"statsu"},
                                                      {"nothing-like-it"},
                                                      {"plan"},
                                                      {"plan", "--scrpt", "1", file},
                                                      {"plan", wrong},
                                                      {"plan", file, "--script", "2x1:py_cond"},
                                                      {"plan", file, "--script", "9"},
                                                      {"run", file, "--worker", "/etc/passwd"},
                                                      {"status"},
                                                      {"watch"},
                                                      {"wait"},
                                                      {"logs"},
                                                      {"submit", file},
                                                      {"submit", file, "--", "--array=1"},
                                                      {"submit", "-N", "2", file}}) {
        before += session(folder, arguments);
    }
    hold("errors-before", before);
    static_cast<void>(gaggle_in(folder, {"run", file}));
    std::string after;
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"sql", "overal"},
                                                      {"sql", "SELECT nosuch FROM attempt"},
                                                      {"sql", "overall", "node=1"},
                                                      {"sql", "--format", "jsn", "overall"},
                                                      {"status", "glden"},
                                                      {"status", "-P", "--json"},
                                                      {"status", "-o", "nodes,enviroment"},
                                                      {"watch", "7"},
                                                      {"resubmit", "2x1:py_imge"},
                                                      {"resubmit", "--state", "X"},
                                                      {"resubmit", "-p", "norm"},
                                                      {"wait", "--timeout", "x"},
                                                      {"logs", "--lines", "few"},
                                                      {"cancel", "--experiment", "9"},
                                                      {"compare", "1"}}) {
        after += session(folder, arguments);
    }
    hold("errors-after", after);
}
