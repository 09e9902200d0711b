#pragma once

#include "core/error.hpp"
#include "orchestrator/experiment/experiment.hpp"
#include "tests/catch.hpp"
#include "tests/support/temporary.hpp"

#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace gaggle::tests {

using experiment::Experiment;

inline std::optional<std::string> test_shell(const std::string& name)
{
    if (name == "HOME") {
        return "/home/tester";
    }
    if (name == "PATH") {
        return "/site/bin:/bin";
    }
    return name == "LD_LIBRARY_PATH" ? std::optional<std::string>{"/site/lib"} : std::nullopt;
}

inline constexpr const char* system_environment = "[[environment]]\nname = \"a\"\nkind = \"system\"\n";

/// A sound file but for `lines`, which come first and replace the default of the same key.
inline std::string top(const std::string& lines)
{
    std::string text = lines + "\n";
    for (const std::string line : {"name = \"t\"", "nodes = [1, 2]", "interpreters = [1]"}) {
        const std::string key = line.substr(0, line.find(' ') + 1);
        if (("\n" + text).find("\n" + key) == std::string::npos) {
            text += line + "\n";
        }
    }
    return text + system_environment;
}

/// `lines` begin in line 5.
inline std::string slurm(const std::string& lines)
{
    return "name = \"t\"\nnodes = [1, 2]\ninterpreters = [1]\n[slurm]\n" + lines + "\n" + system_environment;
}

/// The header is in line 4, `lines` begin in line 6.
inline std::string environment(const std::string& lines)
{
    return "name = \"t\"\nnodes = [1, 2]\ninterpreters = [1]\n[[environment]]\nname = \"a\"\n" + lines + "\n";
}

/// The errors of a text, each without "FILE:".
inline std::vector<std::string> errors_of(const std::string& text, const std::filesystem::path& file = "dir/x.toml")
{
    std::vector<std::string> errors;
    try {
        static_cast<void>(experiment::parse(text, file, test_shell));
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::Usage);
        std::istringstream lines{error.what()};
        for (std::string line; std::getline(lines, line);) {
            INFO(line);
            REQUIRE(line.substr(0, file.string().size() + 1) == file.string() + ":");
            errors.push_back(line.substr(file.string().size() + 1));
        }
    }
    return errors;
}

/// A folder with what a file may name: venv/bin/python, image.sqfs, image.sif, modules.zip and their unsound neighbours.
class Site {
public:
    Site()
    {
        executable("venv/bin/python");
        std::filesystem::create_directories(directory_.path() / "no-python/bin");
        directory_.write("not-executable/bin/python", "");
        std::filesystem::create_directories(directory_.path() / "dangling/bin");
        std::filesystem::create_symlink("/nowhere/python", directory_.path() / "dangling/bin/python");
        directory_.write("image.sqfs", "hsqs and so on");
        directory_.write("tree.tar", "ustar");
        directory_.write("image.sif", std::string(32, '\0') + "SIF_MAGIC and so on");
        directory_.write("modules.zip", "PK and so on");
        directory_.write("site.sbatch.in", "#!/bin/sh\n");
    }

    [[nodiscard]] std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
    [[nodiscard]] Experiment parse(const std::string& text) const
    {
        return experiment::parse(text, directory_.path() / "x.toml", test_shell);
    }
    [[nodiscard]] std::vector<std::string> errors(const std::string& text) const
    {
        return errors_of(text, directory_.path() / "x.toml");
    }

private:
    void executable(const std::string& name)
    {
        const auto file = directory_.write(name, "#!/bin/sh\n");
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }

    TemporaryDirectory directory_;
};

struct Bad {
    std::string text;
    std::string error;  ///< all of it, or its beginning before "…"
};

inline void check_each(const std::vector<Bad>& cases, const Site& site)
{
    for (const Bad& bad : cases) {
        INFO(bad.text);
        const auto errors = site.errors(bad.text);
        REQUIRE(errors.size() == 1);
        const std::string ellipsis = "…";
        if (bad.error.ends_with(ellipsis)) {
            const std::string beginning = bad.error.substr(0, bad.error.size() - ellipsis.size());
            CHECK(errors[0].substr(0, beginning.size()) == beginning);
        } else {
            CHECK(errors[0] == bad.error);
        }
    }
}

}  // namespace gaggle::tests
