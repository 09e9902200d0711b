#pragma once

#include "core/error.hpp"
#include "orchestrator/slurm/free_with.hpp"

#include <slurm/slurm.h>

#include <memory>
#include <string>

/// For the other files of this folder only: libslurm's own types.
namespace gaggle::slurm {

#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(26, 5, 0)
using Configuration = std::unique_ptr<slurm_conf_t, FreeWith<slurm_free_conf>>;
#else
using Configuration = std::unique_ptr<slurm_conf_t, FreeWith<slurm_free_ctl_conf>>;
#endif

/// "cannot ask slurmctld for WHAT: " and libslurm's words for errno.
[[nodiscard]] Error no_answer(const std::string& what);

/// slurmctld's, never null. Throws Error(SlurmUnreachable).
[[nodiscard]] Configuration load_configuration();

}  // namespace gaggle::slurm
