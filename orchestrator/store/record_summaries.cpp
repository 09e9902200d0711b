#include "orchestrator/store/durations.hpp"
#include "orchestrator/store/impl.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <optional>
#include <utility>

namespace gaggle::store {

namespace {

constexpr std::size_t durations_per_piece = 8192;

/// What an attempt's nodes say together, from their rows. A damaged record may have any numbers, and a sum of integers may
/// not overflow: by way of total() and CAST.
constexpr std::array of_nodes{
    R"(
        INSERT INTO counter_summary (attempt_id, source, name, sum)
        SELECT gaggle.attempt_id, counter.source, counter.name, CAST(total(counter.value) AS INTEGER)
        FROM gaggle
        JOIN counter ON counter.gaggle_id = gaggle.id
        WHERE gaggle.attempt_id = ?
        GROUP BY counter.source, counter.name)",
    R"(
        INSERT INTO attempt_summary
        SELECT attempt_id,
               coalesce(sum(results), 0),
               coalesce(sum(failed), 0),
               min(first_start_ns),
               max(last_start_ns),
               max(last_exit_ns),
               max(steps_ns),
               CAST(max(coalesce(staged_ns + mount_ns, staged_ns, mount_ns)) AS INTEGER),
               max(max(coalesce(clock_before_uncertainty_ns, 0), coalesce(clock_after_uncertainty_ns, 0)))
                   FILTER (WHERE clock_before_uncertainty_ns IS NOT NULL),
               CAST(max(max(clock_after_offset_ns - clock_before_offset_ns,
                            clock_before_offset_ns - clock_after_offset_ns)) AS INTEGER),
               coalesce(sum(ios), 0),
               CAST(total(read_calls) AS INTEGER),
               CAST(total(write_calls) AS INTEGER),
               CAST(total(read_bytes) AS INTEGER),
               CAST(total(storage_read_bytes) AS INTEGER)
        FROM (
            SELECT *, (
                       SELECT CASE WHEN count(*) > 0 THEN total(duration_ns) END
                       FROM step
                       WHERE gaggle_id = gaggle.id AND name <> 'setup'
                   ) AS staged_ns
            FROM gaggle
            WHERE attempt_id = ?
        )
        GROUP BY attempt_id)",
    R"(
        INSERT INTO step_summary
        SELECT attempt_id, row_number() OVER (ORDER BY name, command), name, command,
               count(*), count(nullif(status, 0)), max(duration_ns), pack(duration_ns)
        FROM (
            SELECT gaggle.attempt_id, step.name, step.command, step.status, step.duration_ns
            FROM gaggle
            JOIN step ON step.gaggle_id = gaggle.id
            UNION ALL
            SELECT attempt_id, 'mount', mounted_by, 0, mount_ns
            FROM gaggle
            WHERE mount_ns IS NOT NULL
        )
        WHERE attempt_id = ?
        GROUP BY attempt_id, name, command)",
    R"(
        INSERT INTO cache_summary
        SELECT gaggle.attempt_id, row_number() OVER (ORDER BY cache.asked, cache.method),
               cache.asked, cache.method, count(*), sum(cache.verified),
               pack(CAST(round(cache.resident_after * 1e9 / cache.bytes) AS INTEGER)) FILTER (WHERE cache.bytes > 0),
               min(cache.reason), min(cache.not_covered)
        FROM gaggle
        JOIN cache ON cache.gaggle_id = gaggle.id
        WHERE gaggle.attempt_id = ?
        GROUP BY gaggle.attempt_id, cache.asked, cache.method)",
    R"(
        INSERT INTO fact_summary
        SELECT attempt_id, subject, fact_set_id, json_group_array(name)
        FROM (
            SELECT attempt_id, node, name, 'node' AS subject, node_facts_id AS fact_set_id
            FROM gaggle
            UNION ALL
            SELECT attempt_id, node, name, 'paths', path_facts_id
            FROM gaggle
            UNION ALL
            SELECT gaggle.attempt_id, gaggle.node, gaggle.name, 'environment', inspection.fact_set_id
            FROM gaggle
            JOIN inspection ON inspection.gaggle_id = gaggle.id
            ORDER BY attempt_id, node
        )
        WHERE attempt_id = ?
            AND fact_set_id IS NOT NULL
        GROUP BY attempt_id, subject, fact_set_id)",
};

void write_summary(Connection& connection, const RecordRows::Gaggle& gaggle)
{
    const RecordRows::Processes& all = gaggle.interpreters;
    const auto known = [&all](std::int64_t number) { return all.count > 0 ? std::optional{number} : std::nullopt; };
    connection
        .use(R"(
        UPDATE gaggle SET steps_ns = ?, results = ?, failed = ?, first_start_ns = ?, last_start_ns = ?, last_exit_ns = ?,
                          ios = ?, read_calls = ?, write_calls = ?, read_bytes = ?, storage_read_bytes = ?
        WHERE id = ?)")
        .bind(gaggle.steps_ns, known(all.count), known(all.failed), known(all.first_start_ns), known(all.last_start_ns),
              known(all.last_exit_ns), known(gaggle.ios), known(gaggle.read_calls), known(gaggle.write_calls),
              known(gaggle.read_bytes), known(gaggle.storage_read_bytes), gaggle.id)
        .run();
}

/// What made the attempt, as facts.
void keep_maker(Connection& connection, AttemptId attempt)
{
    Use facts = connection.use(R"(
        INSERT INTO fact_set (facts)
        SELECT json_object('experiment_sha256', experiment.file_sha256,
                           'template_sha256', experiment.template_sha256,
                           'worker_sha256', experiment.worker_sha256,
                           'worker_version', attempt.worker_version,
                           'gaggle_version', experiment.gaggle_version)
        FROM attempt
        JOIN array ON array.id = attempt.array_id
        JOIN experiment ON experiment.id = array.experiment_id
        WHERE attempt.id = ?
        ON CONFLICT DO UPDATE SET facts = facts  -- or it would return nothing
        RETURNING id)");
    if (facts.bind(attempt.value).next()) {
        connection.use("INSERT INTO fact_summary SELECT id, 'attempt', ?, json_array(host) FROM attempt WHERE id = ?")
            .bind(facts.integer(0), attempt.value)
            .run();
    }
}

}  // namespace

void RecordRows::add_duration(std::int64_t name, std::int64_t ordinal, std::int64_t begin_ns, std::int64_t end_ns)
{
    Durations& durations = durations_[name];
    durations.ordinal = durations.waiting_ns.empty() ? ordinal : std::min(durations.ordinal, ordinal);
    // Unsigned: a damaged record may have any numbers.
    durations.waiting_ns.push_back(
        std::bit_cast<std::int64_t>(static_cast<std::uint64_t>(end_ns) - static_cast<std::uint64_t>(begin_ns)));
    if (durations.waiting_ns.size() == durations_per_piece) {
        write_piece(name, durations);
    }
}

void RecordRows::write_piece(std::int64_t name, Durations& durations)
{
    const std::size_t count = durations.waiting_ns.size();
    const double sum = std::accumulate(durations.waiting_ns.begin(), durations.waiting_ns.end(), 0.0);
    const auto [least, most] = std::ranges::minmax(durations.waiting_ns);
    connection_
        .use(R"(
        INSERT INTO durations (attempt_id, name_id, piece, ordinal, count, sum_ns, min_ns, max_ns, packed)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?))")
        .bind(attempt_.value, name, durations.pieces++, durations.ordinal, count, sum, least, most,
              Bytes{pack(std::exchange(durations.waiting_ns, {}))})
        .run();
}

void RecordRows::finish()
{
    for (auto& [name, one] : durations_) {
        if (!one.waiting_ns.empty()) {
            write_piece(name, one);
        }
    }
    connection_
        .use(R"(
        UPDATE attempt
        SET median_duration_ns = (
            SELECT packed_quantile(packed, 0.5) FROM durations WHERE attempt_id = attempt.id AND name_id = 0)
        WHERE id = ?)")
        .bind(attempt_.value)
        .run();
    for (const auto& [node, one] : gaggles_) {
        write_summary(connection_, one);
    }
    for (const auto& [name, one] : controls_) {
        connection_
            .use(R"(
            INSERT INTO control_summary (attempt_id, name, processes, failed, first_start_ns, last_exit_ns, sum_ns)
            VALUES (?, ?, ?, ?, ?, ?, ?))")
            .bind(attempt_.value, name, one.count, one.failed, one.first_start_ns, one.last_exit_ns, one.sum_ns)
            .run();
    }
    for (const char* sql : of_nodes) {
        connection_.use(sql).bind(attempt_.value).run();
    }
    keep_maker(connection_, attempt_);
}

}  // namespace gaggle::store
