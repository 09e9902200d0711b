#include "worker/arrangement.hpp"

#include "core/error.hpp"
#include "core/line.hpp"
#include "worker/step.hpp"

#include <filesystem>
#include <utility>

namespace gaggle::worker {

Arrangement::Arrangement(asio::any_io_executor executor) : executor_(std::move(executor))
{
    place_ = {scratch_.path() / "image", scratch_.path() / "work", bare_variables()};
    std::filesystem::create_directory(place_.directory);
}

asio::awaitable<void> Arrangement::make(const EnvironmentSpec& environment, std::chrono::milliseconds timeout)
{
    timeout_ = timeout;
    if (!environment.image.empty() || line::write(environment).find("{mount}") != std::string::npos) {
        std::filesystem::create_directory(place_.mount_point);
    }
    const Instant deadline = std::chrono::steady_clock::now() + timeout;
    if (!environment.setup.empty()) {
        Setup setup = co_await capture_setup(executor_, environment.setup, place_, deadline);
        keep(setup.step);
        place_.variables = std::move(setup.variables);
    }
    for (const std::string& command : environment.stage) {
        unstage_ = environment.unstage;
        const StepResult result = co_await run_step(executor_, "stage", command, place_, deadline);
        keep(result.step);
    }
    if (!environment.image.empty()) {
        mount_ = co_await Mount::make(executor_, environment.image, place_.mount_point, deadline);
    }
}

void Arrangement::keep(const record::Step& step)
{
    steps_.push_back(step);
    if (step.status != 0) {
        throw Error{ExitCode::Usage, step.name + " '" + step.command + "' failed with exit status " +
                                         std::to_string(step.status) + (step.error.empty() ? "" : ": " + step.error)};
    }
}

asio::awaitable<void> Arrangement::unstage()
{
    const Instant deadline = std::chrono::steady_clock::now() + timeout_;
    const std::vector<std::string> commands = std::exchange(unstage_, {});
    for (const std::string& command : commands) {
        const StepResult result = co_await run_step(executor_, "unstage", command, place_, deadline);
        steps_.push_back(result.step);
    }
}

std::string Arrangement::take_lines(unsigned node)
{
    std::string lines;
    for (record::Step& step : std::exchange(steps_, {})) {
        step.node = node;
        lines += line::write(step);
    }
    return lines;
}

}  // namespace gaggle::worker
