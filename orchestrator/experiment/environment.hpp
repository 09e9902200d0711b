#pragma once

#include "core/array_spec.hpp"
#include "orchestrator/experiment/forms.hpp"

#include <string>

/// Environments as a node needs them, made from their tables in the experiment file.
namespace gaggle::experiment {

/// Sets `name`, in place if it is there already.
void set_variable(Variables& variables, const std::string& name, const std::string& value);

/// One [[environment]] table. Its `name` alone may be known although the rest is not sound: then the problems say why.
[[nodiscard]] EnvironmentSpec read_environment(const Node& table, const Surroundings& surroundings, Problems& problems);

}  // namespace gaggle::experiment
