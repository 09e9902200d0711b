#include "worker/coordinate.hpp"

#include "core/clock.hpp"
#include "core/examination.hpp"
#include "core/line.hpp"
#include "core/log.hpp"
#include "core/record.hpp"
#include "worker/event.hpp"
#include "worker/files.hpp"
#include "worker/launch.hpp"
#include "worker/meeting.hpp"
#include "worker/results.hpp"
#include "worker/secret.hpp"
#include "worker/session.hpp"
#include "worker/slurm_commands.hpp"
#include "worker/spill.hpp"
#include "worker/surroundings.hpp"
#include "worker/task.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace gaggle::worker {

namespace {

using asio::experimental::awaitable_operators::operator&&;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds grace{30};       ///< for saying that the time-out has struck, and for ending
constexpr seconds short_grace{2};  ///< for ending when a node is lost already
constexpr seconds stop_grace{1};   ///< after SIGTERM: Slurm's KillWait may be short
constexpr milliseconds ahead{20};  ///< of T at least, when it is named
constexpr std::size_t all_at_once = SIZE_MAX;
constexpr rlim_t descriptors_besides = 64;

/// One repetition, from the first listening socket to the record.
class Coordinator {
public:
    Coordinator(asio::io_context& context, const CoordinateOptions& options, ArraySpec spec)
        : executor_(context.get_executor()),
          options_(options),
          spec_(std::move(spec)),
          attempt_(attempt_of(options_, spec_)),
          signals_(context, SIGTERM, SIGINT)
    {
    }

    asio::awaitable<void> measure()
    {
        attempt_.began_unix_ns = clocks::realtime_ns();
        began_ns_ = clocks::monotonic_ns();
        stop_on_signal();
        make_sessions();
        const Secret secret = Secret::random();
        Meeting meeting{executor_, here() ? Meeting::Reach::ThisMachine : Meeting::Reach::Network, secret, sessions_,
                        began_ns_};
        meeting.start();
        launched_ns_ = clocks::monotonic_ns();
        Launch launch{executor_, launch_plan(meeting, secret)};
        allow_connections();  // only now: what was launched, interpreters too, keeps the limit of this job

        co_await meet(meeting, launch);
        co_await get_ready();
        co_await release_and_wait();
        co_await gather();
        co_await measure_controls();
        co_await trace();
        co_await inspect();
        co_await (ask_slurm() && clean_up());
        attempt_.ended_unix_ns = clocks::realtime_ns();
        co_await end(launch);
        signals_.cancel();
    }

    /// What was measured, after that: reads what the nodes sent, which is not done while they wait. A node whose results
    /// make no sense has none.
    record::Verdict judge()
    {
        record::Examination examination{spec_.environment.imports};
        for (const auto& session : sessions_) {
            record::Record part;
            try {
                part = session->results().all(spill_);
            } catch (const line::Malformed& trouble) {
                session->disown(trouble.what());
                part = session->results().few;
            }
            part.attempt = attempt_;
            part.gaggles.push_back(session->gaggle());
            examination.take(part);
        }
        return examination.findings(attempt_).verdict;
    }

    /// And then as the record file.
    void write(record::LineWriter& out) const
    {
        out.add(text_of(attempt_));
        record::Record lists;
        record::Record::lists(lists, [&]<class T>(const std::vector<T>& /*list*/) {
            for (const auto& session : sessions_) {
                write_list<T>(out, *session);
            }
        });
        out.close();
    }
    [[nodiscard]] const record::Attempt& attempt() const { return attempt_; }

private:
    [[nodiscard]] bool here() const { return options_.nodes == CoordinateOptions::Nodes::ProcessesHere; }
    [[nodiscard]] bool as_launched() const { return spec_.start == Start::AsLaunched; }
    [[nodiscard]] std::int64_t since_began() const { return clocks::monotonic_ns() - began_ns_; }

    void note(const std::string& text) { attempt_.note += (attempt_.note.empty() ? "" : "; ") + text; }

    void note_words_of(const Launch& launch)
    {
        if (const std::string words = launch.last_words(); !words.empty() && !is_launcher_heard_) {
            note("the launcher said: " + words);
            is_launcher_heard_ = true;
        }
    }

    /// On SIGTERM nothing new begins, and whoever is being waited for gets a moment only.
    void stop_on_signal()
    {
        signals_.async_wait([this](const boost::system::error_code& error, int number) {
            if (error) {
                return;
            }
            stopped_ = true;
            note("the coordinator was told to stop (signal " + std::to_string(number) + ")");
            for (const auto& session : sessions_) {
                session->hurry(steady_clock::now() + stop_grace);
            }
            if (meeting_changed_ != nullptr) {
                meeting_changed_->notify();
            }
        });
    }

    void make_sessions()
    {
        const std::vector<std::string> names = node_names(executor_, options_, spec_);
        for (unsigned i = 0; i < names.size(); ++i) {
            sessions_.push_back(std::make_unique<Session>(i, names[i]));
        }
    }

    [[nodiscard]] LaunchPlan launch_plan(const Meeting& meeting, const Secret& secret) const
    {
        LaunchPlan plan;
        plan.by = here() ? LaunchPlan::By::ThisMachine : LaunchPlan::By::Srun;
        plan.worker = std::filesystem::read_symlink("/proc/self/exe").string();
        for (const auto& session : sessions_) {
            plan.names.push_back(session->name());
        }
        plan.addresses = meeting.addresses();
        plan.secret = secret.hex();
        if (as_launched()) {
            plan.spec = line::write(spec_);
            plan.spec.pop_back();  // its newline
        }
        return plan;
    }

    [[nodiscard]] std::vector<Session*> nodes() const
    {
        std::vector<Session*> all;
        for (const auto& session : sessions_) {
            all.push_back(session.get());
        }
        return all;
    }

    /// Until every node is here, or the deadline, or whoever starts them has given up.
    asio::awaitable<void> meet(Meeting& meeting, Launch& launch)
    {
        meeting_changed_ = &meeting.changed();
        Instant deadline = steady_clock::now() + milliseconds{spec_.meet_timeout_ms};
        if (as_launched()) {  // nodes come when their interpreters are through
            deadline += preparation() + milliseconds{spec_.interpreter_timeout_ms} + grace;
        }
        const auto settled = [&] { return stopped_ || meeting.everybody_here(); };
        while (!settled() && steady_clock::now() < deadline) {
            const bool gave_up = !launch.running();
            // The last to arrive may still be in the middle of its greeting.
            const Instant look_again = steady_clock::now() + (gave_up ? milliseconds{2000} : milliseconds{250});
            const bool done = co_await meeting.changed().wait(settled, std::min(deadline, look_again));
            if (gave_up && !done) {
                break;
            }
        }
        meeting_changed_ = nullptr;
        meeting.close();
        attempt_.met_ns = since_began();
        if (!meeting.everybody_here()) {
            note_words_of(launch);
        }
    }

    /// How long a node may take to get ready. What it does to caches ends soon after its deadline, not at it.
    [[nodiscard]] milliseconds preparation() const
    {
        const milliseconds caches{spec_.cache_timeout_ms()};
        return milliseconds{spec_.prepare_timeout_ms} + caches + (caches.count() == 0 ? seconds{0} : grace);
    }

    asio::awaitable<void> get_ready()
    {
        if (!stopped_) {
            co_await for_each_at_once(nodes(), Session::clocks_at_once,
                                      [](Session& node) { return node.measure_clock(Session::When::Before); });
        }
        if (!stopped_) {
            const Instant deadline = steady_clock::now() + preparation();
            co_await for_each_at_once(nodes(), all_at_once,
                                      [&](Session& node) { return node.prepare(spec_, deadline); });
        }
        attempt_.prepared_ns = since_began();
    }

    asio::awaitable<void> release_and_wait()
    {
        if (stopped_ || std::ranges::none_of(sessions_, [](const auto& node) { return node->alive(); })) {
            co_return;
        }
        const std::int64_t at_ns = as_launched() ? launched_ns_ : clocks::monotonic_ns() + head_start().count();
        attempt_.release_ns = at_ns - began_ns_;
        co_await release_at(at_ns);
        if (!stopped_ && std::ranges::any_of(sessions_, [](const auto& node) { return node->wants_again(); })) {
            co_await release_unmarked();
        }
        if (std::ranges::any_of(sessions_, [](const auto& node) { return node->unmarked(); })) {
            note(
                "no interpreter could mark that its runtime was entered, so they were started without (no phase "
                "'runtime')");
        }
    }

    /// What marks the entry may be what cannot be started: then the measurement is made without it.
    asio::awaitable<void> release_unmarked()
    {
        const Instant deadline = steady_clock::now() + preparation();
        co_await for_each_at_once(nodes(), all_at_once, [&](Session& node) { return node.prepare_again(deadline); });
        const std::int64_t at_ns = clocks::monotonic_ns() + head_start().count();
        attempt_.release_ns = at_ns - began_ns_;
        co_await release_at(at_ns);
    }

    asio::awaitable<void> release_at(std::int64_t at_ns)
    {
        co_await for_each_at_once(nodes(), all_at_once, [&](Session& node) { return node.release(at_ns); });
        const Instant deadline{nanoseconds{at_ns} + milliseconds{spec_.interpreter_timeout_ms} + grace};
        const Instant now = steady_clock::now();
        co_await for_each_at_once(nodes(), all_at_once,
                                  [&](Session& node) { return node.await_finished(std::max(deadline, now + grace)); });
    }

    /// From naming T to T: long enough for the slowest node to hear of it and for its children to fall asleep again.
    [[nodiscard]] nanoseconds head_start() const
    {
        std::int64_t slowest = 0;
        for (const auto& session : sessions_) {
            slowest = std::max(slowest, session->clock_before().uncertainty_ns);
        }
        return ahead + nanoseconds{20 * slowest} + std::chrono::microseconds{100} * static_cast<int>(sessions_.size()) +
               std::chrono::microseconds{200} * static_cast<int>(spec_.interpreters);
    }

    /// Only now, when no interpreter runs any more, do results travel.
    asio::awaitable<void> gather()
    {
        if (!stopped_) {
            co_await for_each_at_once(nodes(), Session::clocks_at_once,
                                      [](Session& node) { return node.measure_clock(Session::When::After); });
        }
        if (attempt_.release_ns != 0) {
            co_await for_each_at_once(nodes(), Session::collects_at_once,
                                      [this](Session& node) { return node.collect(spill_); });
        }
        attempt_.gathered_ns = since_began();
    }

    /// After the measurement, so that they warm no cache for it.
    asio::awaitable<void> measure_controls()
    {
        const std::vector<ControlSpec>& controls = spec_.environment.controls;
        for (unsigned i = 0; i < controls.size() && !stopped_; ++i) {
            const Instant deadline = steady_clock::now() + milliseconds{spec_.prepare_timeout_ms};
            co_await for_each_at_once(nodes(), all_at_once,
                                      [&](Session& node) { return node.prepare_control(i, deadline); });
            co_await release_at(clocks::monotonic_ns() + head_start().count());
            co_await for_each_at_once(nodes(), Session::collects_at_once,
                                      [&](Session& node) { return node.collect_control(controls[i].name, spill_); });
        }
    }

    /// On the one node of a cell to trace.
    asio::awaitable<void> trace()
    {
        if (spec_.role == Role::trace) {
            const milliseconds both = 2 * (milliseconds{spec_.interpreter_timeout_ms} + grace);
            co_await sessions_.front()->trace(steady_clock::now() + (stopped_ ? milliseconds{0} : both));
        }
    }

    /// On the first node that measured; last of all, so that it warms nothing.
    asio::awaitable<void> inspect()
    {
        const auto node =
            std::ranges::find_if(sessions_, [](const auto& one) { return one->alive() && one->measured(); });
        if (!stopped_ && node != sessions_.end()) {
            const protocol::Inspect order{.with_files = options_.with_files};
            const seconds listing = options_.with_files ? listing_time : seconds{0};
            co_await (*node)->inspect(order, steady_clock::now() + inspection_time + listing + grace);
        }
    }

    /// Which Slurm this is, as facts of each node.
    asio::awaitable<void> ask_slurm()
    {
        if (here() || stopped_) {
            co_return;
        }
        const std::string version = co_await srun_version(executor_);
        for (const auto& node : sessions_) {
            node->add_facts({{"srun_version", version}});
        }
    }

    asio::awaitable<void> clean_up()
    {
        const Instant deadline =
            steady_clock::now() + (stopped_ ? stop_grace : milliseconds{spec_.prepare_timeout_ms} + grace);
        co_await for_each_at_once(nodes(), all_at_once, [&](Session& node) { return node.clean_up(deadline); });
    }

    asio::awaitable<void> end(Launch& launch)
    {
        co_await for_each_at_once(nodes(), all_at_once, [](Session& node) { return node.dismiss(); });
        const bool whole = std::ranges::all_of(sessions_, [](const auto& node) { return node->alive(); });
        const seconds patience = stopped_ ? stop_grace : whole ? grace : short_grace;
        const bool ended = co_await launch.wait(steady_clock::now() + patience);
        if (!whole && !stopped_) {
            note_words_of(launch);  // why a node's worker is gone: killed for its memory, its node down
        }
        if (!ended && whole && !stopped_) {
            note("the nodes' workers did not end when told to");
        }
    }

    template <class T>
    static std::string text_of(const T& one)
    {
        std::string text = line::write(one);
        text.pop_back();  // its newline
        return text;
    }

    /// One node's lines of one list.
    template <class T>
    void write_list(record::LineWriter& out, const Session& session) const
    {
        if constexpr (std::is_same_v<T, record::Gaggle>) {
            out.add(text_of(session.gaggle()));
        } else if constexpr (bulk_of<T> != Bulk::none) {
            session.results().for_each_line(bulk_of<T>, spill_, [&](std::string_view text) { out.add(text); });
        } else {
            record::Record::lists(session.results().few, [&]<class Other>(const std::vector<Other>& list) {
                if constexpr (std::is_same_v<T, Other>) {
                    std::ranges::for_each(list, [&](const T& one) { out.add(text_of(one)); });
                }
            });
        }
    }

    /// As many descriptors as there are nodes, as far as the hard limit goes.
    void allow_connections()
    {
        const rlim_t wanted = sessions_.size() + descriptors_besides;
        rlimit limit{};
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
            return;
        }
        limit.rlim_cur = std::min(wanted, limit.rlim_max);
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
            note("this job may open " + std::to_string(limit.rlim_cur) + " files ('ulimit -Hn'), which is fewer than " +
                 std::to_string(sessions_.size()) + " connections of nodes need");
        }
    }

    asio::any_io_executor executor_;
    CoordinateOptions options_;
    ArraySpec spec_;
    record::Attempt attempt_;
    std::int64_t began_ns_ = 0;
    std::int64_t launched_ns_ = 0;
    std::vector<std::unique_ptr<Session>> sessions_;
    Spill spill_;
    asio::signal_set signals_;
    Event* meeting_changed_ = nullptr;
    bool stopped_ = false;
    bool is_launcher_heard_ = false;
};

}  // namespace

bool coordinate(const CoordinateOptions& options)
{
    const ArraySpec spec = read_spec(options);
    asio::io_context context{1};
    Coordinator coordinator{context, options, spec};
    std::exception_ptr trouble;
    asio::co_spawn(context, coordinator.measure(), [&](const std::exception_ptr& error) {
        trouble = error;
        context.stop();
    });
    context.run();
    if (trouble) {
        std::rethrow_exception(trouble);
    }
    const record::Verdict verdict = coordinator.judge();
    const record::Attempt& attempt = coordinator.attempt();
    Publication file{options.records / record::file_name(attempt.task, attempt.restart)};
    record::LineWriter lines{[&file](std::string_view bytes) { file.write(bytes); }};
    coordinator.write(lines);
    file.publish();
    if (!verdict.reason.empty()) {
        log::error(verdict.reason);
    }
    return verdict.complete && verdict.failed == 0;
}

}  // namespace gaggle::worker
