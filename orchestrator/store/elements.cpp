#include "orchestrator/store/impl.hpp"

#include <charconv>

namespace gaggle::store {

std::optional<ExperimentRow> Store::find(ExperimentId experiment) const
{
    return impl_->guarded("read", [&]() -> std::optional<ExperimentRow> {
        Use query = impl_->use(R"(
            SELECT name, launcher, blocks, file_sha256, template_sha256, worker_sha256, worker_file,
                   original_file, folder
            FROM experiment WHERE id = ?)");
        if (!query.bind(experiment.value).next()) {
            return std::nullopt;
        }
        const std::filesystem::path folder = impl_->directory / query.text(8);
        ExperimentRow row{.id = experiment,
                          .name = query.text(0),
                          .launcher = record::Launcher::slurm,
                          .blocks = query.small(2),
                          .file_sha256 = query.text(3),
                          .template_sha256 = query.text(4),
                          .worker_sha256 = query.text(5),
                          .kept_worker = impl_->directory / query.text(6),
                          .original_file = query.text(7),
                          .kept_file = folder / "experiment.toml",
                          .kept_template = folder / "template.sbatch"};
        if (!from_string(query.text(1), row.launcher)) {
            throw Error{ExitCode::Store, fmt::format("{}: experiment {} has the unknown launcher '{}'",
                                                     impl_->database_file().string(), experiment.value, query.text(1))};
        }
        return row;
    });
}

std::vector<ElementRow> Store::elements(ExperimentId experiment) const
{
    return impl_->guarded("read", [&] {
        Use query = impl_->use(R"(
            SELECT attempt.id, array.id, cell.position + 1, cell.nodes, cell.interpreters, environment.name,
                   array.block, attempt.task, attempt.repetition, array.slurm_job_id, attempt.state,
                   attempt.id < max(attempt.id) OVER (PARTITION BY attempt.cell_id, attempt.repetition), cell.role,
                   attempt.reason, attempt.slurm_nodes,
                   coalesce(attempt.slurm_start_unix_s, attempt.began_unix_ns / 1000000000),
                   coalesce(attempt.slurm_end_unix_s, attempt.ended_unix_ns / 1000000000)
            FROM array
            JOIN attempt ON attempt.array_id = array.id
            JOIN cell ON cell.id = attempt.cell_id
            JOIN environment ON environment.id = cell.environment_id
            WHERE array.experiment_id = ?
            ORDER BY array.position, attempt.task)");
        std::vector<ElementRow> rows;
        for (query.bind(experiment.value); query.next();) {
            ElementRow& row = rows.emplace_back();
            row.attempt.value = query.integer(0);
            row.array.value = query.integer(1);
            row.cell = query.small(2);
            row.nodes = query.small(3);
            row.interpreters = query.small(4);
            row.environment = query.text(5);
            row.block = query.small(6);
            row.task = query.small(7);
            row.repetition = query.small(8);
            if (!query.null(9)) {
                row.job_id = static_cast<std::uint64_t>(query.integer(9));
            }
            row.state = impl_->state_of(row.attempt, query.text(10));
            row.superseded = query.integer(11) != 0;
            row.role = role_in(query.text(12));
            row.reason = query.text(13);
            row.slurm_nodes = query.text(14);
            if (!query.null(15)) {
                row.start_unix_s = query.integer(15);
            }
            if (!query.null(16)) {
                row.end_unix_s = query.integer(16);
            }
        }
        return rows;
    });
}

std::set<AttemptId> Store::latest_where(const std::string& condition) const
{
    // The condition is the user's, like a whole statement of `gaggle sql`, and query() lets nothing but reading pass.
    const Table found = query("SELECT attempt_id FROM all_latest WHERE (\n" + condition + "\n)");
    std::set<AttemptId> attempts;
    for (const auto& row : found.rows) {
        const std::string text = row.front().value_or("");
        AttemptId id;
        std::from_chars(text.data(), text.data() + text.size(), id.value);
        attempts.insert(id);
    }
    return attempts;
}

std::set<std::string> Store::failed_nodes(const std::vector<AttemptId>& attempts) const
{
    return impl_->guarded("read", [&] {
        std::set<std::string> nodes;
        Use recorded = impl_->use("SELECT name FROM gaggle WHERE attempt_id = ? AND outcome <> 'Completed'");
        // A list of several does not say which of them failed.
        Use lost = impl_->use(R"(
            SELECT slurm_nodes FROM attempt
            WHERE id = ? AND slurm_state LIKE 'NODE_FAIL%'
                AND slurm_nodes NOT LIKE '%[%' AND slurm_nodes NOT LIKE '%,%')");
        for (const AttemptId attempt : attempts) {
            for (Use* query : {&recorded, &lost}) {
                for (query->bind(attempt.value); query->next();) {
                    nodes.insert(query->text(0));
                }
            }
        }
        return nodes;
    });
}

}  // namespace gaggle::store
