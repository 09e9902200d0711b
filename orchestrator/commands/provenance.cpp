#include "orchestrator/commands/provenance.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/read_bytes.hpp"
#include "orchestrator/commands/words.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace gaggle::commands {

namespace {

bool is_executable(const std::filesystem::path& file)
{
    std::error_code ignored;
    return std::filesystem::is_regular_file(file, ignored) && access(file.c_str(), X_OK) == 0;
}

}  // namespace

std::string sha256(std::string_view bytes)
{
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    std::string hex;
    for (const unsigned char byte : hash) {
        hex += fmt::format("{:02x}", byte);
    }
    return hex;
}

std::filesystem::path find_worker(const std::optional<std::string>& named)
{
    const char* variable = std::getenv("GAGGLE_WORKER");
    if (named || (variable != nullptr && *variable != '\0')) {
        std::filesystem::path worker = std::filesystem::absolute(named.value_or(variable != nullptr ? variable : ""));
        if (!is_executable(worker)) {
            throw Error(ExitCode::Usage, fmt::format("{} {} is not an executable file",
                                                     named ? "--worker" : "GAGGLE_WORKER", worker.string()));
        }
        return worker;
    }
    const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    for (const std::filesystem::path& candidate : {here / "gaggle-worker", here / ".." / "libexec" / "gaggle-worker"}) {
        if (is_executable(candidate)) {
            return std::filesystem::canonical(candidate);
        }
    }
    throw Error(ExitCode::Usage,
                fmt::format("no gaggle-worker in {} nor beside it: name it with --worker", here.string()));
}

void restore_worker(store::Store& store, const store::ExperimentRow& experiment,
                    const std::optional<std::string>& named)
{
    if (is_executable(experiment.kept_worker)) {
        return;
    }
    const std::filesystem::path worker = find_worker(named);
    if (sha256(read_bytes(worker, ExitCode::Usage)) != experiment.worker_sha256) {
        throw Error(ExitCode::Store,
                    fmt::format("{} is missing or cannot be executed, and {} is another one: what is made again has to "
                                "be the same",
                                experiment.kept_worker.string(), worker.string()));
    }
    std::error_code absent;
    std::filesystem::remove(experiment.kept_worker, absent);
    log::warn(fmt::format("{} was missing or could not be executed: put there again",
                          store.keep_worker(worker, experiment.worker_sha256).string()));
}

store::ExperimentId keep_experiment(store::Store& store, const experiment::Experiment& experiment,
                                    record::Launcher launcher, Wanted wanted, const std::filesystem::path& worker,
                                    std::optional<std::size_t> most_tasks)
{
    store::Provenance provenance{.launcher = launcher,
                                 .gaggle_version = GAGGLE_VERSION,
                                 .file_sha256 = sha256(experiment.text),
                                 .template_sha256 = {},
                                 .worker_sha256 = {}};
    if (wanted == Wanted::newest) {
        if (const auto known = store.find_experiment(experiment.name, provenance.file_sha256, launcher)) {
            restore_worker(store, *store.find(*known), worker);
            return *known;
        }
    }
    provenance.worker_sha256 = sha256(read_bytes(worker, ExitCode::Usage));
    const std::filesystem::path kept = store.keep_worker(worker, provenance.worker_sha256);
    const std::string template_text = plan::template_text(experiment.slurm);
    provenance.template_sha256 = sha256(template_text);
    plan::Plan planned = plan::make_plan(experiment);
    if (most_tasks) {
        planned.arrays = plan::split(planned.arrays, *most_tasks);
    }
    const store::ExperimentId id = store.add_experiment(planned, provenance, kept, template_text);
    log::info(fmt::format("experiment {}: {}, {} in {}", id.value, experiment.name,
                          counted(planned.arrays.size(), "array"), store.directory().string()));
    return id;
}

}  // namespace gaggle::commands
