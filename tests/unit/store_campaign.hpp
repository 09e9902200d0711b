#pragma once

#include "core/random.hpp"
#include "tests/unit/store_fixture.hpp"

#include <set>

namespace gaggle::tests {

/// A store in which every table has rows, and every canned query has something to say.
///
/// Experiment 1, "small": six repetitions on 1, 2 and 4 nodes in six blocks: times from a seed, "tree" about three times
/// those of "image", all slowly growing. One repetition of tree was never run, one of image took ten times as long as it
/// should, and so did the first of copy on one node. "copy" and "tree" are staged; what that saves of copy is nothing to
/// speak of on one node, and half of image's time on more. In one repetition of tree an interpreter failed, and it was
/// made again; in one of copy a node never arrived. Experiment 2, "roles": with sentinels, a trace and a control, its
/// cells beside each other. Experiment 3: imported.
struct Campaign {
    TemporaryDirectory scratch;
    store::Store store = create(scratch.path() / "store");

    Campaign()
    {
        measure_small();
        measure_roles();
        store.add_imported({.name = "published",
                            .overall = {{"conda", 4, 2, 1, 9'500'000'000},
                                        {"conda", 4, 2, 2, 7'250'000'000},
                                        {"image", 4, 2, 3, 1'125'000'000}},
                            .individual = {{"conda", 4, 2, 1, 7'000'000'000},
                                           {"conda", 4, 2, 2, 6'000'000'000},
                                           {"conda", 4, 2, 3, 50'000'000'000},
                                           {"image", 4, 2, 4, 1'000'000'000}},
                            .original_files = "overall.bcp individual.bcp",
                            .kept = {{"overall.bcp", "as it was"}},
                            .sha256 = std::string(64, 'p')},
                           "0.1");
    }

private:
    Generator generator_{11};
    std::int64_t began_ = 1'000;

    void measure_small()
    {
        plan::Plan plan = small_plan();
        plan.experiment.nodes = {1, 2, 4};
        plan.experiment.repetitions = 6;
        plan.experiment.blocks = 6;
        plan.experiment.environments.push_back(plan.experiment.environments.front());
        plan.experiment.environments.back().name = "copy";
        plan = plan::make_plan(plan.experiment);
        const store::ExperimentId id = add(store, plan);
        for (const store::ArrayRow& array : store.arrays(id)) {
            store.mark_submitted(array.id, 100 + array.position, "sbatch");
            for (const auto& attempt : store.attempts(array.id)) {
                if (attempt.cell.environment == "tree" && attempt.cell.nodes == 2 && attempt.repetition == 3) {
                    continue;
                }
                record::Record record = made_record(array, attempt, pace_of(array, attempt), began_);
                surround(record, attempt.cell);
                break_some(record, attempt.cell);
                take(array, attempt, record);
                if (attempt.cell.environment == "tree" && attempt.cell.nodes == 4 && attempt.repetition == 5) {
                    measure_again(id, attempt);
                }
            }
        }
    }

    int pace_of(const store::ArrayRow& array, const store::AttemptRow& attempt)
    {
        const bool is_tree = attempt.cell.environment == "tree";
        int pace = (is_tree ? 3 : 1) * static_cast<int>(100 + draw(generator_, 40) + array.position);
        pace *= attempt.cell.environment == "image" && attempt.cell.nodes == 4 && attempt.repetition == 2 ? 10 : 1;
        pace *= attempt.cell.environment == "copy" && attempt.cell.nodes == 1 && array.block == 0 ? 10 : 1;
        return pace / (attempt.cell.environment == "copy" && attempt.cell.nodes > 1 ? 2 : 1);
    }

    void measure_again(store::ExperimentId id, const store::AttemptRow& failed)
    {
        const store::ArrayRow array =
            store.add_arrays(id, {{failed.array, {failed.task}, {}}}, plan::template_text({})).at(0);
        store.mark_submitted(array.id, 100 + array.position, "sbatch");
        const store::AttemptRow attempt = store.attempts(array.id).at(0);
        record::Record record = made_record(array, attempt, 450, began_);
        surround(record, attempt.cell);
        take(array, attempt, record);
    }

    void measure_roles()
    {
        experiment::Experiment experiment = small_plan("roles").experiment;
        experiment.repetitions = 4;
        experiment.blocks = 4;
        experiment.sentinel = 3;
        experiment.trace = true;
        experiment.concurrent = true;
        int sentinels = 0;
        for (const store::ArrayRow& array : store.arrays(add(store, plan::make_plan(experiment)))) {
            store.mark_submitted(array.id, 900 + array.position, "sbatch");
            for (const store::AttemptRow& attempt : store.attempts(array.id)) {
                record::Record record =
                    made_record(array, attempt, attempt.cell.role == Role::sentinel ? 10 + sentinels++ : 20, began_);
                began_ -= 12;  // two seconds of the one before are not over yet
                if (attempt.cell.role == Role::trace) {
                    trace(record, attempt.cell.environment == "tree" ? 3 : 1);
                }
                take(array, attempt, record);
            }
        }
    }

    /// All that a worker says beside its interpreters.
    void surround(record::Record& record, const store::CellRow& cell)
    {
        for (unsigned node = 0; node < cell.nodes; ++node) {
            if (cell.environment != "image") {
                stage(record, node);
                take_cache(record, node, cell.environment == "tree");
            }
            record.probes.push_back({node, "CLOCK_MONOTONIC", 1, "3.11.2"});
            record.facts.push_back({node, record::Subject::node, {{"kernel", node < 3 ? "6.1" : "6.2"}, {"os", ""}}});
            record.facts.push_back({node, record::Subject::paths, {{"interpreter", "/" + cell.environment}}});
            const bool is_left_out = node == 1 && draw(generator_, 3) == 0;
            record.counters.push_back({node, is_left_out ? "nfs /b: no longer there" : ""});
            if (draw(generator_, 4) > 0) {
                record.counter_changes.push_back({node, "nfs /a", "GETATTR operations", some(50)});
                record.counter_changes.push_back({node, "nfs /a", "GETATTR bytes sent", some(5'000)});
            }
            record.counter_changes.push_back({node, "nfs /b", "LOOKUP operations", some(9)});
            for (unsigned index = 0; index < cell.interpreters; ++index) {
                record.ios.push_back({.node = node,
                                      .interpreter = index,
                                      .read_bytes = some(9'000),
                                      .read_calls = some(90),
                                      .storage_read_bytes = some(400)});
                control(record, node, index);
            }
        }
        const bool is_later = record.attempt.repetition > 3;
        record.inspections.push_back({.node = 0,
                                      .version = "3.11.2",
                                      .facts = {{"prefix", "/usr"}},
                                      .packages_sha256 = std::string(64, is_later ? 'c' : 'a'),
                                      .packages = {"a==1", is_later ? "b==3" : "b==2"},
                                      .trouble = ""});
        if (cell.environment == "copy" && cell.nodes == 4) {
            record.inspections.back() = {};
            record.inspections.back().trouble = "it did not end in time";
        }
    }

    std::int64_t some(std::size_t most) { return 1 + static_cast<std::int64_t>(draw(generator_, most)); }

    /// Set-up, staging in two steps, unstaging: ten minutes, more or less.
    void stage(record::Record& record, unsigned node)
    {
        for (const std::string name : {"setup", "stage", "stage", "unstage"}) {
            const auto seconds = static_cast<std::int64_t>(150 + draw(generator_, 100));
            record.steps.push_back({node, name, "true", seconds * 1'000'000'000, 0, ""});
        }
        if (draw(generator_, 5) == 0) {
            record.steps.back().status = 1;
            record.steps.back().error = "not empty";
        }
    }

    void take_cache(record::Record& record, unsigned node, bool is_verified)
    {
        record.caches.push_back({.node = node,
                                 .asked = CacheState::cold,
                                 .method = "posix_fadvise(DONTNEED)",
                                 .files = 10,
                                 .bytes = 1'000,
                                 .resident_before = 1'000,
                                 .resident_after = static_cast<std::uint64_t>(is_verified ? 0 : some(500)),
                                 .verified = is_verified,
                                 .reason = is_verified ? "" : "some stayed",
                                 .not_covered = node == 0 ? "the server's" : "",
                                 .duration_ns = 5});
    }

    void control(record::Record& record, unsigned node, unsigned index)
    {
        record::Interpreter process;
        process.node = node;
        process.index = index;
        process.start_ns = some(10'000'000);
        process.exit_ns = process.start_ns + 1'000'000 * some(90);
        process.status = draw(generator_, 8) == 0 ? 3 : 0;
        record.controls.push_back({"null", process});
    }

    static void trace(record::Record& record, std::uint64_t times)
    {
        record::Trace trace;
        trace.calls = {{record::CallKind::open, 10 * times, 6, 5, 0},
                       {record::CallKind::stat, 7, 1, 1, 0},
                       {record::CallKind::read, 4, 0, 0, 4'096 * times},
                       {record::CallKind::mmap, 3, 1, 0, 8'192}};
        trace.files_opened = 4 * times;
        trace.paths_looked_up = 9;
        trace.directories = {{"/lib", 7 * times, 5}, {"/", 3, 0}, {"/usr", 8, 5}};
        trace.threads = 2;
        trace.wall_ns = 1'500'000'000;
        record.traces = {trace};
        record.import_times = {{0, {{"zipimport", 0, 300, 300}, {"a.b", 1, 20, 25}, {"a", 0, 300, 325}}, ""}};
    }

    static void break_some(record::Record& record, const store::CellRow& cell)
    {
        if (cell.environment == "tree" && cell.nodes == 4 && record.attempt.repetition == 5) {
            record.interpreters.at(3).status = 1;
            record.interpreters.at(3).error = "ImportError: json";
            record.gaggles.at(1).outcome = record::GaggleOutcome::Failed;
            record.gaggles.at(1).reason = "1 of 2 interpreters failed";
        }
        if (cell.environment == "copy" && cell.nodes == 2 && record.attempt.repetition == 4) {
            const auto is_away = [](const auto& line) { return line.node == 1; };
            record.gaggles.at(1) = {};
            record.gaggles.at(1).node = 1;
            record.gaggles.at(1).name = "n1";
            record.gaggles.at(1).reason = "it never came";
            std::erase_if(record.interpreters, is_away);
            std::erase_if(record.phases, is_away);
            std::erase_if(record.ios, is_away);
            std::erase_if(record.steps, is_away);
            std::erase_if(record.caches, is_away);
            std::erase_if(record.probes, is_away);
            std::erase_if(record.facts, is_away);
            std::erase_if(record.counters, is_away);
            std::erase_if(record.counter_changes, is_away);
            std::erase_if(record.controls, [](const auto& line) { return line.process.node == 1; });
        }
    }

    /// Collects the record; of every other attempt with Slurm's word: it waited for 3 s, and was held for 40.
    void take(const store::ArrayRow& array, const store::AttemptRow& attempt, record::Record& record)
    {
        record.attempt.met_ns = some(100) * 1'000'000;
        const record::Reading reading = record::read(record::write(record));
        REQUIRE(reading.closed);
        const std::int64_t start = record.attempt.began_unix_ns / 1'000'000'000 - 2;
        std::optional<SlurmWord> word;
        if (array.position % 2 == 0) {
            word.emplace();
            word->state = "COMPLETED";
            word->exit_code = 0;
            word->nodes = "n[0-3]";
            word->start_unix = start;
            word->end_unix = start + 40;
        }
        const Judgement judgement = judge_attempt(word ? SlurmWitness::Answered : SlurmWitness::NotInvolved, word,
                                                  reading, record::examine(*reading.record, {"json"}));
        const std::string file = record::file_name(attempt.task, 0);
        std::ofstream{array.files.records / file, std::ios::binary} << record::write(record);
        store.update_attempt(attempt.id, judgement, word, file, &reading);
        began_ += 7 + static_cast<std::int64_t>(draw(generator_, 20));
    }
};

}  // namespace gaggle::tests
