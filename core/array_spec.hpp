#pragma once

#include "core/cache_state.hpp"
#include "core/names.hpp"
#include "core/role.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gaggle {

/// Synchronised: gated, released at one instant. AsLaunched: each starts as soon as its node's worker does, as with a
/// plain srun; T is then the instant at which the coordinator launched the workers.
enum class Start { Synchronised, AsLaunched };
inline constexpr Names<Start, 2> start_names{{"synchronised", "as-launched"}};
[[nodiscard]] constexpr const auto& names_of(Start /*value*/)
{
    return start_names;
}

/// Whether each interpreter has a container of its own, or all of a node run in one.
enum class Per { interpreter, node };
inline constexpr Names<Per, 2> per_names{{"interpreter", "node"}};
[[nodiscard]] constexpr const auto& names_of(Per /*value*/)
{
    return per_names;
}

/// A command that is measured beside an environment's interpreters, as they are, after them.
struct ControlSpec {
    static constexpr std::string_view tag = "control-spec";

    std::string name;                  ///< "null": the interpreter doing nothing
    std::vector<std::string> command;  ///< argv, as EnvironmentSpec::command

    bool operator==(const ControlSpec&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.name);
        visit(self.command);
    }
};

/// How one interpreter of an environment is started, in terms that a node can execute without knowing what
/// a kind is: the orchestrator resolves kinds into this.
struct EnvironmentSpec {
    static constexpr std::string_view tag = "environment";

    std::string name;
    std::string kind;
    std::string language;  ///< names the probe; "none": no probe, `command` is run as it stands
    /// The interpreter's argv before the probe. `command[0]` without a slash is searched in the PATH of
    /// `variables`. "{mount}" anywhere in it, or in `variables`, is the node's mount point of `image`; "{PATH}" in
    /// `variables` is the PATH that `setup` left, or the plain one.
    std::vector<std::string> command;
    std::vector<std::pair<std::string, std::string>> variables;  ///< added to the node's environment
    std::string image;                                           ///< SquashFS file to mount per node; "" for none
    std::vector<std::string> imports;                            ///< top-level modules, in order
    std::string setup = {};  ///< run once per node in a login shell, whose environment is captured; "": none
    std::vector<std::string> stage = {};    ///< shell commands, run once per node before the interpreters
    std::vector<std::string> unstage = {};  ///< and after them
    std::vector<ControlSpec> controls = {};
    /// The files and folders that a cache state is about, "{mount}" as above; empty: the program that starts.
    std::vector<std::string> cache_paths = {};
    /// What a container runtime in `command` starts the interpreter in, by the runtime's own name for it: a file, a
    /// folder or neither. The interpreter's paths are those inside. "": they are this node's.
    std::string container = {};
    unsigned container_words = 0;  ///< of `command`, those that start the container; the interpreter's own follow
    Per per = Per::interpreter;    ///< node: they start it once, and controls are commands inside it

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
        visit(self.setup);
        visit(self.stage);
        visit(self.unstage);
        visit(self.controls);
        visit(self.cache_paths);
    }
};

/// All that the worker has to know of an array's cell; a line in its `spec` file (spec_file.hpp). Times in milliseconds.
struct ArraySpec {
    static constexpr std::string_view tag = "array";
    static constexpr int current_version = 4;  ///< 3: `role`, and `container`; 4: `container_words` and `per`

    int version = current_version;
    std::string token;       ///< the array's identity, also in the Slurm job's comment
    std::string experiment;  ///< its name
    unsigned nodes = 0;
    unsigned interpreters = 0;                                 ///< per node
    std::vector<std::pair<unsigned, unsigned>> repetition_of;  ///< task index, repetition
    std::int64_t meet_timeout_ms = 120'000;                    ///< until every node must have arrived
    std::int64_t prepare_timeout_ms = 120'000;                 ///< then: until mounted, forked and ready, caches apart
    std::int64_t interpreter_timeout_ms = 600'000;             ///< from the release; then killed, TimedOut
    Start start = Start::Synchronised;
    CacheState cache = CacheState::as_is;
    EnvironmentSpec environment;
    Role role = Role::measured;

    /// For bringing the caches into their state: as long as for the rest of getting ready, and the unmeasured run.
    [[nodiscard]] std::int64_t cache_timeout_ms() const
    {
        return cache == CacheState::as_is
                   ? 0
                   : prepare_timeout_ms + (cache == CacheState::warm ? interpreter_timeout_ms : 0);
    }

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
        visit(self.start);
        visit(self.cache);
        visit(self.environment);
        if (self.version >= 3) {  // stores have specifications from before
            visit(self.role);
            visit(self.environment.container);
        }
        if (self.version >= 4) {
            visit(self.environment.container_words);
            visit(self.environment.per);
        }
    }
};

}  // namespace gaggle
