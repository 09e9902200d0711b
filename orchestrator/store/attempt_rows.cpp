#include "orchestrator/store/impl.hpp"

namespace gaggle::store {

namespace {

void update_slurm(Connection& connection, AttemptId attempt, const SlurmWord& slurm)
{
    connection
        .use(R"(
        UPDATE attempt SET slurm_state = ?, slurm_reason = ?, slurm_exit_code = ?, slurm_signal = ?,
                           slurm_restarts = ?, slurm_nodes = ?, slurm_start_unix_s = ?, slurm_end_unix_s = ?
        WHERE id = ?)")
        .bind(slurm.state, null_if_empty(slurm.reason), slurm.exit_code, slurm.signal, slurm.restarts,
              null_if_empty(slurm.nodes), null_if_zero(slurm.start_unix), null_if_zero(slurm.end_unix), attempt.value)
        .run();
}

void check_ours(Connection& connection, AttemptId attempt, const record::Attempt& record,
                const std::string& record_file)
{
    Use planned = connection.use(R"(
        SELECT array.token, attempt.task, attempt.repetition, cell.nodes, cell.interpreters
        FROM attempt
        JOIN array ON array.id = attempt.array_id
        JOIN cell ON cell.id = attempt.cell_id
        WHERE attempt.id = ?)");
    const bool ours = planned.bind(attempt.value).next() && record.token == planned.text(0) &&
                      record.task == planned.small(1) && record.repetition == planned.small(2) &&
                      record.nodes == planned.small(3) && record.interpreters == planned.small(4);
    if (!ours) {
        throw Error{ExitCode::Store,
                    fmt::format("record file {} is not of attempt {}: token {}, task {}, repetition {}, {} nodes × {}; "
                                "expected token {}, task {}, repetition {}, {} nodes × {}",
                                record_file, attempt.value, record.token, record.task, record.repetition, record.nodes,
                                record.interpreters, planned.text(0), planned.small(1), planned.small(2),
                                planned.small(3), planned.small(4))};
    }
}

void update_record(Connection& connection, AttemptId attempt, const std::string& record_file,
                   const record::Reading& reading)
{
    const record::Attempt& record = reading.record->attempt;
    connection
        .use(R"(
        UPDATE attempt SET record_file = ?, record_closed = ?, record_restart = ?, record_array_job_id = ?,
                           record_job_id = ?, host = ?, worker_version = ?, began_unix_ns = ?, ended_unix_ns = ?,
                           met_ns = ?, prepared_ns = ?, release_ns = ?, gathered_ns = ?, note = ?
        WHERE id = ?)")
        .bind(record_file, reading.closed, record.restart, null_if_zero(record.array_job_id),
              null_if_zero(record.job_id), null_if_empty(record.host), null_if_empty(record.worker_version),
              null_if_zero(record.began_unix_ns), null_if_zero(record.ended_unix_ns), null_if_zero(record.met_ns),
              null_if_zero(record.prepared_ns), null_if_zero(record.release_ns), null_if_zero(record.gathered_ns),
              null_if_empty(record.note), attempt.value)
        .run();
}

}  // namespace

AttemptState Store::Impl::state_of(AttemptId attempt, const std::string& name) const
{
    AttemptState state{};
    if (!from_string(name, state)) {
        throw Error{ExitCode::Store, fmt::format("{}: attempt {} has the unknown state '{}'", database_file().string(),
                                                 attempt.value, name)};
    }
    return state;
}

std::vector<AttemptRow> Store::attempts(ArrayId array) const
{
    return impl_->guarded("read", [&] {
        Use query = impl_->use(R"(
            SELECT attempt.id, attempt.task, attempt.repetition, attempt.state, attempt.reason, attempt.record_file,
                   attempt.record_closed,
                   EXISTS (
                       SELECT 1
                       FROM attempt AS later
                       WHERE later.cell_id = attempt.cell_id
                           AND later.repetition = attempt.repetition
                           AND later.id > attempt.id),
                   attempt.forgotten_unix_ns,
                   cell.position + 1, cell.nodes, cell.interpreters, environment.name, cell.role
            FROM attempt
            JOIN cell ON cell.id = attempt.cell_id
            JOIN environment ON environment.id = cell.environment_id
            WHERE attempt.array_id = ?
            ORDER BY attempt.task)");
        std::vector<AttemptRow> rows;
        for (query.bind(array.value); query.next();) {
            AttemptRow& row = rows.emplace_back();
            row.id.value = query.integer(0);
            row.array = array;
            row.cell = cell_in(query, 9);
            row.task = query.small(1);
            row.repetition = query.small(2);
            row.state = impl_->state_of(row.id, query.text(3));
            row.reason = query.text(4);
            row.record_file = query.text(5);
            row.record_closed = query.integer(6) != 0;
            row.superseded = query.integer(7) != 0;
            if (!query.null(8)) {
                row.forgotten_unix_ns = query.integer(8);
            }
        }
        return rows;
    });
}

void Store::mark_forgotten(AttemptId attempt, std::int64_t unix_ns)
{
    impl_->write([&] {
        impl_->use("UPDATE attempt SET forgotten_unix_ns = ? WHERE id = ?").bind(unix_ns, attempt.value).run();
    });
}

void Store::update_attempt(AttemptId attempt, const Judgement& judgement, const std::optional<SlurmWord>& slurm,
                           const std::string& record_file, const record::Reading* reading, const HandOut& rows)
{
    impl_->write([&] {
        Connection& connection = *impl_->connection;
        const int changed = connection.use("UPDATE attempt SET state = ?, reason = ? WHERE id = ?")
                                .bind(judgement.state, null_if_empty(judgement.reason), attempt.value)
                                .run();
        if (changed != 1) {
            throw Error{ExitCode::Store, fmt::format("attempt {} is not in the store", attempt.value)};
        }
        if (slurm) {
            update_slurm(connection, attempt, *slurm);
        }
        if (reading != nullptr && reading->record) {
            check_ours(connection, attempt, reading->record->attempt, record_file);
            update_record(connection, attempt, record_file, *reading);
            RecordRows stored{connection, attempt};
            stored.add(*reading->record);
            if (rows) {
                rows([&](const record::Record& part) { stored.add(part); });
            }
            stored.finish();
        }
    });
}

}  // namespace gaggle::store
