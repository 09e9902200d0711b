#pragma once

#include <filesystem>

namespace gaggle::slurm {

/// The slurm.conf that Slurm's programs will use: $SLURM_CONF, else the one beside sbatch's installation, in
/// /etc/slurm, or the copy that slurmd or sackd keeps where Slurm runs without one ("configless").
/// Throws Error(SlurmUnreachable) if none is readable.
[[nodiscard]] std::filesystem::path configuration_file();

}  // namespace gaggle::slurm
