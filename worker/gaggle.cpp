#include "worker/gaggle.hpp"

#include "core/error.hpp"
#include "core/line.hpp"
#include "worker/cache.hpp"
#include "worker/find_files.hpp"
#include "worker/interpreters.hpp"

#include <chrono>
#include <utility>

namespace gaggle::worker {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Gaggle::Gaggle(asio::any_io_executor executor, std::string name)
    : executor_(executor), name_(std::move(name)), arrangement_(std::move(executor))
{
}

asio::awaitable<void> Gaggle::arrange(const ArraySpec& spec)
{
    spec_ = spec;
    co_await arrangement_.make(spec_.environment, milliseconds{spec_.prepare_timeout_ms});
    co_await make_interpreters();
}

asio::awaitable<void> Gaggle::arrange_unmarked()
{
    entry_ = Entry::unmarked;
    co_await make_interpreters();
}

asio::awaitable<void> Gaggle::arrange_control(const ControlSpec& control)
{
    const Program program = make_control(spec_.environment, control, arrangement_.place(), entry_);
    co_await make_group(spec_.interpreters, program);
}

std::string Gaggle::take_lines(unsigned node)
{
    std::string lines = arrangement_.take_lines(node);
    if (cache_) {
        cache_->node = node;
        lines += line::write(*cache_);
        cache_.reset();
    }
    return lines;
}

void Gaggle::clear()
{
    group_.reset();
    container_.reset();
    arrangement_.unmount();
}

asio::awaitable<void> Gaggle::unstage()
{
    return arrangement_.unstage();
}

Program Gaggle::program() const
{
    return make_program(spec_.environment, arrangement_.place(), entry_);
}

asio::awaitable<void> Gaggle::make_interpreters()
{
    if (spec_.cache != CacheState::as_is) {  // which even a look at the files might change
        co_await bring_caches();
    }
    const Program one = program();
    co_await make_group(spec_.interpreters, one);
}

/// Into the declared state, as the last thing before the interpreters are forked. Throws Error if the unmeasured run
/// of `warm` failed; all else that goes wrong is in the record.
asio::awaitable<void> Gaggle::bring_caches()
{
    const Instant begin = steady_clock::now();
    const Instant deadline = begin + milliseconds{spec_.prepare_timeout_ms};
    CachePreparation cache{spec_.cache,
                           find_files(cached_paths(spec_.environment, arrangement_.place(), program()), deadline)};
    cache.prepare(deadline);
    if (spec_.cache == CacheState::warm) {
        co_await run_unmeasured();
    }
    cache_ = cache.check(begin + milliseconds{spec_.cache_timeout_ms()});
    if (spec_.cache == CacheState::warm) {
        cache_->method = "run";
    }
    if (spec_.environment.cache_paths.empty()) {
        cache_->not_covered += (cache_->not_covered.empty() ? "" : "; ");
        cache_->not_covered += "what the program opens: only the program itself was looked at (no cache_paths)";
    }
}

/// One interpreter, whose results go nowhere.
asio::awaitable<void> Gaggle::run_unmeasured()
{
    co_await run_one();
    if (group_->stopped_at_entry()) {
        entry_ = Entry::unmarked;
        co_await run_one();
    }
    const std::string lines = co_await group_->result_lines(0);
    const std::string failure = first_failure(lines, name_);
    if (!failure.empty()) {
        throw Error{ExitCode::Usage, "the unmeasured run that warms the caches failed: " + failure};
    }
}

asio::awaitable<void> Gaggle::run_one()
{
    const Program one = program();
    co_await make_group(1, one);
    co_await group_->launch_all();
    co_await group_->run(steady_clock::now() + milliseconds{spec_.interpreter_timeout_ms});
}

/// In place of those before: children of this process, or in the container, which is started by the first of them.
asio::awaitable<void> Gaggle::make_group(unsigned count, const Program& program)
{
    group_.reset();
    if (spec_.environment.per == Per::interpreter) {
        group_ = std::make_unique<Interpreters>(executor_, count, program);
        co_return;
    }
    const Split split = split_at_container(program, spec_.environment.container_words);
    if (!container_) {
        container_.emplace(executor_);
        const record::Step step =
            co_await container_->start(split.container, steady_clock::now() + milliseconds{spec_.prepare_timeout_ms});
        arrangement_.keep(step);
    }
    group_ = container_->make_group(count, split.inside);
}

}  // namespace gaggle::worker
