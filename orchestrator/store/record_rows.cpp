#include "orchestrator/store/impl.hpp"
#include "orchestrator/store/json.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gaggle::store {

namespace {

using Gaggles = RecordRows::Gaggles;

constexpr std::int64_t whole = 0;  ///< in the place of a phase's name: from start to exit

/// An offset and its uncertainty as columns; both NULL when it was not measured.
struct ClockColumns {
    explicit ClockColumns(const record::ClockOffset& clock)
        : uncertainty(null_if_zero(clock.uncertainty_ns)),
          offset(uncertainty ? std::optional{clock.offset_ns} : std::nullopt)
    {
    }

    std::optional<std::int64_t> uncertainty;
    std::optional<std::int64_t> offset;
};

/// A damaged record may have any numbers.
std::int64_t wrapping_sum(std::int64_t one, std::int64_t other)
{
    return std::bit_cast<std::int64_t>(static_cast<std::uint64_t>(one) + static_cast<std::uint64_t>(other));
}

void add_process(RecordRows::Processes& all, const record::Interpreter& one)
{
    const bool is_first = all.count++ == 0;
    all.failed += one.outcome != record::InterpreterOutcome::Exited || one.status != 0 ? 1 : 0;
    all.first_start_ns = is_first ? one.start_ns : std::min(all.first_start_ns, one.start_ns);
    all.last_start_ns = is_first ? one.start_ns : std::max(all.last_start_ns, one.start_ns);
    all.last_exit_ns = is_first ? one.exit_ns : std::max(all.last_exit_ns, one.exit_ns);
    all.sum_ns += static_cast<double>(one.exit_ns) - static_cast<double>(one.start_ns);
}

void add_io(RecordRows::Gaggle& gaggle, const record::Io& one)
{
    ++gaggle.ios;
    gaggle.read_calls += one.read_calls;
    gaggle.write_calls += one.write_calls;
    gaggle.read_bytes += one.read_bytes;
    gaggle.storage_read_bytes += one.storage_read_bytes;
}

void insert_probes(Connection& connection, const record::Record& record, const Gaggles& gaggles)
{
    Use update = connection.use(
        "UPDATE gaggle SET clock = ?, clock_resolution_ns = ?, interpreter_version = ? WHERE id = ? AND clock IS NULL");
    for (const record::Probe& one : record.probes) {
        if (const auto gaggle = gaggles.find(one.node); gaggle != gaggles.end()) {
            update
                .bind(null_if_empty(one.clock), null_if_zero(one.resolution_ns), null_if_empty(one.version),
                      gaggle->second.id)
                .run();
        }
    }
}

void insert_steps(Connection& connection, const record::Record& record, Gaggles& gaggles)
{
    Use insert = connection.use(R"(
        INSERT INTO step (gaggle_id, ordinal, name, command, duration_ns, status, error) VALUES (?, ?, ?, ?, ?, ?, ?))");
    for (const record::Step& one : record.steps) {
        const auto gaggle = gaggles.find(one.node);
        if (gaggle != gaggles.end()) {
            insert
                .bind(gaggle->second.id, gaggle->second.steps++, one.name, one.command, one.duration_ns, one.status,
                      null_if_empty(one.error))
                .run();
            if (one.name != "unstage") {
                gaggle->second.steps_ns = wrapping_sum(gaggle->second.steps_ns.value_or(0), one.duration_ns);
            }
        }
    }
}

void insert_caches(Connection& connection, const record::Record& record, const Gaggles& gaggles)
{
    Use insert = connection.use(R"(
        INSERT INTO cache (gaggle_id, asked, method, files, bytes, resident_before, resident_after, verified, reason,
                           not_covered, duration_ns)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING)");
    for (const record::Cache& one : record.caches) {
        const auto gaggle = gaggles.find(one.node);
        if (gaggle != gaggles.end()) {
            insert
                .bind(gaggle->second.id, one.asked, null_if_empty(one.method), one.files, one.bytes,
                      one.resident_before, one.resident_after, one.verified, null_if_empty(one.reason),
                      null_if_empty(one.not_covered), one.duration_ns)
                .run();
        }
    }
}

void insert_controls(Connection& connection, const record::Record& record, const Gaggles& gaggles,
                     std::map<std::string, RecordRows::Processes>& controls)
{
    Use insert = connection.use(R"(
        INSERT INTO control (gaggle_id, name, number, outcome, status, error, start_ns, exit_ns, user_us, system_us,
                             max_rss_kib)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING)");
    for (const record::Control& one : record.controls) {
        const record::Interpreter& process = one.process;
        const auto gaggle = gaggles.find(process.node);
        if (gaggle != gaggles.end() && process.index < record.attempt.interpreters) {
            const int added = insert
                                  .bind(gaggle->second.id, one.name, process.index, process.outcome, process.status,
                                        null_if_empty(process.error), process.start_ns, process.exit_ns,
                                        process.user_us, process.system_us, process.max_rss_kib)
                                  .run();
            if (added == 1) {
                add_process(controls[one.name], process);
            }
        }
    }
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// The id of the row with just these facts, which is made if there is none.
std::int64_t fact_set(Connection& connection, const Pairs& facts)
{
    const std::string text = json(std::map<std::string, std::string>{facts.begin(), facts.end()});
    connection.use("INSERT INTO fact_set (facts) VALUES (?) ON CONFLICT DO NOTHING").bind(text).run();
    Use query = connection.use("SELECT id FROM fact_set WHERE facts = ?");
    return query.bind(text).next() ? query.integer(0) : 0;
}

/// The same of a list of packages.
std::int64_t package_set(Connection& connection, const record::Inspection& inspection)
{
    connection.use("INSERT INTO package_set (sha256, packages) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(inspection.packages_sha256, json(inspection.packages))
        .run();
    Use query = connection.use("SELECT id FROM package_set WHERE sha256 = ?");
    return query.bind(inspection.packages_sha256).next() ? query.integer(0) : 0;
}

void insert_facts(Connection& connection, const record::Record& record, const Gaggles& gaggles)
{
    std::map<Pairs, std::int64_t> ids;  // most nodes are alike
    for (const record::Facts& one : record.facts) {
        const auto gaggle = gaggles.find(one.node);
        if (gaggle == gaggles.end()) {
            continue;
        }
        const auto [known, fresh] = ids.try_emplace(one.facts, 0);
        if (fresh) {
            known->second = fact_set(connection, one.facts);
        }
        connection
            .use(one.subject == record::Subject::node ? "UPDATE gaggle SET node_facts_id = ? WHERE id = ?"
                                                      : "UPDATE gaggle SET path_facts_id = ? WHERE id = ?")
            .bind(known->second, gaggle->second.id)
            .run();
    }
}

void insert_counters(Connection& connection, const record::Record& record, const Gaggles& gaggles)
{
    Use update = connection.use("UPDATE gaggle SET counters_left_out = ? WHERE id = ?");
    for (const record::Counters& one : record.counters) {
        if (const auto gaggle = gaggles.find(one.node); gaggle != gaggles.end()) {
            update.bind(one.left_out, gaggle->second.id).run();
        }
    }
    Use insert = connection.use(R"(
        INSERT INTO counter (gaggle_id, source, name, value) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING)");
    for (const record::Counter& one : record.counter_changes) {
        if (const auto gaggle = gaggles.find(one.node); gaggle != gaggles.end()) {
            insert.bind(gaggle->second.id, one.source, one.name, one.value).run();
        }
    }
}

/// A number of a trace: NULL if nothing was traced.
template <class Number>
std::optional<std::int64_t> traced(const record::Trace& trace, Number number)
{
    return trace.calls.empty() ? std::nullopt : std::optional{static_cast<std::int64_t>(number)};
}

void insert_calls(Connection& connection, std::int64_t gaggle, const record::Trace& trace)
{
    Use call = connection.use(R"(
        INSERT INTO traced_call (gaggle_id, kind, count, failed, enoent, bytes) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING)");
    for (const record::CallCount& one : trace.calls) {
        call.bind(gaggle, one.kind, one.count, one.failed, one.enoent, one.bytes).run();
    }
    Use directory = connection.use(R"(
        INSERT INTO traced_directory (gaggle_id, directory, lookups, enoent) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING)");
    for (const record::DirectoryLookups& one : trace.directories) {
        directory.bind(gaggle, one.directory, one.lookups, one.enoent).run();
    }
}

void insert_traces(Connection& connection, const record::Record& record, const Gaggles& gaggles)
{
    Use insert = connection.use(R"(
        INSERT INTO trace (gaggle_id, files_opened, paths_looked_up, threads, wall_ns, status, error, trouble)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING)");
    for (const record::Trace& one : record.traces) {
        const auto gaggle = gaggles.find(one.node);
        if (gaggle == gaggles.end()) {
            continue;
        }
        const int added = insert
                              .bind(gaggle->second.id, traced(one, one.files_opened), traced(one, one.paths_looked_up),
                                    traced(one, one.threads), traced(one, one.wall_ns), traced(one, one.status),
                                    null_if_empty(one.error), null_if_empty(one.trouble))
                              .run();
        if (added == 1) {
            insert_calls(connection, gaggle->second.id, one);
        }
    }
}

/// Of a node whose trace has its row.
void insert_import_times(Connection& connection, const record::Record& record, const Gaggles& gaggles)
{
    Use update = connection.use("UPDATE trace SET import_trouble = ? WHERE gaggle_id = ?");
    Use insert = connection.use(R"(
        INSERT INTO import_time (gaggle_id, ordinal, module, depth, self_us, cumulative_us) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING)");
    for (const record::ImportTimes& one : record.import_times) {
        const auto gaggle = gaggles.find(one.node);
        if (gaggle == gaggles.end() || update.bind(null_if_empty(one.trouble), gaggle->second.id).run() == 0) {
            continue;
        }
        for (std::size_t i = 0; i < one.modules.size(); ++i) {
            const record::ImportTime& module = one.modules[i];
            insert.bind(gaggle->second.id, i, module.module, module.depth, module.self_us, module.cumulative_us).run();
        }
    }
}

void insert_inspections(Connection& connection, const record::Record& record, const Gaggles& gaggles)
{
    Use insert = connection.use(R"(
        INSERT INTO inspection (gaggle_id, version, fact_set_id, package_set_id, trouble) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING)");
    for (const record::Inspection& one : record.inspections) {
        if (const auto gaggle = gaggles.find(one.node); gaggle != gaggles.end()) {
            const std::optional<std::int64_t> packages =
                one.packages_sha256.empty() ? std::nullopt : std::optional{package_set(connection, one)};
            insert
                .bind(gaggle->second.id, null_if_empty(one.version), fact_set(connection, one.facts), packages,
                      null_if_empty(one.trouble))
                .run();
        }
    }
}

}  // namespace

RecordRows::RecordRows(Connection& connection, AttemptId attempt) : connection_(connection), attempt_(attempt)
{
    connection_.use("DELETE FROM gaggle WHERE attempt_id = ?").bind(attempt_.value).run();  // cascades
    for (const char* sql :
         {"DELETE FROM durations WHERE attempt_id = ?", "DELETE FROM control_summary WHERE attempt_id = ?",
          "DELETE FROM counter_summary WHERE attempt_id = ?", "DELETE FROM attempt_summary WHERE attempt_id = ?",
          "DELETE FROM step_summary WHERE attempt_id = ?", "DELETE FROM cache_summary WHERE attempt_id = ?",
          "DELETE FROM fact_summary WHERE attempt_id = ?"}) {
        connection_.use(sql).bind(attempt_.value).run();
    }
}

void RecordRows::add(const record::Record& part)
{
    insert_gaggles(part);
    insert_steps(connection_, part, gaggles_);
    insert_caches(connection_, part, gaggles_);
    insert_probes(connection_, part, gaggles_);
    insert_interpreters(part);
    insert_phases(part);
    insert_controls(connection_, part, gaggles_, controls_);
    insert_facts(connection_, part, gaggles_);
    insert_counters(connection_, part, gaggles_);
    insert_traces(connection_, part, gaggles_);
    insert_import_times(connection_, part, gaggles_);
    insert_inspections(connection_, part, gaggles_);
}

void RecordRows::insert_gaggles(const record::Record& part)
{
    Use insert = connection_.use(R"(
        INSERT INTO gaggle (attempt_id, node, name, outcome, reason, arrived_ns, clock_before_offset_ns,
                            clock_before_uncertainty_ns, clock_after_offset_ns, clock_after_uncertainty_ns, mount_ns,
                            fork_ns, cpus, mounted_by)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING)");
    for (const record::Gaggle& one : part.gaggles) {
        if (one.node >= part.attempt.nodes) {
            continue;
        }
        const ClockColumns before{one.clock_before};
        const ClockColumns after{one.clock_after};
        const int added = insert
                              .bind(attempt_.value, one.node, one.name, one.outcome, null_if_empty(one.reason),
                                    null_if_zero(one.arrived_ns), before.offset, before.uncertainty, after.offset,
                                    after.uncertainty, null_if_zero(one.mount_ns), null_if_zero(one.fork_ns),
                                    null_if_zero(one.cpus), null_if_empty(one.mounted_by))
                              .run();
        if (added == 1) {
            Gaggle& gaggle = gaggles_[one.node];
            gaggle.id = connection_.database().getLastInsertRowid();
            gaggle.next_phase.assign(part.attempt.interpreters, -1);
            gaggle.steps_ns = null_if_zero(one.mount_ns);
        }
    }
}

void RecordRows::insert_interpreters(const record::Record& part)
{
    Use insert = connection_.use(R"(
        INSERT INTO interpreter (gaggle_id, number, outcome, status, error, start_ns, exit_ns, user_us, system_us,
                                 minor_faults, major_faults, max_rss_kib, blocks_in, blocks_out, voluntary_switches,
                                 involuntary_switches, read_bytes, write_bytes, read_calls, write_calls,
                                 storage_read_bytes, storage_write_bytes, cancelled_write_bytes)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))");
    std::map<std::pair<unsigned, unsigned>, const record::Io*> ios;  // by node and index
    for (const record::Io& one : part.ios) {
        ios.emplace(std::pair{one.node, one.interpreter}, &one);
    }
    for (const record::Interpreter& one : part.interpreters) {
        const auto gaggle = gaggles_.find(one.node);
        if (gaggle == gaggles_.end() || one.index >= part.attempt.interpreters ||
            gaggle->second.next_phase[one.index] != -1) {
            continue;
        }
        const auto found = ios.find({one.node, one.index});
        const auto io = [&](std::int64_t record::Io::*field) {
            return found == ios.end() ? std::nullopt : std::optional{found->second->*field};
        };
        insert
            .bind(gaggle->second.id, one.index, one.outcome, one.status, null_if_empty(one.error), one.start_ns,
                  one.exit_ns, one.user_us, one.system_us, one.minor_faults, one.major_faults, one.max_rss_kib,
                  one.blocks_in, one.blocks_out, one.voluntary_switches, one.involuntary_switches,
                  io(&record::Io::read_bytes), io(&record::Io::write_bytes), io(&record::Io::read_calls),
                  io(&record::Io::write_calls), io(&record::Io::storage_read_bytes),
                  io(&record::Io::storage_write_bytes), io(&record::Io::cancelled_write_bytes))
            .run();
        gaggle->second.next_phase[one.index] = 0;
        add_process(gaggle->second.interpreters, one);
        if (found != ios.end()) {
            add_io(gaggle->second, *found->second);
        }
        add_duration(whole, 0, one.start_ns, one.exit_ns);
    }
}

std::int64_t RecordRows::phase_name(const std::string& name)
{
    const auto [known, fresh] = phase_names_.try_emplace(name, 0);
    if (fresh) {
        connection_.use("INSERT INTO phase_name (name) VALUES (?) ON CONFLICT DO NOTHING").bind(name).run();
        Use query = connection_.use("SELECT id FROM phase_name WHERE name = ?");
        known->second = query.bind(name).next() ? query.integer(0) : 0;
    }
    return known->second;
}

void RecordRows::insert_phases(const record::Record& part)
{
    Use insert = connection_.use(R"(
        INSERT INTO phase (gaggle_id, interpreter, ordinal, name_id, begin_ns, end_ns) VALUES (?, ?, ?, ?, ?, ?))");
    for (const record::Phase& one : part.phases) {
        const auto gaggle = gaggles_.find(one.node);
        if (gaggle == gaggles_.end() || one.interpreter >= part.attempt.interpreters) {
            continue;
        }
        std::int32_t& next = gaggle->second.next_phase[one.interpreter];
        if (next == -1) {
            continue;
        }
        const std::int64_t name = phase_name(one.name);
        insert.bind(gaggle->second.id, one.interpreter, next, name, one.begin_ns, one.end_ns).run();
        add_duration(name, next, one.begin_ns, one.end_ns);
        ++next;
    }
}

}  // namespace gaggle::store
