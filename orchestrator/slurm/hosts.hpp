#pragma once

#include <string>
#include <vector>

namespace gaggle::slurm {

/// The hosts of all these lists, each once, as Slurm writes them: "n[001-004,007]"; "" for none.
[[nodiscard]] std::string joined_hosts(const std::vector<std::string>& lists);

}  // namespace gaggle::slurm
