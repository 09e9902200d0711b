#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Programs that the gaggle command starts and waits for.
namespace gaggle::child {

/// How a program ended, and a bounded part of what it said.
struct Finished {
    int status = 0;   ///< its exit code; 128 + the signal that killed it
    std::string out;  ///< the first 64 KiB of its standard output
    std::string err;  ///< the last 16 KiB of its standard error
};

/// Runs `program` to its end with exactly `environment` ("NAME=VALUE" each) and an empty standard input. Of this
/// process's file descriptors it inherits `kept_open` only. Throws Error(Usage) if it cannot be started.
[[nodiscard]] Finished run(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                           const std::vector<std::string>& environment, std::optional<int> kept_open = std::nullopt);

/// The first executable file of that name in this process's PATH.
[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& name);

/// The lines of `text` that say something, each without `prefix`, joined by "; "; at most `limit` bytes, the last ones.
[[nodiscard]] std::string last_words(std::string_view text, std::string_view prefix, std::size_t limit = 500);

}  // namespace gaggle::child
