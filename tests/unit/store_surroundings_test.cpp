#include "tests/unit/store_fixture.hpp"

namespace gaggle::tests {

namespace {

using store::Store;

/// A canned query to select from.
std::string from(const std::string& name)
{
    const std::string sql = canned(name);
    return " FROM (" + sql.substr(sql.find("WITH"), sql.rfind(';') - sql.find("WITH")) + ")";
}

/// All attempts of the cell with 2 nodes in both environments, with all that a worker says beside its interpreters. Of
/// "image" the second repetition has another package list.
struct Surrounded {
    TemporaryDirectory scratch;
    Store store = create(scratch.path());
    store::ExperimentId experiment = add(store, small_plan());

    Surrounded()
    {
        for (const std::string environment : {"image", "tree"}) {
            const auto array = array_of(store, experiment, 2, environment);
            store.mark_submitted(array.id, array.position + 100, "sbatch");
            for (const auto& attempt : store.attempts(array.id)) {
                record::Record record = made_record(array, attempt, 1);
                for (unsigned node = 0; node < 2; ++node) {
                    surround(record, node, environment);
                }
                record.inspections.push_back({.node = 0,
                                              .version = "3.11.2",
                                              .facts = {{"prefix", "/usr"}},
                                              .packages_sha256 = std::string(64, 'a'),
                                              .packages = {"a==1", "b==2"},
                                              .trouble = ""});
                if (environment == "image" && attempt.repetition == 2) {
                    record.inspections[0].packages_sha256 = std::string(64, 'c');
                    record.inspections[0].packages = {"a==1", "b==3", "c==1"};
                }
                ingest(store, attempt, record);
            }
        }
    }
    /// Node 1 asks as often in each repetition, node 0 only in the second; of "nfs /b" nothing is known then.
    static void surround(record::Record& record, unsigned node, const std::string& environment)
    {
        const bool second = record.attempt.repetition == 2;
        record.facts.push_back(
            {node, record::Subject::node, {{"kernel_release", node == 0 ? "6.1" : "6.2"}, {"hypervisor", ""}}});
        record.facts.push_back({node, record::Subject::paths, {{"interpreter_path", "/" + environment}}});
        record.counters.push_back({node, second && node == 0 ? "nfs /b: no longer there" : ""});
        if (node == 1 || second) {
            record.counter_changes.push_back({node, "nfs /a", "GETATTR operations", 10});
            record.counter_changes.push_back({node, "nfs /a", "GETATTR bytes sent", 1000});
        }
        record.counter_changes.push_back({node, "nfs /b", "LOOKUP operations", 7});
        for (unsigned index = 0; index < 2; ++index) {
            record.ios.push_back({.node = node, .interpreter = index, .read_bytes = 500, .read_calls = 5});
        }
    }
    [[nodiscard]] Lines ask(const std::string& sql) const { return lines(store.query(sql)); }
};

}  // namespace

TEST_CASE("facts that are alike are stored once")
{
    const Surrounded filled;
    CHECK(filled.ask("SELECT facts FROM fact_set WHERE facts NOT LIKE '%worker_version%' ORDER BY facts") ==
          Lines{R"({"hypervisor":"","kernel_release":"6.1"})", R"({"hypervisor":"","kernel_release":"6.2"})",
                R"({"interpreter_path":"/image"})", R"({"interpreter_path":"/tree"})", R"({"prefix":"/usr"})"});
    CHECK(filled.ask("SELECT count(*) FROM fact_set WHERE facts LIKE '%worker_version%'") == Lines{"1"});
    CHECK(filled.ask("SELECT count(*), count(node_facts_id), count(path_facts_id) FROM gaggle") == Lines{"8|8|8"});
    CHECK(filled.ask("SELECT packages FROM package_set ORDER BY sha256") ==
          Lines{R"(["a==1","b==2"])", R"(["a==1","b==3","c==1"])"});
    CHECK(filled.ask("SELECT node_name, subject, fact, value FROM provenance WHERE environment = 'tree' AND "
                     "repetition = 1 ORDER BY node, subject, fact") ==
          Lines{"batch|attempt|experiment_sha256|" + std::string(64, 'f'), "batch|attempt|gaggle_version|0.1",
                "batch|attempt|template_sha256|" + std::string(64, 't'),
                "batch|attempt|worker_sha256|" + std::string(64, 'a'), "batch|attempt|worker_version|0.1",
                "n0|environment|prefix|/usr", "n0|node|hypervisor|", "n0|node|kernel_release|6.1",
                "n0|paths|interpreter_path|/tree", "n1|node|hypervisor|", "n1|node|kernel_release|6.2",
                "n1|paths|interpreter_path|/tree"});
    CHECK(sqlite3(filled.store, "SELECT count(*) FROM provenance").out == "48\n");
}

TEST_CASE("provenance says on how many nodes each fact holds")
{
    const Surrounded filled;
    CHECK(filled.ask(canned("provenance")) ==
          Lines{"small|slurm||attempt|experiment_sha256|" + std::string(64, 'f') + "|1",
                "small|slurm||attempt|gaggle_version|0.1|1",
                "small|slurm||attempt|template_sha256|" + std::string(64, 't') + "|1",
                "small|slurm||attempt|worker_sha256|" + std::string(64, 'a') + "|1",
                "small|slurm||attempt|worker_version|0.1|1", "small|slurm||node|kernel_release|6.1|1",
                "small|slurm||node|kernel_release|6.2|1", "small|slurm|image|environment|prefix|/usr|1",
                "small|slurm|image|paths|interpreter_path|/image|2", "small|slurm|tree|environment|prefix|/usr|1",
                "small|slurm|tree|paths|interpreter_path|/tree|2"});
}

TEST_CASE("metadata is operations per cell over repetitions, of what is known")
{
    const Surrounded filled;
    // GETATTR: 10 and 20. LOOKUP: 14, and in the second repetition not known.
    CHECK(filled.ask("SELECT source, counter, repetitions, median, per_interpreter" + from("metadata") +
                     " WHERE environment = 'tree'") ==
          Lines{"interpreters|read bytes|2|2000.0|500.0", "interpreters|read calls|2|20.0|5.0",
                "interpreters|storage read bytes|2|0.0|0.0", "interpreters|write calls|2|0.0|0.0",
                "nfs /a|GETATTR operations|2|15.0|3.75", "nfs /b|LOOKUP operations|1|14.0|3.5"});
    CHECK(filled.ask("SELECT node_name, source, counter, value FROM counters WHERE environment = 'tree' AND "
                     "repetition = 1 ORDER BY node, source, counter") ==
          Lines{"n0|nfs /b|LOOKUP operations|7", "n1|nfs /a|GETATTR bytes sent|1000", "n1|nfs /a|GETATTR operations|10",
                "n1|nfs /b|LOOKUP operations|7"});
    CHECK(filled.ask("SELECT DISTINCT read_bytes, read_calls, storage_read_bytes FROM interpreters") ==
          Lines{"500|5|0"});
}

TEST_CASE("identity says which environments are the same, and which changed under way")
{
    const Surrounded filled;
    const std::string first(64, 'a');
    const std::string other(64, 'c');
    const std::string changed = "the environment changed under way";
    CHECK(filled.ask("SELECT environment, version, packages, packages_sha256, attempts, same_as, warning" +
                     from("identity")) == Lines{"image|3.11.2|2|" + first + "|1|tree|" + changed,
                                                "image|3.11.2|3|" + other + "|1||" + changed,
                                                "tree|3.11.2|2|" + first + "|2|image|"});
}

TEST_CASE("an inspection without an answer is no change, and says why")
{
    Surrounded filled;
    const auto array = array_of(filled.store, filled.experiment, 2, "tree");
    const auto attempt = filled.store.attempts(array.id).at(1);
    record::Record record = made_record(array, attempt, 1);
    record.inspections.emplace_back().trouble = "it did not end in time";
    ingest(filled.store, attempt, record);
    const Lines identity = filled.ask(canned("identity"));
    REQUIRE(identity.size() == 4);
    CHECK_THAT(identity[2], Catch::Matchers::EndsWith("|image|"));
    CHECK_THAT(identity[3], Catch::Matchers::EndsWith("||not all is known: it did not end in time"));
}

TEST_CASE("what a record does not say is NULL, not zero")
{
    const TemporaryDirectory scratch;
    Store store = create(scratch.path());
    const auto array = array_of(store, add(store, small_plan()), 1, "tree");
    store.mark_submitted(array.id, 100, "sbatch");
    const auto attempt = store.attempts(array.id).at(0);
    ingest(store, attempt, made_record(array, attempt, 1));
    CHECK(lines(store.query("SELECT node_facts_id, path_facts_id, counters_left_out FROM gaggle")) == Lines{"||"});
    CHECK(lines(store.query("SELECT DISTINCT read_bytes, read_calls FROM interpreters")) == Lines{"|"});
    CHECK(lines(store.query("SELECT DISTINCT subject FROM provenance")) == Lines{"attempt"});
    for (const char* query : {"metadata", "identity"}) {
        CHECK(store.query(canned(query)).rows.empty());
    }
}

}  // namespace gaggle::tests
