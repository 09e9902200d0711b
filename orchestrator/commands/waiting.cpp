#include "orchestrator/commands/waiting.hpp"

#include "core/log.hpp"
#include "orchestrator/collect.hpp"
#include "orchestrator/commands/words.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <random>
#include <string_view>
#include <thread>

namespace gaggle::commands {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_looks{1'000};

/// Lets ^C end the process while another thread may be waiting for slurmctld. A transaction that it interrupts is
/// rolled back by the store's next user.
void detach_on_interrupt()
{
    struct sigaction action {};
    action.sa_handler = [](int) {
        constexpr std::string_view words = "\ngaggle: detached, the jobs go on; 'gaggle wait' comes back to them\n";
        static_cast<void>(!write(STDERR_FILENO, words.data(), words.size()));
        _exit(130);
    };
    sigaction(SIGINT, &action, nullptr);
}

std::chrono::milliseconds in_milliseconds(std::chrono::duration<double> duration)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

double luck()
{
    std::random_device source;
    return std::uniform_real_distribution<double>{0, 1}(source);
}

/// One experiment while it is waited for.
class Wait {
public:
    Wait(std::filesystem::path directory, store::ExperimentId experiment, slurm::Scheduler& scheduler,
         Interval interval, Display& display)
        : directory_(std::move(directory)),
          experiment_(experiment),
          scheduler_(scheduler),
          interval_(interval),
          display_(display)
    {
    }

    ExitCode until_done(std::optional<std::chrono::seconds> timeout)
    {
        const Clock::time_point end = timeout ? began_ + *timeout : Clock::time_point::max();
        look_at_records();
        display_.begin(state_);
        while (!asking_.valid() ? state_.in_slurm() : true) {
            if (Clock::now() >= end) {
                display_.finish();
                log::info(fmt::format("not waiting any longer: {}", state_.words()));
                return ExitCode::CellsFailed;
            }
            step(std::min(end, Clock::now() + between_looks));
            display_.show(state_, requests_);
        }
        if (state_.unfinished_locally()) {
            take({});
        }
        display_.finish();
        return conclude();
    }

private:
    /// Until `pause`, or until slurmctld's answer.
    void step(Clock::time_point pause)
    {
        if (!asking_.valid() && Clock::now() >= last_asked_ + interval_.current()) {
            asking_ = std::async(std::launch::async, [this] {
                return collect::ask(scheduler_, store::Store::open(directory_, store::Store::Access::read));
            });
            ++requests_;
        }
        if (!asking_.valid()) {
            std::this_thread::sleep_until(std::min(pause, last_asked_ + interval_.current()));
        } else if (asking_.wait_until(pause) == std::future_status::ready) {
            const collect::Answer answer = asking_.get();
            last_asked_ = Clock::now();
            interval_.lengthen();
            if (answer.trouble != trouble_ && !answer.trouble.empty()) {
                display_.finish();
                log::warn(answer.trouble + "; going on");
            }
            trouble_ = answer.trouble;
            take(answer);
            return;
        }
        look_at_records();
    }

    void take(const collect::Answer& answer)
    {
        store::Store store = store::Store::open(directory_, store::Store::Access::write);
        collect::end_abandoned(store, scheduler_, answer);
        collect::collect(store, answer);
        state_ = Progress::of(store, experiment_);
        all_in_ = state_.all_records_in();
    }

    void look_at_records()
    {
        if (state_.is_empty()) {
            state_ = Progress::of(store::Store::open(directory_, store::Store::Access::read), experiment_);
        } else {
            state_.count_records();
        }
        if (!all_in_ && state_.all_records_in()) {
            all_in_ = true;
            interval_.all_records_in();
        }
    }

    ExitCode conclude() const
    {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - began_).count();
        log::info(fmt::format("{}; asked slurmctld {} in {} s", state_.words(), counted(requests_, "time"), seconds));
        if (state_.unsubmitted() > 0) {
            log::info(fmt::format("{} not submitted: submit the file again to go on",
                                  counted(state_.unsubmitted(), "array")));
        }
        if (state_.unfinished_locally()) {
            log::info("what is left is for 'gaggle run' to do, not for Slurm");
        }
        return state_.all_completed() ? ExitCode::Ok : ExitCode::CellsFailed;
    }

    std::filesystem::path directory_;
    store::ExperimentId experiment_;
    slurm::Scheduler& scheduler_;
    Interval interval_;
    Clock::time_point began_ = Clock::now();
    Clock::time_point last_asked_ = began_;
    Progress state_;
    Display& display_;
    bool all_in_ = false;
    std::size_t requests_ = 0;
    std::string trouble_;
    std::future<collect::Answer> asking_;  // last: waits for its thread, which uses the rest
};

}  // namespace

Interval::Interval(double luck) : Interval(first, {}, in_milliseconds(std::chrono::seconds{60} * (1 + luck))) {}

Interval Interval::for_watching(double luck)
{
    const double share = 0.8 + 0.2 * luck;
    return {std::chrono::milliseconds{0}, in_milliseconds(std::chrono::seconds{15} * share),
            in_milliseconds(std::chrono::seconds{120} * share)};
}

void Interval::lengthen()
{
    current_ = std::clamp(current_ * 2, second_, longest_);
}

ExitCode wait_for(const std::filesystem::path& store, store::ExperimentId experiment, slurm::Scheduler& scheduler,
                  std::optional<std::chrono::seconds> timeout)
{
    detach_on_interrupt();
    ProgressLine line;
    return Wait{store, experiment, scheduler, Interval{luck()}, line}.until_done(timeout);
}

ExitCode watch_over(const std::filesystem::path& store, store::ExperimentId experiment, slurm::Scheduler& scheduler,
                    Display& display)
{
    detach_on_interrupt();
    return Wait{store, experiment, scheduler, Interval::for_watching(luck()), display}.until_done(std::nullopt);
}

}  // namespace gaggle::commands
