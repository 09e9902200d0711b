#include "core/array_spec.hpp"
#include "core/error.hpp"
#include "core/line.hpp"
#include "orchestrator/child.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/findings.hpp"
#include "orchestrator/commands/likeness.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/provenance.hpp"
#include "orchestrator/experiment/experiment.hpp"
#include "orchestrator/plan/plan.hpp"
#include "orchestrator/record_files.hpp"
#include "orchestrator/scrub.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gaggle::commands {

namespace {

const Usage check_usage{
    .synopsis = "gaggle check [options] FILE",
    .description =
        "Tries every environment of an experiment file once, as 'gaggle run' would start it: one interpreter, with\n"
        "all imports. Prints a line per environment: what it is, or what is missing, under which key, and what to do\n"
        "about it; then which environments are the same, and where those differ that the file says are identical. "
        "Submits nothing and writes to no store. Exit status 1 if\n"
        "anything is missing.\n",
    .options = {{"on-node", "", "on a node that srun gives, with what [slurm] asks for, not on this machine"},
                {"worker", "FILE",
                 "the gaggle-worker to measure with (default: $GAGGLE_WORKER, else the one beside "
                 "gaggle)"}},
    .least_operands = 1,
    .most_operands = 1};

/// A new folder, removed with everything in it.
class Folder {
public:
    explicit Folder(const std::filesystem::path& beginning)
    {
        std::string name = beginning.string() + "XXXXXX";
        if (mkdtemp(name.data()) == nullptr) {
            throw system_error(ExitCode::Usage, "make the folder", name, errno);
        }
        path_ = name;
    }
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// The experiment with a single repetition of a single interpreter per environment, whatever it asks for.
plan::Plan smallest(experiment::Experiment experiment)
{
    experiment.nodes = {1};
    experiment.interpreters = {1};
    experiment.repetitions = 1;
    experiment.blocks = 1;
    experiment.cache = CacheState::as_is;
    experiment.start = Start::Synchronised;
    experiment.sentinel.reset();
    experiment.trace = false;
    return plan::make_plan(std::move(experiment));
}

/// Starts the worker on this machine, or through srun on a node.
class Trial {
public:
    enum class Where { here, on_node };

    Trial(const plan::Plan& plan, std::filesystem::path worker, Where where, std::filesystem::path folder)
        : plan_(plan), program_(std::move(worker)), folder_(std::move(folder))
    {
        if (where == Where::on_node) {
            const auto srun = child::find_program("srun");
            if (!srun) {
                throw Error(ExitCode::SlurmUnreachable, "there is no srun in PATH: check where Slurm's commands are");
            }
            before_ = {"--quiet", "--nodes=1", "--ntasks=1", "--cpu-bind=none", "--mpi=none"};
            const experiment::SlurmOptions& slurm = plan.experiment.slurm;
            before_.insert(before_.end(), slurm.options.begin(), slurm.options.end());
            before_.insert(before_.end(), slurm.extra.begin(), slurm.extra.end());
            before_.push_back(std::exchange(program_, *srun).string());
        }
    }

    /// What is wrong with an environment of the plan, with what it said of itself.
    Finding of(std::size_t environment)
    {
        const plan::Array array{.block = 0, .tasks = {{environment, 1}}};
        const std::filesystem::path own = folder_ / std::to_string(environment);
        std::filesystem::create_directory(own);
        const ArraySpec spec = plan::array_specs(plan_, array, "check").front();
        std::ofstream{own / "spec"} << line::write(spec);
        std::vector<std::string> arguments = before_;
        for (const std::string& word :
             {std::string{"coordinate"}, std::string{"--spec"}, (own / "spec").string(), std::string{"--records"},
              own.string(), std::string{"--task"}, std::string{"0"}, std::string{"--local"}}) {
            arguments.push_back(word);
        }
        if (is_compared(spec.environment.name)) {
            arguments.emplace_back("--with-files");
        }
        const child::Finished finished = child::run(program_, arguments, scrub::kept(scrub::current()));
        const collect::RecordFolder records = collect::look_into(own);
        const auto file = records.of_task.find(0);
        if (file == records.of_task.end()) {
            return no_record(fmt::format("{} ended with {}: {}", program_.filename().string(), finished.status,
                                         child::last_words(finished.err, "")));
        }
        const record::Reading reading = collect::read_record(file->second.front());
        if (!reading.closed) {
            return no_record(reading.trouble);
        }
        Finding finding = find_trouble(spec.environment, *reading.record);
        if (finding.key.empty()) {
            sound_.insert_or_assign(spec.environment.name, *reading.record);
        }
        return finding;
    }

    /// The records of those that were tried and had nothing wrong with them.
    [[nodiscard]] const std::map<std::string, record::Record>& sound() const { return sound_; }

private:
    static Finding no_record(const std::string& words)
    {
        return {.key = "gaggle-worker",
                .words = words,
                .remedy = "see that it can be executed there and may use the network between nodes"};
    }

    [[nodiscard]] bool is_compared(const std::string& name) const
    {
        return std::ranges::any_of(plan_.experiment.identical, [&](const experiment::Likeness& one) {
            return name == one.environment || name == one.other;
        });
    }

    const plan::Plan& plan_;
    std::map<std::string, record::Record> sound_;
    std::filesystem::path program_;
    std::vector<std::string> before_;  ///< of srun's arguments, the worker
    std::filesystem::path folder_;
};

/// "identical (…): a, b" for each set of two or more that say the same of themselves.
void print_identical(const std::vector<std::pair<std::string, Finding>>& sound)
{
    std::vector<std::string> seen;
    for (const auto& [name, finding] : sound) {
        std::string names;
        for (const auto& [other, of_other] : sound) {
            if (!finding.identity.empty() && of_other.identity == finding.identity) {
                names += (names.empty() ? "" : ", ") + other;
            }
        }
        if (names.find(", ") != std::string::npos && std::ranges::find(seen, names) == seen.end()) {
            std::cout << fmt::format("the same interpreter and packages: {}\n", names);
            seen.push_back(names);
        }
    }
}

/// Of those that the file calls identical. False if any is not.
bool print_differences(const std::vector<experiment::Likeness>& identical,
                       const std::map<std::string, record::Record>& sound)
{
    bool all_same = true;
    for (const auto& [name, other] : identical) {
        if (!sound.contains(name) || !sound.contains(other)) {
            continue;  // said already
        }
        const std::string words = difference(sound.at(name), sound.at(other), other);
        if (words.empty()) {
            std::cout << fmt::format("{}: identical to '{}': {}\n", name, other, summary_of_files(sound.at(name)));
        } else {
            std::cout << fmt::format("{}: environment.identical_to: {}; make both from one tree, or leave it out\n",
                                     name, words);
            all_same = false;
        }
    }
    return all_same;
}

}  // namespace

ExitCode check(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(check_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const bool on_node = parsed->has("on-node");
    std::vector<experiment::Absent> absent;
    const std::filesystem::path file = parsed->operands.front();
    const plan::Plan planned = smallest(experiment::read_file(file, experiment::shell_variable, &absent));
    const std::filesystem::path worker = find_worker(parsed->value("worker"));
    // Where the store would be, the nodes can see it; so they can see a copy of the worker there.
    const Folder folder{on_node ? parsed->store().parent_path() / "gaggle-check."
                                : std::filesystem::temp_directory_path() / "gaggle-check."};
    std::filesystem::copy_file(worker, folder.path() / worker.filename());
    Trial trial{planned, folder.path() / worker.filename(), on_node ? Trial::Where::on_node : Trial::Where::here,
                folder.path()};
    std::vector<std::pair<std::string, Finding>> sound;
    bool all_sound = true;
    for (std::size_t i = 0; i < planned.cells.size(); ++i) {
        const std::string& name = planned.experiment.environments.at(planned.cells[i].environment).name;
        const auto missing = std::ranges::find(absent, name, &experiment::Absent::environment);
        if (missing != absent.end() && !on_node) {
            std::cout << fmt::format("{}: {}: {} ({}:{}:{}); {}\n", name, missing->key, missing->words, file.string(),
                                     missing->at.line, missing->at.column, missing->remedy);
            all_sound = false;
            continue;
        }
        Finding finding = trial.of(i);
        if (finding.key.empty()) {
            std::cout << fmt::format("{}: ok: {}\n", name, finding.words);
            sound.emplace_back(name, std::move(finding));
        } else {
            std::cout << fmt::format("{}: {}: {}; {}\n", name, finding.key, finding.words, finding.remedy);
            all_sound = false;
        }
        std::cout.flush();
    }
    print_identical(sound);
    const bool all_same = print_differences(planned.experiment.identical, trial.sound());
    return all_sound && all_same ? ExitCode::Ok : ExitCode::CellsFailed;
}

}  // namespace gaggle::commands
