#pragma once

#include "orchestrator/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gaggle::commands {

/// How long the experiment's submitted attempts will go on, if each takes what those of its cell took (else all those
/// that ended), with the pauses and as many at a time as before. Empty if none has ended yet, or none is left.
[[nodiscard]] std::optional<std::chrono::seconds> time_left(const std::vector<store::ElementRow>& elements,
                                                            std::int64_t now_unix_s);

/// "ends about 14:05 (in 12 min)", local time, with the date if that is not today.
[[nodiscard]] std::string words_of_end(std::chrono::seconds left, std::int64_t now_unix_s);

}  // namespace gaggle::commands
