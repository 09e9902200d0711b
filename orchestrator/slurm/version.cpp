#include "orchestrator/slurm/version.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <slurm/slurm.h>

#include <filesystem>
#include <system_error>

namespace gaggle::slurm {

std::string built_version()
{
    return fmt::format("{}.{:02}.{}", SLURM_VERSION_MAJOR(SLURM_VERSION_NUMBER),
                       SLURM_VERSION_MINOR(SLURM_VERSION_NUMBER), SLURM_VERSION_MICRO(SLURM_VERSION_NUMBER));
}

std::string loaded_file()
{
    Dl_info found{};
    if (dladdr(reinterpret_cast<void*>(&slurm_api_version), &found) == 0 || found.dli_fname == nullptr) {
        return {};
    }
    std::error_code ignored;
    const std::filesystem::path file = std::filesystem::canonical(found.dli_fname, ignored);
    return file.empty() ? found.dli_fname : file.string();
}

unsigned built_api()
{
    return GAGGLE_SLURM_API;
}

unsigned loaded_api()
{
    return static_cast<unsigned>(SLURM_VERSION_MAJOR(slurm_api_version()));
}

std::string mismatch()
{
    return built_api() == 0 || built_api() == loaded_api()
               ? ""
               : fmt::format(
                     "built for Slurm {} (libslurm {}), but started with {} (libslurm {}): build gaggle on this "
                     "cluster",
                     built_version(), built_api(), loaded_file(), loaded_api());
}

}  // namespace gaggle::slurm
