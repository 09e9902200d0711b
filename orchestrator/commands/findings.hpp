#pragma once

#include "core/array_spec.hpp"
#include "core/record.hpp"

#include <string>

namespace gaggle::commands {

/// What a single try of an environment showed.
struct Finding {
    std::string key = {};       ///< of the experiment file, under which something is missing; "": nothing is
    std::string words = {};     ///< what is missing, or what the environment says of itself
    std::string remedy = {};    ///< what to do about it
    std::string identity = {};  ///< the same for environments that say the same of themselves; "": they do not say
};

/// Of a record of one interpreter, the first thing that went wrong.
[[nodiscard]] Finding find_trouble(const EnvironmentSpec& environment, const record::Record& record);

}  // namespace gaggle::commands
