#include "orchestrator/slurm/hosts.hpp"

#include "orchestrator/slurm/free_with.hpp"

#include <slurm/slurm.h>

#include <cstdlib>
#include <memory>

namespace gaggle::slurm {

std::string joined_hosts(const std::vector<std::string>& lists)
{
    auto* const hosts = slurm_hostlist_create("");
    if (hosts == nullptr) {
        return {};
    }
    for (const std::string& list : lists) {
        slurm_hostlist_push(hosts, list.c_str());
    }
    slurm_hostlist_uniq(hosts);
    const std::unique_ptr<char, FreeWith<std::free>> text{slurm_hostlist_ranged_string_malloc(hosts)};
    slurm_hostlist_destroy(hosts);
    return text != nullptr ? text.get() : "";
}

}  // namespace gaggle::slurm
