#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace gaggle {

/// The exit codes of both programs; documented in README.md.
enum class ExitCode : int {
    Ok = 0,
    CellsFailed = 1,       ///< the command worked, but some attempts did not complete, or are slower than before
    Usage = 2,             ///< bad option, bad experiment file, bad SQL
    SlurmUnreachable = 3,  ///< no slurm.conf, or slurmctld does not answer
    Rejected = 4,          ///< Slurm refused: a limit, a partition, an account
    Store = 5,             ///< the store cannot be read or written
};

/// An operating error: thrown where a call failed, caught only in `main`, shown as one line.
/// What is measured (an interpreter that failed, a node that died) is data and never an Error.
class Error : public std::runtime_error {
public:
    Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

    [[nodiscard]] ExitCode code() const noexcept { return code_; }

private:
    ExitCode code_;
};

/// "cannot OPERATION OBJECT: the system's words for ERRNO".
[[nodiscard]] Error system_error(ExitCode code, std::string_view operation, std::string_view object, int error_number);

}  // namespace gaggle
