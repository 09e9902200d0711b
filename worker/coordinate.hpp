#pragma once

#include <filesystem>
#include <optional>

namespace gaggle::worker {

struct CoordinateOptions {
    std::filesystem::path spec;     ///< the array's ArraySpec
    std::filesystem::path records;  ///< folder for the record file
    std::optional<unsigned> task;   ///< default: SLURM_ARRAY_TASK_ID
    bool with_files = false;        ///< the record also lists the files of what the interpreter calls its prefix
    enum class Nodes { OfTheAllocation, ProcessesHere } nodes = Nodes::OfTheAllocation;
};

/// Measures one repetition and writes its record file. Returns true if everything that was asked for is there and no
/// interpreter failed. Throws Error if there is no record to show for it.
[[nodiscard]] bool coordinate(const CoordinateOptions& options);

}  // namespace gaggle::worker
