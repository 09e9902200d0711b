#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The languages of interpreters, and what each can import. Names are data to the probes (worker/probes), never code;
/// what could not name anything in its language is refused all the same, before it costs a job.
namespace gaggle::experiment {

/// Those with a probe, then "none". Whatever stands here stands in the table of worker/probe.cpp.
[[nodiscard]] std::span<const std::string_view> language_names();

/// What is wrong with `name` as an import of `language`, in the words after "expected"; empty: nothing. A language that
/// is not in `language_names` takes everything: its own name is then reported.
[[nodiscard]] std::string import_rule(std::string_view language, const std::string& name);

/// Arguments with which the language's interpreter starts, does nothing and ends; empty for "none".
[[nodiscard]] std::optional<std::vector<std::string>> null_arguments(std::string_view language);

}  // namespace gaggle::experiment
