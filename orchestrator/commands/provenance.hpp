#pragma once

#include "orchestrator/plan/plan.hpp"
#include "orchestrator/store/store.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gaggle::commands {

/// Hex SHA-256.
[[nodiscard]] std::string sha256(std::string_view bytes);

/// The gaggle-worker to measure with: `named` (--worker), else $GAGGLE_WORKER, else the one beside this program or
/// in ../libexec. Throws Error(Usage) if it is not an executable file.
[[nodiscard]] std::filesystem::path find_worker(const std::optional<std::string>& named);

/// Puts the experiment's gaggle-worker back into the store, from `find_worker`, if it is no longer there or cannot be
/// executed. Throws Error(Store) if that is another one: what is made again has to be the same.
void restore_worker(store::Store& store, const store::ExperimentRow& experiment,
                    const std::optional<std::string>& named);

/// The experiment of this file and launcher in the store: the newest one, or, if there is none or the caller wants
/// another, a new one with its plan, its kept worker and its rendered scripts. An array of a new one has at most
/// `most_tasks` repetitions.
enum class Wanted { newest, another };
[[nodiscard]] store::ExperimentId keep_experiment(store::Store& store, const experiment::Experiment& experiment,
                                                  record::Launcher launcher, Wanted wanted,
                                                  const std::filesystem::path& worker,
                                                  std::optional<std::size_t> most_tasks = std::nullopt);

}  // namespace gaggle::commands
