#include "orchestrator/slurm/slurm_scheduler.hpp"

#include "core/error.hpp"
#include "orchestrator/slurm/accounting.hpp"
#include "orchestrator/slurm/conf.hpp"
#include "orchestrator/slurm/jobs.hpp"
#include "orchestrator/slurm/limits.hpp"
#include "orchestrator/slurm/sbatch.hpp"
#include "orchestrator/slurm/version.hpp"

#include <slurm/slurm.h>

#include <filesystem>
#include <string>

namespace gaggle::slurm {

/// libslurm's life. Its initialisation must not be reached without a configuration file: it would try for a minute
/// and then end the process.
class SlurmScheduler::Library {
public:
    Library()
    {
        const std::filesystem::path file = configuration_file();
        if (const std::string trouble = mismatch(); !trouble.empty()) {
            throw Error(ExitCode::SlurmUnreachable, trouble);
        }
        slurm_init(file.c_str());
    }
    ~Library() { slurm_fini(); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
};

SlurmScheduler::SlurmScheduler() = default;
SlurmScheduler::~SlurmScheduler() = default;

SlurmScheduler::Library& SlurmScheduler::library()
{
    if (library_ == nullptr) {
        library_ = std::make_unique<Library>();
    }
    return *library_;
}

Submitted SlurmScheduler::submit(const std::filesystem::path& script, const std::vector<std::string>& options,
                                 const JobIds& after, std::optional<int> held)
{
    static_cast<void>(configuration_file());  // sbatch, too, waits a minute for one
    return run_sbatch(script, options, after, held);
}

Queue SlurmScheduler::states()
{
    library();
    return load_queue();
}

std::optional<Queue> SlurmScheduler::accounts(const std::vector<SubmittedArray>& arrays)
{
    library();
    return has_accounting() ? std::optional{queue_of(load_accounts(arrays), arrays)} : std::nullopt;
}

Limits SlurmScheduler::limits()
{
    library();
    return load_limits();
}

Controller SlurmScheduler::controller()
{
    library();
    return ask_controller();
}

void SlurmScheduler::cancel(std::uint64_t job_id)
{
    library();
    cancel_jobs(std::to_string(job_id));
}

void SlurmScheduler::cancel(std::uint64_t job_id, const std::vector<unsigned>& tasks)
{
    library();
    cancel_jobs(elements(job_id, tasks));
}

void SlurmScheduler::wait_for(std::uint64_t job_id, const JobIds& after)
{
    library();
    set_dependency(job_id, after);
}

}  // namespace gaggle::slurm
