#pragma once

#include "core/array_spec.hpp"
#include "core/record.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// What the coordinator (C) and a node's worker (N) say to each other over TCP, each message a line (core/line.hpp):
///
///     C challenge   N hello   C welcome          each side proves that it knows the attempt's secret
///     C ping        N pong                       clock offsets, several times
///     C prepare     N step… facts ready | failed set up, staged, mounted, forked, all children at the gate
///     C release     N finished                   all interpreters exited, or were killed at their time-out
///     C again       N ready | failed             none could mark its entry: forked anew without; then release again
///     C ping        N pong                       clock offsets again
///     C collect     N probe interpreter… … done  the lines of the record file
///     C control     N ready | failed             forked once more, for a control; then release, collect again
///     C trace       N trace import-times done    of a cell to trace: once more, traced, then for its imports' times
///     C inspect     N inspection files file… done  one node: what its interpreter is, and on wish its files
///     C clean       N step… done                 unmounted, unstaged
///     C bye                                      the node ends
///
/// With Start::AsLaunched a node finds its spec in its environment, and has run its interpreters before it says hello.
/// Nothing is sent between `release` and `finished`. Either side takes a closed connection for the other's death.
namespace gaggle::protocol {

inline constexpr int current_version = 6;

/// Random bytes that make a proof good for one connection only; hexadecimal.
struct Challenge {
    static constexpr std::string_view tag = "challenge";
    int version = current_version;
    std::string nonce;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.version);
        visit(self.nonce);
    }
};

struct Hello {
    static constexpr std::string_view tag = "hello";
    std::string name;   ///< the node's name, as Slurm spells it
    std::string nonce;  ///< the node's own
    std::string proof;  ///< see worker/secret.hpp

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.name);
        visit(self.nonce);
        visit(self.proof);
    }
};

struct Welcome {
    static constexpr std::string_view tag = "welcome";
    std::string proof;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.proof);
    }
};

struct Pong {
    static constexpr std::string_view tag = "pong";
    std::int64_t node_ns = 0;  ///< the node's CLOCK_MONOTONIC

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node_ns);
    }
};

struct Prepare {
    static constexpr std::string_view tag = "prepare";
    unsigned node = 0;
    ArraySpec spec;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.spec);
    }
};

struct Ready {
    static constexpr std::string_view tag = "ready";
    std::int64_t mount_ns = 0;
    std::int64_t fork_ns = 0;
    unsigned cpus = 0;
    std::string mounted_by;
    bool again = false;  ///< no interpreter could mark that its runtime was entered: the mark was left out

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.mount_ns);
        visit(self.fork_ns);
        visit(self.cpus);
        visit(self.mounted_by);
        visit(self.again);
    }
};

struct Failed {
    static constexpr std::string_view tag = "failed";
    std::string reason;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.reason);
    }
};

/// Asks for the processes of a control in place of the interpreters.
struct Control {
    static constexpr std::string_view tag = "control";
    unsigned position = 0;  ///< in EnvironmentSpec::controls

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.position);
    }
};

/// Asks what the environment's interpreter is, and, if `with_files`, for a list of all files under its prefix.
struct Inspect {
    static constexpr std::string_view tag = "inspect";
    bool with_files = false;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.with_files);
    }
};

struct Release {
    static constexpr std::string_view tag = "release";
    std::int64_t at_ns = 0;  ///< T on the node's CLOCK_MONOTONIC

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.at_ns);
    }
};

struct Finished {
    static constexpr std::string_view tag = "finished";
    bool again = false;  ///< all failed, and none marked that its runtime was entered

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.again);
    }
};

/// A message that is only its tag.
template <class Name>
struct Signal {
    static constexpr std::string_view tag = Name::tag;

    template <class Self, class Visit>
    static void fields(Self&, Visit&&)
    {
    }
};
struct PingName {
    static constexpr std::string_view tag = "ping";
};
struct AgainName {
    static constexpr std::string_view tag = "again";
};
struct CollectName {
    static constexpr std::string_view tag = "collect";
};
struct TraceName {
    static constexpr std::string_view tag = "trace";
};
struct CleanName {
    static constexpr std::string_view tag = "clean";
};
struct DoneName {
    static constexpr std::string_view tag = "done";
};
struct ByeName {
    static constexpr std::string_view tag = "bye";
};
using Ping = Signal<PingName>;
using Again = Signal<AgainName>;
using Collect = Signal<CollectName>;
using Trace = Signal<TraceName>;
using Clean = Signal<CleanName>;
using Done = Signal<DoneName>;
using Bye = Signal<ByeName>;

}  // namespace gaggle::protocol
