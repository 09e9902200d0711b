#pragma once

#include "orchestrator/plan/plan.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gaggle::plan {

/// Where an array's files lie in the store; all absolute.
struct ArrayFiles {
    std::filesystem::path worker;   ///< the store's copy of gaggle-worker
    std::filesystem::path spec;     ///< the array's ArraySpec
    std::filesystem::path records;  ///< folder for record files
    std::filesystem::path logs;     ///< folder for Slurm's output files
    std::filesystem::path script;   ///< the rendered batch script
    std::filesystem::path options;  ///< SlurmOptions::given, one a line; there only if there are any
};

/// The template's text: the file that the experiment names, or the built-in slurm-templates/array.sbatch.in.
/// Throws Error(Usage) if it cannot be read.
[[nodiscard]] std::string template_text(const experiment::SlurmOptions& options);

/// The name of an element's log in `ArrayFiles::logs`.
[[nodiscard]] std::string log_name(unsigned task, std::uint64_t array_job_id);

/// What of sbatch's was given on the command line when the array was planned. Throws Error(Store).
[[nodiscard]] std::vector<std::string> given_options(const ArrayFiles& files);

/// The batch script of one array. Throws Error(Usage) naming the template's unknown or missing tags.
[[nodiscard]] std::string render_script(const std::string& template_text, const Plan& plan, const Array& array,
                                        const std::string& token, const ArrayFiles& files);

}  // namespace gaggle::plan
