#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/waiting.hpp"
#include "orchestrator/slurm/slurm_scheduler.hpp"
#include "orchestrator/store/store.hpp"

#include <charconv>

namespace gaggle::commands {

namespace {

const Usage wait_usage{
    .synopsis = "gaggle wait [options]",
    .description =
        "Stays until the newest experiment has ended, with its progress on standard error. Exit status 0 if\n"
        "all attempts completed, 1 if not. ^C detaches (exit status 130); the jobs go on.\n",
    .options = {{"timeout", "SECONDS", "stop waiting after that long, with exit status 1"}}};

std::optional<std::chrono::seconds> timeout_of(const Parsed& parsed)
{
    const std::optional<std::string> text = parsed.value("timeout");
    if (!text) {
        return std::nullopt;
    }
    unsigned seconds = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (error != std::errc{} || end != text->data() + text->size()) {
        throw Error(ExitCode::Usage, "--timeout: expected a number of seconds, found '" + *text + "'");
    }
    return std::chrono::seconds{seconds};
}

}  // namespace

ExitCode wait(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(wait_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const auto newest = store::Store::open(parsed->store(), store::Store::Access::read).newest_experiment();
    if (!newest) {
        throw Error(ExitCode::Usage, "no experiment in " + parsed->store().string());
    }
    slurm::SlurmScheduler scheduler;
    return wait_for(parsed->store(), *newest, scheduler, timeout_of(*parsed));
}

}  // namespace gaggle::commands
