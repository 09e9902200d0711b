#pragma once

#include "core/array_spec.hpp"
#include "core/record.hpp"
#include "worker/coordinate.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <string>
#include <vector>

/// What a coordinator is to measure and where: by its command line, its array's specification and Slurm's environment.
namespace gaggle::worker {

/// Of the array's specification, the cell of this task. Throws Error(Usage) if the file is no array specification of
/// this gaggle, or the task is not known, or none of the array's.
[[nodiscard]] ArraySpec read_spec(const CoordinateOptions& options);

/// Which attempt this is, by whom and on which host; no times yet.
[[nodiscard]] record::Attempt attempt_of(const CoordinateOptions& options, const ArraySpec& spec);

/// The names of the nodes, in Slurm's order; of processes of this machine HOST/process-N. Throws Error(Usage) outside an
/// allocation, or if it has not as many nodes as the cell.
[[nodiscard]] std::vector<std::string> node_names(const boost::asio::any_io_executor& executor,
                                                  const CoordinateOptions& options, const ArraySpec& spec);

}  // namespace gaggle::worker
