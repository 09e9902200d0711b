#pragma once

#include "core/error.hpp"

#include <string>
#include <vector>

/// The subcommands of gaggle. Each takes what stood after its name on the command line, prints data on standard output
/// and talk on standard error, and gives the process's exit code; trouble is an Error.
namespace gaggle::commands {

using Arguments = std::vector<std::string>;

ExitCode check(const Arguments& arguments);
ExitCode plan(const Arguments& arguments);
ExitCode run(const Arguments& arguments);
ExitCode submit(const Arguments& arguments);
ExitCode status(const Arguments& arguments);
ExitCode watch(const Arguments& arguments);
ExitCode wait(const Arguments& arguments);
ExitCode collect(const Arguments& arguments);
ExitCode sql(const Arguments& arguments);
ExitCode report(const Arguments& arguments);
ExitCode import_files(const Arguments& arguments);
ExitCode export_views(const Arguments& arguments);
ExitCode merge(const Arguments& arguments);
ExitCode compare(const Arguments& arguments);
ExitCode resubmit(const Arguments& arguments);
ExitCode cancel(const Arguments& arguments);
ExitCode logs(const Arguments& arguments);
ExitCode doctor(const Arguments& arguments);
ExitCode completion(const Arguments& arguments);
ExitCode version(const Arguments& arguments);

}  // namespace gaggle::commands
