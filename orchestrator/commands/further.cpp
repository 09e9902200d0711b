#include "orchestrator/commands/further.hpp"

#include "core/error.hpp"
#include "core/read_bytes.hpp"
#include "orchestrator/commands/provenance.hpp"
#include "orchestrator/commands/sbatch_variables.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/experiment/slurm_changes.hpp"
#include "orchestrator/log.hpp"
#include "orchestrator/plan/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace gaggle::commands {

namespace {

/// The attempts that are to be made again of those that one array made first: a cell's of one block, unless there
/// were too many for one array.
struct Group {
    store::ElementRow like;  ///< one of that array
    std::vector<unsigned> repetitions;
};

std::vector<Group> groups_of(const std::vector<store::ElementRow>& all, const std::vector<store::ElementRow>& chosen)
{
    std::vector<Group> groups;
    std::map<store::ArrayId, std::size_t> group_of_array;
    std::map<std::pair<unsigned, unsigned>, std::size_t> group_of;  // by cell and repetition
    for (const store::ElementRow& element : all) {
        const std::pair measured{element.cell, element.repetition};
        if (group_of.contains(measured)) {
            continue;
        }
        const auto [found, is_new] = group_of_array.try_emplace(element.array, groups.size());
        if (is_new) {
            groups.push_back({element, {}});
        }
        group_of[measured] = found->second;
    }
    for (const store::ElementRow& element : chosen) {
        groups.at(group_of.at({element.cell, element.repetition})).repetitions.push_back(element.repetition);
    }
    std::erase_if(groups, [](const Group& group) { return group.repetitions.empty(); });
    for (Group& group : groups) {
        std::ranges::sort(group.repetitions);
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

void leave_out(experiment::SlurmOptions& slurm, const std::set<std::string>& nodes, const Group& group,
               const slurm::Limits& limits)
{
    const unsigned there = nodes_there(slurm, limits);
    if (there > 0 && there < group.like.nodes + nodes.size()) {
        log::warn(fmt::format("{}: {} of the partition's {} nodes failed; it needs {}, so none is left out",
                              cell_name(group.like), nodes.size(), there, group.like.nodes));
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
    row.block = group.like.block;
    row.nodes = group.like.nodes;
    row.interpreters = group.like.interpreters;
    row.environment = group.like.environment;
    row.role = group.like.role;
    for (unsigned task = 0; task < group.repetitions.size(); ++task) {
        row.repetition_of.emplace_back(task, group.repetitions[task]);
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
        Further& one = further.emplace_back(
            Further{{.like = group.like.array, .repetitions = group.repetitions, .slurm = slurm}, row_of(group)});
        if (!nodes.empty()) {
            leave_out(one.array.slurm, nodes, group, changes.limits);
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
