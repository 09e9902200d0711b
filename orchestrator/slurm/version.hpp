#pragma once

#include <string>

/// Which Slurm this program was built for, and which libslurm it runs with: structures differ from release to release
/// ("22.05", "24.11"), so a program built for another one reads nonsense.
namespace gaggle::slurm {

/// Slurm's version, of the headers: "22.05.8".
[[nodiscard]] std::string built_version();

/// The file that the library was loaded from.
[[nodiscard]] std::string loaded_file();

/// libslurm's own number, one for each release: 38 for 22.05. Of the library at build time (0: its file's name does not
/// say), and of the one that was loaded.
[[nodiscard]] unsigned built_api();
[[nodiscard]] unsigned loaded_api();

/// Why the loaded library must not be used, in a line; "": it may.
[[nodiscard]] std::string mismatch();

}  // namespace gaggle::slurm
