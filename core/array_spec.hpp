#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gaggle {

/// How one interpreter of an environment is started, in terms that a node can execute without knowing what
/// a kind is: the orchestrator resolves kinds into this.
struct EnvironmentSpec {
    static constexpr std::string_view tag = "environment";

    std::string name;
    std::string kind;
    std::string language;  ///< names the probe; "none": no probe, `command` is run as it stands
    /// The interpreter's argv before the probe. `command[0]` without a slash is searched in the PATH of
    /// `variables`. "{mount}" anywhere in it, or in `variables`, is the node's mount point of `image`.
    std::vector<std::string> command;
    std::vector<std::pair<std::string, std::string>> variables;  ///< added to the node's bare environment
    std::string image;                                           ///< SquashFS file to mount per node; "" for none
    std::vector<std::string> imports;                            ///< top-level modules, in order

    bool operator==(const EnvironmentSpec&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.name);
        visit(self.kind);
        visit(self.language);
        visit(self.command);
        visit(self.variables);
        visit(self.image);
        visit(self.imports);
    }
};

/// All that the worker has to know of an array; one line in the array's `spec` file. Times in milliseconds.
struct ArraySpec {
    static constexpr std::string_view tag = "array";
    static constexpr int current_version = 1;

    int version = current_version;
    std::string token;       ///< the array's identity, also in the Slurm job's comment
    std::string experiment;  ///< its name
    unsigned nodes = 0;
    unsigned interpreters = 0;                                 ///< per node
    std::vector<std::pair<unsigned, unsigned>> repetition_of;  ///< task index, repetition
    std::int64_t meet_timeout_ms = 120'000;                    ///< until every node must have arrived
    std::int64_t prepare_timeout_ms = 120'000;                 ///< then: until mounted, forked and ready
    std::int64_t interpreter_timeout_ms = 600'000;             ///< from the release; then killed, TimedOut
    EnvironmentSpec environment;

    bool operator==(const ArraySpec&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.version);
        visit(self.token);
        visit(self.experiment);
        visit(self.nodes);
        visit(self.interpreters);
        visit(self.repetition_of);
        visit(self.meet_timeout_ms);
        visit(self.prepare_timeout_ms);
        visit(self.interpreter_timeout_ms);
        visit(self.environment);
    }
};

}  // namespace gaggle
