#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>

namespace gaggle::tests {

/// Moments at which to kill, drawn from a seed that the test prints: GAGGLE_TEST_SEED, else a new one.
class Moments {
public:
    Moments();

    [[nodiscard]] std::uint64_t seed() const { return seed_; }
    /// Uniformly from the beginning to `end`.
    [[nodiscard]] std::chrono::microseconds before(std::chrono::microseconds end);

private:
    std::uint64_t seed_;
    std::mt19937_64 generator_;
};

/// Starts a process that does `work`, its output in the file `log`; its exit status is what `work` gives, or 99 if that
/// throws.
[[nodiscard]] pid_t start(const std::string& log, const std::function<int()>& work);

/// Waits for its end: the exit status, or 128 + signal.
[[nodiscard]] int end_of(pid_t pid);

/// Lets it live for `moment`, then kills it with SIGKILL, and gives its end: 137, unless it was faster.
[[nodiscard]] int kill_after(pid_t pid, std::chrono::microseconds moment);

/// Kills it as soon as `condition` holds, asked again and again, and gives its end: 137, unless it never held.
[[nodiscard]] int kill_when(pid_t pid, const std::function<bool()>& condition);

/// How long `work` takes in a process of its own, to the end. It must give 0.
[[nodiscard]] std::chrono::microseconds duration_of(const std::string& log, const std::function<int()>& work);

}  // namespace gaggle::tests
