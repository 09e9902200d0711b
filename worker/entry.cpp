#include "core/clock.hpp"
#include "worker/gate.hpp"
#include "worker/marks.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

/// `gaggle-worker enter PROGRAM ARGUMENTS...`: between a container's runtime, or a wrapper, and the interpreter. Marks
/// "runtime" with the instant at which it began, puts the timer where this program's own file was
/// (Gate::timer_descriptor), and becomes PROGRAM, found as execvp(3) finds it. It does so before every constructor of the
/// program, so that as little as can be stands in the measured path.
namespace gaggle::worker {

namespace {

void mark(std::int64_t at_ns)
{
    constexpr std::string_view name = "runtime\t";
    std::array<char, 40> line{};
    char* end = std::copy(name.begin(), name.end(), line.begin());
    end = std::to_chars(end, line.end() - 1, at_ns).ptr;
    *end++ = '\n';
    // Who does not get the mark takes the phase for missing; the interpreter matters more.
    static_cast<void>(!write(Gate::marks_descriptor, line.data(), static_cast<std::size_t>(end - line.data())));
}

/// The same as any other: what is left on it depends on the clock alone.
void put_timer_in_place() noexcept
{
    const Descriptor timer = make_timer();
    dup2(timer.get(), Gate::timer_descriptor);
}

[[gnu::constructor(101)]] void enter(int argc, char** argv)
{
    constexpr int fixed_arguments = 2;  // gaggle-worker enter
    if (argc <= fixed_arguments || std::string_view{argv[1]} != "enter") {
        return;
    }
    mark(clocks::monotonic_ns());
    put_timer_in_place();
    execvp(argv[fixed_arguments], argv + fixed_arguments);
    const int error = errno;
    static_cast<void>(dprintf(STDERR_FILENO, "cannot start %s: %s\n", argv[fixed_arguments], std::strerror(error)));
    _exit(error == ENOENT ? 127 : 126);
}

}  // namespace

}  // namespace gaggle::worker
