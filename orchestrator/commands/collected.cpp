#include "orchestrator/commands/collected.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "orchestrator/slurm/slurm_scheduler.hpp"

#include <string>

namespace gaggle::commands {

namespace {

/// `readable`: the same store, since Slurm may keep us waiting for half a minute, and is asked without the writer's lock.
Collected collect_into(const store::Store& readable, std::chrono::milliseconds patience)
{
    Collected collected;
    collect::Answer answer;
    slurm::SlurmScheduler scheduler;
    readable.check_writable();
    if (collect::needs_slurm(readable)) {
        answer = collect::ask(scheduler, readable);
        collected.requests = 1;
        if (!answer.trouble.empty()) {
            log::warn(answer.trouble + "; what depends on it is UNVERIFIED");
        }
    }
    store::Store store =
        store::Store::open(readable.directory(), store::Store::Access::write, store::Store::Missing::fail, patience);
    collect::end_abandoned(store, scheduler, answer);
    collected.updated = collect::collect(store, answer);
    return collected;
}

}  // namespace

Collected collect_now(const std::filesystem::path& directory)
{
    return collect_into(store::Store::open(directory, store::Store::Access::read), store::Store::lock_patience);
}

store::Store open_collected(const std::filesystem::path& directory)
{
    store::Store readable = store::Store::open(directory, store::Store::Access::read);
    if (readable.is_settled() && readable.collectable_arrays().empty()) {
        return readable;
    }
    try {
        static_cast<void>(collect_into(readable, std::chrono::seconds{2}));
    } catch (const Error& error) {  // read-only media, a full disk, a busy writer: what is there can still be read
        if (error.code() != ExitCode::Store) {
            throw;
        }
        log::warn(std::string{"showing what was collected before, because: "} + error.what());
    }
    return readable;
}

}  // namespace gaggle::commands
