#include "worker/interpreters.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/line.hpp"
#include "worker/marks.hpp"
#include "worker/words.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace gaggle::worker {

namespace {

constexpr std::size_t marks_limit = 16U << 20U;
constexpr std::size_t error_head = 8192;
constexpr std::size_t error_tail = 8192;

/// Keeps the head and the tail of a text that may be endless.
void append_bounded(std::string& text, std::string_view more)
{
    text += more;
    if (text.size() > error_head + 2 * error_tail) {
        text.erase(error_head, text.size() - error_head - error_tail);
    }
}

/// A pidfd; none (-1) if this was built where Linux had none (before 5.3), or no descriptor is left.
Descriptor open_process([[maybe_unused]] pid_t pid)
{
#ifdef SYS_pidfd_open
    return Descriptor{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
#else
    return Descriptor{};
#endif
}

std::int64_t microseconds(const timeval& time)
{
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

record::Io io_line(const ProcessIo& before, const ProcessIo& after, unsigned index, unsigned node)
{
    return {.node = node,
            .interpreter = index,
            .read_bytes = after.rchar - before.rchar,
            .write_bytes = after.wchar - before.wchar,
            .read_calls = after.syscr - before.syscr,
            .write_calls = after.syscw - before.syscw,
            .storage_read_bytes = after.read_bytes - before.read_bytes,
            .storage_write_bytes = after.write_bytes - before.write_bytes,
            .cancelled_write_bytes = after.cancelled_write_bytes - before.cancelled_write_bytes};
}

}  // namespace

unsigned usable_cpus()
{
    constexpr int most_cpus = 8192;
    cpu_set_t* set = CPU_ALLOC(most_cpus);
    const std::size_t size = CPU_ALLOC_SIZE(most_cpus);
    const bool known = sched_getaffinity(0, size, set) == 0;
    const int count = known ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    return static_cast<unsigned>(count);
}

std::string first_failure(std::string_view result_lines, const std::string& node)
{
    record::Record record;
    record.gaggles.emplace_back().name = node;
    while (!result_lines.empty()) {
        static_cast<void>(record::take_line(record, take_until(result_lines, '\n')));
    }
    return record::first_failure(record);
}

Interpreters::Interpreters(const boost::asio::any_io_executor& executor, unsigned count, Program program)
    : executor_(executor),
      program_(std::move(program)),
      gate_(count),
      exits_(executor),
      time_out_(executor),
      shown_(open_shown(program_.shown)),
      count_(count)
{
}

Interpreters::~Interpreters()
{
    kill_running(false, "");
    for (const auto& child : children_) {
        if (!child->reaped) {
            waitpid(child->pid, nullptr, 0);
        }
    }
}

boost::asio::awaitable<void> Interpreters::fork_all(Instant deadline)
{
    const std::int64_t begin = clocks::monotonic_ns();
    children_.reserve(count_);
    for (unsigned index = 0; index < count_; ++index) {
        fork_one(index);
    }
    std::ranges::for_each(children_, [this](const auto& child) { watch(*child); });
    if (!gate_.wait_until_ready(count_, deadline)) {
        throw Error{ExitCode::Usage, "not all of the " + std::to_string(count_) +
                                         " forked interpreters reached the gate before the deadline"};
    }
    fork_ns_ = clocks::monotonic_ns() - begin;
    if (has_room_for_io_files()) {
        for (const auto& child : children_) {
            child->io_file.emplace(child->pid);
            if (const std::optional<ProcessIo> io = child->io_file->read()) {
                child->io_at_gate = *io;
            } else {
                child->io_file.reset();
            }
        }
    }
    co_return;
}

/// Of the descriptors that this process may open: each child has four others here already.
bool Interpreters::has_room_for_io_files() const
{
    constexpr rlim_t per_child = 5;
    constexpr rlim_t others = 128;
    rlimit limit{};
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && per_child * count_ + others <= limit.rlim_cur;
}

void Interpreters::fork_one(unsigned index)
{
    // Made just before the fork and our ends closed just after: no other child holds them open.
    Pipe alive = make_pipe();
    Pipe error = make_pipe();
    auto child = std::make_unique<Child>(executor_);
    child->marks = make_memory_file("gaggle-marks");
    fcntl(child->marks.get(), F_SETFL, O_APPEND);
    child->forked_ns = clocks::monotonic_ns();
    child->pid = gate_.fork_child(executor_, index, program_,
                                  {.marks = child->marks.get(),
                                   .error = error.write_end.get(),
                                   .shown = shown_.get(),
                                   .alive = alive.write_end.get()});
    if (Descriptor exit = open_process(child->pid); exit.get() >= 0) {
        child->exit.assign(exit.release());
    } else {
        exits_.add(SIGCHLD);
    }
    child->alive.assign(alive.read_end.release());
    child->error.assign(error.read_end.release());
    child->error.non_blocking(true);
    children_.push_back(std::move(child));
}

void Interpreters::release(std::int64_t at_ns)
{
    origin_ns_ = at_ns;
    gate_.release(at_ns);
}

boost::asio::awaitable<void> Interpreters::launch_all()
{
    const bool with_io = has_room_for_io_files();
    const std::int64_t begin = clocks::monotonic_ns();
    release(begin);
    children_.reserve(count_);
    for (unsigned index = 0; index < count_; ++index) {
        fork_one(index);
        if (with_io) {
            children_.back()->io_file.emplace(children_.back()->pid);
        }
        watch(*children_.back());
        note_exits();  // the first may be through before the last is forked
    }
    fork_ns_ = clocks::monotonic_ns() - begin;
    co_return;
}

boost::asio::awaitable<void> Interpreters::run(Instant deadline)
{
    time_out_.expires_at(deadline);
    time_out_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            kill_running(true, "");
        }
    });
    for (note_exits(); !all_exited(); note_exits()) {
        boost::system::error_code cancelled;
        co_await exits_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    }
    time_out_.cancel();
    reap();
    std::vector<Descriptor> errors;
    for (const auto& child : children_) {
        child->exit.close();
        child->alive.close();
        errors.emplace_back(child->error.release());
    }
    // Readings that are complete already run their handlers before this goes on, and begin none again.
    co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    for (std::size_t i = 0; i < children_.size(); ++i) {
        Child& child = *children_[i];
        // What arrived after the last wake-up; then closed, whatever a grandchild may still hold open.
        for (ssize_t got = 1; got > 0;) {
            got = read(errors[i].get(), child.chunk.data(), child.chunk.size());
            if (got > 0) {
                append_bounded(child.error_text, {child.chunk.data(), static_cast<std::size_t>(got)});
            }
        }
    }
}

void Interpreters::watch(Child& child)
{
    watch_exec(child);
    watch_exit(child);
    drain_error(child);
}

void Interpreters::watch_exec(Child& child)
{
    child.alive.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [&child](const boost::system::error_code& error) {
                               if (!error) {
                                   child.executed_ns = clocks::monotonic_ns();
                               }
                           });
}

/// By its pidfd, which is a signal handler and a pipe earlier than by SIGCHLD: some 25 µs.
void Interpreters::watch_exit(Child& child)
{
    if (!child.exit.is_open()) {
        return;
    }
    child.exit.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this, &child](const boost::system::error_code& error) {
                              const std::int64_t now = clocks::monotonic_ns();
                              if (error || child.exited) {
                                  return;
                              }
                              child.exited = true;
                              child.exited_ns = now;
                              if (all_exited()) {
                                  exits_.cancel();
                              }
                          });
}

void Interpreters::drain_error(Child& child)
{
    child.error.async_read_some(boost::asio::buffer(child.chunk),
                                [this, &child](const boost::system::error_code& error, std::size_t got) {
                                    if (!error) {
                                        append_bounded(child.error_text, {child.chunk.data(), got});
                                        drain_error(child);
                                    }
                                });
}

void Interpreters::note_exits()
{
    const std::int64_t now = clocks::monotonic_ns();
    for (const auto& child : children_) {
        siginfo_t exit{};
        if (!child->exited && waitid(P_PID, static_cast<id_t>(child->pid), &exit, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            exit.si_pid == child->pid) {
            child->exited = true;
            child->exited_ns = now;
        }
    }
}

bool Interpreters::all_exited() const
{
    return std::ranges::all_of(children_, [](const auto& child) { return child->exited; });
}

void Interpreters::reap()
{
    for (const auto& child : children_) {
        if (child->io_file) {
            child->io = child->io_file->read();
            child->io_file.reset();
        }
        // Per pid: RUSAGE_CHILDREN is a high-water mark over all, and wait4(-1) would take other children's status.
        child->reaped = wait4(child->pid, &child->status, 0, &child->usage) == child->pid;
    }
}

void Interpreters::stop(const std::string& why)
{
    kill_running(false, why);
}

void Interpreters::kill_running(bool timed_out, const std::string& why)
{
    for (const auto& child : children_) {
        if (!child->exited) {
            child->timed_out = timed_out;
            child->stopped = why;
            kill(-child->pid, SIGKILL);  // its group: wrappers and what they started
            kill(child->pid, SIGKILL);
        }
    }
}

boost::asio::awaitable<std::string> Interpreters::result_lines(unsigned node)
{
    std::string probe;  // one program, so what one says of its probe holds for all
    std::string interpreters;
    std::string ios;
    std::string phases;
    for (unsigned index = 0; index < children_.size(); ++index) {
        const Child& child = *children_[index];
        const ChildTimes times = gate_.times(index);
        Marks marks = parse_marks(read_from_start(child.marks, marks_limit));
        if (probe.empty() && marks.probe) {
            marks.probe->node = node;
            probe = line::write(*marks.probe);
        }
        interpreters +=
            line::write(result(child, index, node, times, marks.error.empty() ? marks.trouble : marks.error));
        if (child.io) {
            ios += line::write(io_line(child.io_at_gate, *child.io, index, node));
        }
        append_phases(phases, child, index, node, times, marks);
    }
    co_return probe + interpreters + ios + phases;
}

bool Interpreters::stopped_at_entry() const
{
    const auto stopped = [](const Child& child, const ChildTimes& times) {
        struct stat marks {};
        return child.status != 0 && !child.timed_out && child.stopped.empty() && times.exec_errno == 0 &&
               fstat(child.marks.get(), &marks) == 0 && marks.st_size == 0;
    };
    bool all = program_.shown == Shown::worker;
    for (unsigned index = 0; index < children_.size(); ++index) {
        all = all && stopped(*children_[index], gate_.times(index));
    }
    return all;
}

record::Interpreter Interpreters::result(const Child& child, unsigned index, unsigned node, const ChildTimes& times,
                                         const std::string& probe_error) const
{
    using record::InterpreterOutcome;
    record::Interpreter one;
    one.node = node;
    one.index = index;
    one.error = probe_error.empty() ? telling_line(child.error_text) : probe_error;
    if (child.timed_out) {
        one.outcome = InterpreterOutcome::TimedOut;
        one.status = WIFSIGNALED(child.status) ? WTERMSIG(child.status) : 0;
    } else if (times.exec_errno != 0) {
        one.outcome = InterpreterOutcome::ExecFailed;
        one.status = times.exec_errno;
        one.error = program_.executable + ": " + std::strerror(times.exec_errno);
    } else if (WIFSIGNALED(child.status)) {
        one.outcome = InterpreterOutcome::Signaled;
        one.status = WTERMSIG(child.status);
    } else {
        one.outcome = InterpreterOutcome::Exited;
        one.status = WEXITSTATUS(child.status);
    }
    if (one.error.empty()) {
        one.error = child.stopped;
    }
    one.start_ns = times.start_ns - origin_ns_;
    one.exit_ns = child.exited_ns - origin_ns_;
    one.user_us = microseconds(child.usage.ru_utime);
    one.system_us = microseconds(child.usage.ru_stime);
    one.minor_faults = child.usage.ru_minflt;
    one.major_faults = child.usage.ru_majflt;
    one.max_rss_kib = child.usage.ru_maxrss;
    one.blocks_in = child.usage.ru_inblock;
    one.blocks_out = child.usage.ru_oublock;
    one.voluntary_switches = child.usage.ru_nvcsw;
    one.involuntary_switches = child.usage.ru_nivcsw;
    return one;
}

void Interpreters::append_phases(std::string& lines, const Child& child, unsigned index, unsigned node,
                                 const ChildTimes& times, const Marks& marks) const
{
    std::int64_t begin = 0;
    const auto append = [&](const std::string& name, std::int64_t end) {
        lines += line::write(record::Phase{.node = node,
                                           .interpreter = index,
                                           .name = name,
                                           .begin_ns = begin - origin_ns_,
                                           .end_ns = end - origin_ns_});
        begin = end;
    };
    begin = child.forked_ns;
    append("spawn", times.ready_ns);
    if (times.exec_errno != 0 || times.start_ns == 0) {
        return;
    }
    // This process learns of the exec when it is scheduled; the probe's first mark, or the exit, may have come before.
    begin = times.start_ns;
    std::int64_t executed = child.executed_ns == 0 ? child.exited_ns : std::min(child.executed_ns, child.exited_ns);
    if (!marks.marks.empty()) {
        executed = std::min(executed, marks.marks.front().at_ns);
    }
    append("exec", executed);
    for (const Marks::Mark& mark : marks.marks) {
        append(mark.name, mark.at_ns);
    }
    append("exit", child.exited_ns);
}

}  // namespace gaggle::worker
