#pragma once

#include "core/array_spec.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What a node's worker (N) and the one in its container (C) say to each other over a socket, descriptor 3 of the latter,
/// each message a line (core/line.hpp):
///
///     C pong             it is there, and reads this node's clock
///     N fork             C ready | failed    forked, at the gate, or with the gate open
///     N run              C finished          all have exited, or were killed at the deadline
///     N halt             kills what runs; no answer of its own
///     N gather           C … done            the lines of the record file
///
/// It ends when the socket does. Nothing is said between `run` and `finished`.
namespace gaggle::worker::container {

inline constexpr int socket_descriptor = 3;

/// `count` processes of `command`.
struct Fork {
    static constexpr std::string_view tag = "fork";
    unsigned count = 0;
    std::vector<std::string> command;
    Start start = Start::Synchronised;
    std::int64_t deadline_ns = 0;  ///< CLOCK_MONOTONIC

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.count);
        visit(self.command);
        visit(self.start);
        visit(self.deadline_ns);
    }
};

struct Run {
    static constexpr std::string_view tag = "run";
    std::int64_t at_ns = 0;  ///< 0: they run already
    std::int64_t deadline_ns = 0;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.at_ns);
        visit(self.deadline_ns);
    }
};

struct Halt {
    static constexpr std::string_view tag = "halt";
    std::string why;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.why);
    }
};

struct Gather {
    static constexpr std::string_view tag = "gather";
    unsigned node = 0;
    std::int64_t origin_ns = 0;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.origin_ns);
    }
};

}  // namespace gaggle::worker::container
