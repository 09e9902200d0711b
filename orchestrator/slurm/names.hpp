#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gaggle::slurm {

/// The name that squeue shows for a job_state: a flag such as COMPLETING goes before the base state.
/// "UNKNOWN(n)" for a base state that this build does not know.
[[nodiscard]] std::string state_name(std::uint32_t job_state);

/// Slurm's name for a state_reason, "" for none, "UNKNOWN(n)" for one that this build does not know.
[[nodiscard]] std::string reason_name(std::uint32_t state_reason);

/// Whether a state of state_name's is final: neither waiting, nor running, nor on its way back to the queue.
/// An unknown state is not.
[[nodiscard]] bool is_ended(std::string_view state_name);

}  // namespace gaggle::slurm
