#pragma once

#include "core/record.hpp"

#include <string>

namespace gaggle::commands {

/// In what two environments differ that are to be the same (rule R19): interpreter, packages, files, by name, the first
/// few of each kind; or why that is not known. "": in nothing. Records with the files listed (`--with-files`).
/// `other_name`: what the words call the second.
[[nodiscard]] std::string difference(const record::Record& one, const record::Record& other,
                                     const std::string& other_name);

/// How many files there are, and the SHA-256 of "CONTENT  PATH" of each, a line each.
[[nodiscard]] std::string summary_of_files(const record::Record& record);

}  // namespace gaggle::commands
