#include "orchestrator/slurm/conf.hpp"

#include "core/error.hpp"
#include "orchestrator/child.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace gaggle::slurm {

namespace {

bool is_readable(const std::filesystem::path& file)
{
    std::error_code ignored;
    return std::filesystem::is_regular_file(file, ignored) && access(file.c_str(), R_OK) == 0;
}

}  // namespace

std::filesystem::path configuration_file()
{
    if (const char* named = std::getenv("SLURM_CONF"); named != nullptr && *named != '\0') {
        if (!is_readable(named)) {
            throw Error(ExitCode::SlurmUnreachable, std::string{"cannot read SLURM_CONF="} + named);
        }
        return named;
    }
    std::vector<std::filesystem::path> candidates{"/etc/slurm/slurm.conf", "/run/slurm/conf/slurm.conf"};
    if (const auto sbatch = child::find_program("sbatch")) {
        std::error_code ignored;
        const std::filesystem::path installed = std::filesystem::canonical(*sbatch, ignored);
        candidates.insert(candidates.begin(), installed.parent_path().parent_path() / "etc" / "slurm.conf");
    }
    for (const std::filesystem::path& candidate : candidates) {
        if (is_readable(candidate)) {
            return candidate;
        }
    }
    throw Error(ExitCode::SlurmUnreachable,
                "no readable slurm.conf, looked for /etc/slurm/slurm.conf and /run/slurm/conf/slurm.conf; "
                "set SLURM_CONF, or use 'gaggle run' to measure on this machine without Slurm");
}

}  // namespace gaggle::slurm
