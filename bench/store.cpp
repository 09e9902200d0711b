// bench-store STORE ATTEMPTS NODES INTERPRETERS SEED: plans one more experiment in a store, two environments with NODES nodes
// and INTERPRETERS interpreters each, ATTEMPTS in all, and writes a record file for each as if it had been measured:
// nine phases and one control per interpreter, counters, caches and facts per node, made-up times. One attempt in twenty
// has an interpreter that failed. `gaggle collect` does the rest.
#include "orchestrator/store/store.hpp"
#include "core/line.hpp"
#include "core/random.hpp"
#include "core/record.hpp"

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

using namespace gaggle;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t hour = 3600 * 1000 * ms;

plan::Plan make_plan(unsigned attempts, unsigned nodes, unsigned interpreters, unsigned seed)
{
    experiment::Experiment experiment;
    experiment.name = "bench";
    experiment.nodes = {nodes};
    experiment.interpreters = {interpreters};
    experiment.repetitions = (attempts + 1) / 2;
    experiment.seed = seed;
    experiment.file = "bench.toml";
    experiment.text = "name = \"bench\"\n";
    for (const char* name : {"tree", "image"}) {
        EnvironmentSpec spec;
        spec.name = name;
        spec.kind = "command";
        spec.language = "python";
        spec.command = {"python3"};
        spec.imports = {"numpy", "scipy", "pandas", "matplotlib", "sklearn"};
        experiment.environments.push_back(spec);
    }
    return plan::make_plan(experiment);
}

/// A record file under construction.
class Maker {
public:
    Maker(const std::filesystem::path& file, const record::Attempt& attempt, Generator& generator)
        : file_(file, std::ios::binary),
          lines_([this](std::string_view bytes) {
              file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
          }),
          attempt_(attempt),
          generator_(generator)
    {
        add(attempt);
    }

    void write(bool has_failure, const std::vector<std::string>& imports)
    {
        each_node([&](unsigned node) { add(gaggle(node)); });
        each_node([&](unsigned node) { add(record::Step{node, "stage", "cp -r tree /tmp", up_to(9000), 0, ""}); });
        each_node([&](unsigned node) {
            record::Cache cache;
            cache.node = node;
            cache.asked = CacheState::hot;
            cache.method = "read";
            cache.files = 9000;
            cache.verified = true;
            add(cache);
        });
        each_node([&](unsigned node) { add(record::Probe{node, "CLOCK_MONOTONIC", 1, "3.11.2"}); });
        each_process([&](unsigned node, unsigned index) { add(process(node, index, has_failure)); });
        each_process([&](unsigned node, unsigned index) {
            record::Io io;
            io.node = node;
            io.interpreter = index;
            io.read_bytes = up_to(90'000);
            io.read_calls = up_to(5);
            io.storage_read_bytes = up_to(1'000);
            add(io);
        });
        each_process([&](unsigned node, unsigned index) { add_phases(node, index, imports); });
        each_process([&](unsigned node, unsigned index) { add(record::Control{"null", process(node, index, false)}); });
        each_node([&](unsigned node) {
            add(record::Facts{
                node, record::Subject::node, {{"kernel", "6.1.0"}, {"cpus", "128"}, {"memory_kib", "1"}}});
            add(record::Facts{node, record::Subject::paths, {{"interpreter.type", "nfs4"}}});
        });
        each_node([&](unsigned node) { add(record::Counters{node, ""}); });
        each_node([&](unsigned node) {
            for (const char* name :
                 {"ACCESS operations", "GETATTR operations", "LOOKUP operations", "OPEN operations"}) {
                add(record::Counter{node, "nfs /shared", name, 1 + up_to(1) / ms});
            }
        });
        lines_.close();
    }

private:
    template <class T>
    void add(const T& one)
    {
        std::string text = line::write(one);
        text.pop_back();
        lines_.add(text);
    }
    template <class Work>
    void each_node(Work work)
    {
        for (unsigned node = 0; node < attempt_.nodes; ++node) {
            work(node);
        }
    }
    template <class Work>
    void each_process(Work work)
    {
        each_node([&](unsigned node) {
            for (unsigned index = 0; index < attempt_.interpreters; ++index) {
                work(node, index);
            }
        });
    }
    std::int64_t up_to(std::int64_t limit_ms)
    {
        return static_cast<std::int64_t>(draw(generator_, static_cast<std::size_t>(limit_ms * ms)));
    }

    record::Gaggle gaggle(unsigned node)
    {
        record::Gaggle one;
        one.node = node;
        one.name = "node" + std::to_string(node);
        one.outcome = record::GaggleOutcome::Completed;
        one.arrived_ns = up_to(2000);
        one.clock_before = {up_to(10), 20'000};
        one.clock_after = {up_to(10), 20'000};
        one.fork_ns = up_to(100);
        one.cpus = 128;
        return one;
    }
    record::Interpreter process(unsigned node, unsigned index, bool has_failure)
    {
        record::Interpreter one;
        one.node = node;
        one.index = index;
        one.start_ns = up_to(1);
        one.exit_ns = one.start_ns + 2000 * ms + up_to(900);
        one.user_us = up_to(1);
        one.system_us = up_to(1);
        one.minor_faults = 20'000 + up_to(1) / 1000;
        one.max_rss_kib = 98'765;
        one.voluntary_switches = up_to(1) / 1000;
        if (has_failure && node == 0 && index == 0) {
            one.status = 1;
            one.error = "ImportError: libc.so.6: cannot open shared object file";
        }
        return one;
    }
    void add_phases(unsigned node, unsigned index, const std::vector<std::string>& imports)
    {
        std::vector<std::string> names{"spawn", "exec", "ready"};
        for (const std::string& name : imports) {
            names.push_back("import " + name);
        }
        names.emplace_back("exit");
        std::int64_t now = -30 * ms;
        for (const std::string& name : names) {
            const std::int64_t end = now + up_to(500);
            add(record::Phase{node, index, name, now, end});
            now = end;
        }
    }

    std::ofstream file_;
    record::LineWriter lines_;
    record::Attempt attempt_;
    Generator& generator_;
};

void make(const std::filesystem::path& directory, unsigned attempts, unsigned nodes, unsigned interpreters,
          unsigned seed)
{
    store::Store store = store::Store::open(directory, store::Store::Access::write, store::Store::Missing::create);
    const plan::Plan plan = make_plan(attempts, nodes, interpreters, seed);
    const std::filesystem::path worker = directory / "worker";
    std::ofstream{worker} << "stands in for gaggle-worker\n";
    const std::string digest(64, '0');
    const store::Provenance provenance{record::Launcher::local, "bench", digest, digest, digest};
    const store::ExperimentId experiment = store.add_experiment(plan, provenance, store.keep_worker(worker, digest),
                                                                plan::template_text(plan.experiment.slurm));
    Generator generator{seed};
    unsigned made = 0;
    for (const store::ArrayRow& array : store.arrays(experiment)) {
        store.mark_submitted(array.id, std::nullopt, "made by bench-store");
        for (const store::AttemptRow& row : store.attempts(array.id)) {
            record::Attempt attempt;
            attempt.token = array.token;
            attempt.task = row.task;
            attempt.repetition = row.repetition;
            attempt.launcher = record::Launcher::local;
            attempt.nodes = nodes;
            attempt.interpreters = interpreters;
            attempt.host = "node0";
            attempt.worker_version = "bench";
            attempt.began_unix_ns = (400'000 + made) * hour;
            attempt.ended_unix_ns = attempt.began_unix_ns + 10'000 * ms;
            Maker maker{array.files.records / record::file_name(row.task, 0), attempt, generator};
            maker.write(++made % 20 == 0, plan.experiment.environments.front().imports);
        }
    }
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 6) {
        std::cerr << "usage: bench-store STORE ATTEMPTS NODES INTERPRETERS SEED\n";
        return 2;
    }
    const auto number = [&](int index) { return static_cast<unsigned>(std::atoi(argv[index])); };
    try {
        make(argv[1], number(2), number(3), number(4), number(5));
    } catch (const std::exception& trouble) {
        std::cerr << "bench-store: " << trouble.what() << '\n';
        return 1;
    }
    return 0;
}
