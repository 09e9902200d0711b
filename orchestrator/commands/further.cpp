#include "orchestrator/commands/further.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/read_bytes.hpp"
#include "orchestrator/commands/provenance.hpp"
#include "orchestrator/commands/sbatch_variables.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/experiment/slurm_changes.hpp"
#include "orchestrator/plan/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace gaggle::commands {

namespace {

/// The attempts of one array, the first at their repetitions, that are to be made again; by task.
using Group = std::vector<store::ElementRow>;

std::vector<Group> groups_of(const std::vector<store::ElementRow>& all, const std::vector<store::ElementRow>& chosen)
{
    std::set<std::pair<unsigned, unsigned>> wanted;  // cell and repetition
    for (const store::ElementRow& element : chosen) {
        wanted.emplace(element.cell, element.repetition);
    }
    std::vector<Group> groups;
    for (const store::ElementRow& element : all) {  // by array and task
        if (wanted.erase({element.cell, element.repetition}) == 0) {
            continue;
        }
        if (groups.empty() || groups.back().front().array != element.array) {
            groups.emplace_back();
        }
        groups.back().push_back(element);
    }
    return groups;
}

/// Text whose hash the store knows.
std::string read_kept(const std::filesystem::path& file, const std::string& hash, store::ExperimentId experiment)
{
    std::string text = read_bytes(file, ExitCode::Store);
    if (sha256(text) != hash) {
        throw Error(ExitCode::Store, fmt::format("{} was changed since experiment {} was planned: what is made again "
                                                 "has to be the same",
                                                 file.string(), experiment.value));
    }
    return text;
}

/// How many nodes the partition has that the job would go to; 0: not known.
unsigned nodes_there(const experiment::SlurmOptions& slurm, const slurm::Limits& limits)
{
    const std::string wanted = asked_of_sbatch(slurm, "partition").value_or("");
    unsigned most = 0;
    for (const slurm::Partition& partition : limits.partitions) {
        const bool is_wanted = wanted.empty()
                                   ? partition.is_default
                                   : ("," + wanted + ",").find("," + partition.name + ",") != std::string::npos;
        most = is_wanted ? std::max(most, partition.nodes) : most;
    }
    return most;
}

void leave_out(experiment::SlurmOptions& slurm, const std::set<std::string>& nodes, const store::ArrayRow& array,
               const slurm::Limits& limits)
{
    const unsigned there = nodes_there(slurm, limits);
    const unsigned needed = array.cells.front().nodes;
    if (there > 0 && there < needed + nodes.size()) {
        log::warn(fmt::format("{}: {} of the partition's {} nodes failed; it needs {}, so none is left out",
                              array_name(array), nodes.size(), there, needed));
        return;
    }
    experiment::exclude(slurm, nodes);
}

std::set<std::string> failed_nodes(const store::Store& store, const std::vector<store::ElementRow>& chosen)
{
    std::vector<store::AttemptId> attempts;
    std::ranges::transform(chosen, std::back_inserter(attempts), &store::ElementRow::attempt);
    std::set<std::string> nodes = store.failed_nodes(attempts);
    if (nodes.empty()) {
        log::info("no node is known to have failed: none is left out");
    } else {
        log::info(fmt::format("failed: {}", fmt::join(nodes, ", ")));
    }
    return nodes;
}

store::ArrayRow row_of(const Group& group)
{
    store::ArrayRow row;
    row.block = group.front().block;
    for (const store::ElementRow& element : group) {
        row.add({.number = element.cell,
                 .nodes = element.nodes,
                 .interpreters = element.interpreters,
                 .environment = element.environment,
                 .role = element.role},
                static_cast<unsigned>(row.tasks.size()), element.repetition);
    }
    return row;
}

/// What the experiment was submitted with.
std::vector<std::string> given_first(const store::Store& store, store::ExperimentId experiment)
{
    const std::vector<store::ArrayRow> arrays = store.arrays(experiment);
    return arrays.empty() ? std::vector<std::string>{} : plan::given_options(arrays.front().files);
}

}  // namespace

std::vector<Further> further_arrays(const store::Store& store, const store::ExperimentRow& experiment,
                                    const std::vector<store::ElementRow>& chosen, const Changes& changes)
{
    experiment::SlurmOptions slurm = experiment::slurm_of(
        read_kept(experiment.kept_file, experiment.file_sha256, experiment.id), experiment.original_file);
    slurm.template_file = experiment.kept_template;  // for errors
    slurm.given = given_first(store, experiment.id);
    slurm.given.insert(slurm.given.end(), changes.given.begin(), changes.given.end());
    if (changes.time) {
        experiment::change_time(slurm, *changes.time);
    }
    if (experiment.launcher == record::Launcher::slurm && !chosen.empty()) {
        warn_of_contradictions(slurm);
    }
    std::set<std::string> nodes;
    if (changes.nodes == FailedNodes::left_out && !chosen.empty()) {
        nodes = failed_nodes(store, chosen);
    }
    std::vector<Further> further;
    for (const Group& group : groups_of(store.elements(experiment.id), chosen)) {
        Further& one =
            further.emplace_back(Further{{.like = group.front().array, .tasks = {}, .slurm = slurm}, row_of(group)});
        std::ranges::transform(group, std::back_inserter(one.array.tasks), &store::ElementRow::task);
        if (!nodes.empty()) {
            leave_out(one.array.slurm, nodes, one.row, changes.limits);
        }
    }
    return further;
}

std::vector<store::ArrayRow> left_of_resubmissions(const store::Store& store, store::ExperimentId experiment)
{
    std::set<std::pair<unsigned, unsigned>> seen;  // cell and repetition
    std::set<store::ArrayId> again;
    for (const store::ElementRow& element : store.elements(experiment)) {
        if (!seen.emplace(element.cell, element.repetition).second) {
            again.insert(element.array);
        }
    }
    std::vector<store::ArrayRow> rows = store.arrays(experiment);
    std::erase_if(
        rows, [&](const store::ArrayRow& row) { return row.submitted_unix_ns.has_value() || !again.contains(row.id); });
    return rows;
}

std::string template_of(const store::ExperimentRow& experiment)
{
    std::error_code problem;
    if (std::filesystem::exists(experiment.kept_template, problem)) {
        return read_kept(experiment.kept_template, experiment.template_sha256, experiment.id);
    }
    std::string built_in = plan::template_text({});
    if (sha256(built_in) != experiment.template_sha256) {
        throw Error(ExitCode::Store,
                    fmt::format("{} is missing, and experiment {} was not planned with this gaggle's own template: put "
                                "the one that was used there, or submit the file again with --again",
                                experiment.kept_template.string(), experiment.id.value));
    }
    return built_in;
}

}  // namespace gaggle::commands
