#pragma once

#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/unit/store_fixture.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace gaggle::tests {

namespace fs = std::filesystem;
inline constexpr auto recursive = fs::copy_options::recursive;

/// The smallest experiment that can be run.
inline constexpr const char* one_cell = R"(name = "e"
nodes = [1]
interpreters = [1]
repetitions = 1
[[environment]]
name = "a"
kind = "command"
language = "none"
command = ["/bin/true"]
)";

/// `gaggle`, after other words of the command line, without a Slurm.
inline Finished gaggle_with(std::vector<std::string> before, const fs::path& store,
                            const std::vector<std::string>& arguments)
{
    before.insert(before.end(), {GAGGLE_PROGRAM, "--store", store.string()});
    before.insert(before.end(), arguments.begin(), arguments.end());
    return run(before, {{"SLURM_CONF", "/nonexistent"}});
}

inline Finished gaggle_in(const fs::path& store, const std::vector<std::string>& arguments)
{
    return gaggle_with({}, store, arguments);
}

inline std::size_t count(const std::string& text, const std::string& part)
{
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) {
        ++times;
    }
    return times;
}

inline void check_refused(const Finished& finished, const std::string& words)
{
    INFO(finished.out << finished.err);
    CHECK(finished.status == 5);
    CHECK_THAT(finished.err, Catch::Matchers::StartsWith("gaggle: ") && has_text(words));
    CHECK(count(finished.err, "\n") == 1);
}

/// Attempts that are neither untouched nor wholly collected.
inline std::string half_collected(const fs::path& directory)
{
    const store::Store store = store::Store::open(directory, store::Store::Access::read);
    return lines(store.query("SELECT count(*) FROM attempts WHERE (SELECT count(*) FROM interpreters AS i WHERE "
                             "i.attempt_id = attempts.attempt_id) <> iif(state = 'COMPLETED', total, 0)"))
        .at(0);
}

}  // namespace gaggle::tests
