#include "orchestrator/commands/complete.hpp"

#include "core/error.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/experiment/experiment.hpp"
#include "orchestrator/plan/plan.hpp"
#include "orchestrator/selection.hpp"
#include "orchestrator/store/store.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <map>
#include <optional>
#include <set>

namespace gaggle::commands {

namespace {

using What = Completion::What;

/// A command line that is still being written.
struct Begun {
    Parsed given;                ///< by the words before the last
    const Option* of = nullptr;  ///< whose value the last word is, or is to be
    std::string prefix;          ///< "--format=": of the last word, before the value
    std::string value;           ///< what is to be completed
    bool options_ended = false;  ///< there was a "--"
};

const Option* find_option(const std::vector<Option>& options, const std::string& word)
{
    const auto found = std::ranges::find_if(options, [&](const Option& option) {
        return word == "--" + option.name || (option.letter != '\0' && word == std::string{'-', option.letter});
    });
    return found == options.end() ? nullptr : &*found;
}

Begun read_begun(const std::vector<Option>& options, const std::vector<std::string>& words)
{
    Begun begun;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool is_last = i + 1 == words.size();
        const std::string& word = words[i];
        const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
        const Option* const option = begun.options_ended ? nullptr : find_option(options, word.substr(0, equals));
        if (begun.of != nullptr) {
            begun.value = word;
            if (!is_last) {
                begun.given.options[begun.of->name] = word;
                begun.of = nullptr;
            }
        } else if (option != nullptr && equals != std::string::npos && is_last) {
            begun.of = option;
            begun.prefix = word.substr(0, equals + 1);
            begun.value = word.substr(equals + 1);
        } else if (is_last) {
            begun.value = word;
        } else if (word == "--") {
            begun.options_ended = true;
        } else if (option != nullptr && equals == std::string::npos && !option->argument.empty()) {
            begun.of = option;
        } else if (option != nullptr) {
            begun.given.options[option->name] = equals == std::string::npos ? "" : word.substr(equals + 1);
        } else {
            begun.given.operands.push_back(word);
        }
    }
    return begun;
}

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

/// What the synopsis calls the operands: "[options] 'SELECT ...' | NAME [KEY=VALUE...]" has NAME and KEY=VALUE...
std::vector<std::string> operands_of(const Usage& usage)
{
    std::vector<std::string> operands;
    bool quoted = false;
    const std::vector<std::string> words = split(usage.synopsis, ' ');
    for (std::size_t i = 2; i < words.size(); ++i) {  // behind "gaggle NAME"
        const bool begins = words[i].starts_with('\'');
        const bool ends = words[i].ends_with('\'');
        if (!quoted && !begins && words[i] != "|" && words[i] != "[options]") {
            std::string operand = words[i];
            std::erase_if(operand, [](char c) { return c == '[' || c == ']'; });
            operands.push_back(operand);
        }
        quoted = (quoted || begins) && !ends;
    }
    return operands;
}

store::Store open_store(const Parsed& given)
{
    Parsed at = given;
    if (const char* home = std::getenv("HOME"); home != nullptr && at.has("store")) {
        std::string& store = at.options["store"];
        store = store.starts_with("~/") ? home + store.substr(1) : store;  // the shell has not seen to that yet
    }
    return store::Store::open(at.store(), store::Store::Access::read, store::Store::Missing::fail,
                              std::chrono::milliseconds{0});
}

std::vector<Candidate> experiment_names(const Parsed& given)
{
    const store::Store store = open_store(given);
    std::map<std::string, std::string> named;
    for (const store::ExperimentId id : store.experiments()) {
        std::string& numbers = named[store.find(id)->name];
        numbers += (numbers.empty() ? "experiment " : ", ") + std::to_string(id.value);
    }
    std::vector<Candidate> candidates;
    candidates.reserve(named.size());
    for (const auto& [name, numbers] : named) {
        candidates.push_back({name, numbers});
    }
    return candidates;
}

std::vector<Candidate> experiment_numbers(const Parsed& given)
{
    const store::Store store = open_store(given);
    const std::vector<store::ExperimentId> experiments = store.experiments();
    std::vector<Candidate> candidates;
    candidates.reserve(experiments.size());
    for (const store::ExperimentId id : experiments) {
        candidates.push_back({std::to_string(id.value), store.find(id)->name});
    }
    return candidates;
}

/// The arrays of --experiment, else of the newest.
std::vector<store::ArrayRow> arrays(const Parsed& given)
{
    const store::Store store = open_store(given);
    std::optional<store::ExperimentId> id = store.newest_experiment();
    if (const auto number = given.value("experiment")) {
        id = store::ExperimentId{std::atoll(number->c_str())};
    }
    return id ? store.arrays(*id) : std::vector<store::ArrayRow>{};
}

std::vector<Candidate> cells(const Parsed& given)
{
    std::vector<Candidate> candidates;
    std::vector<Candidate> jobs;
    std::set<std::string> known;
    for (const store::ArrayRow& array : arrays(given)) {
        for (const store::CellRow& cell : array.cells) {
            if (known.insert(cell_name(cell)).second) {
                candidates.push_back({cell_name(cell), "cell"});
            }
        }
        if (array.job_id) {
            jobs.push_back({std::to_string(*array.job_id), "job of " + array_name(array)});
        }
    }
    candidates.insert(candidates.end(), jobs.begin(), jobs.end());
    return candidates;
}

std::vector<Candidate> cells_of_file(const Parsed& given)
{
    if (given.operands.empty()) {
        return {};
    }
    const plan::Plan plan = plan::make_plan(experiment::read_file(given.operands.front()));
    std::vector<Candidate> candidates;
    candidates.reserve(plan.cells.size());
    for (std::size_t i = 0; i < plan.cells.size(); ++i) {
        const plan::Cell& cell = plan.cells[i];
        candidates.push_back({plan::cell_name(cell.nodes, cell.interpreters,
                                              plan.experiment.environments.at(cell.environment).name, cell.role),
                              "cell " + std::to_string(i + 1)});
    }
    return candidates;
}

std::vector<Candidate> query_names(const Parsed& /*given*/)
{
    std::vector<Candidate> candidates;
    std::ranges::transform(store::canned_queries(), std::back_inserter(candidates), [](const auto& query) {
        return Candidate{std::string{query.name}, std::string{query.description}};
    });
    return candidates;
}

/// Of the columns that most canned queries have.
std::vector<Candidate> conditions(const Parsed& given)
{
    std::vector<Candidate> candidates = experiment_names(given);
    for (Candidate& experiment : candidates) {
        experiment.word.insert(0, "experiment=");
    }
    std::set<std::string> known;
    for (const store::ArrayRow& array : arrays(given)) {
        for (const store::CellRow& cell : array.cells) {
            if (known.insert(cell.environment).second) {
                candidates.push_back({"environment=" + cell.environment, ""});
            }
        }
    }
    return candidates;
}

/// For the last part of a comma list.
std::vector<Candidate> states(const Begun& begun)
{
    const std::string before = begun.value.substr(0, begun.value.find_last_of(',') + 1);
    std::vector<Candidate> candidates;
    std::ranges::transform(selection::state_words(), std::back_inserter(candidates), [&](const auto& state) {
        return Candidate{before + std::string{state.word}, std::string{state.word == state.name ? "" : state.name}};
    });
    return candidates;
}

std::vector<Candidate> candidates_of(const std::string& name, const Begun& begun)
{
    static const std::map<std::string, std::vector<Candidate> (*)(const Parsed&)> known{
        {"NAME", query_names},       {"KEY=VALUE", conditions},           {"SELECTION", cells},
        {"CELL", cells_of_file},     {"EXPERIMENT", experiment_names},    {"BEFORE", experiment_names},
        {"AFTER", experiment_names}, {"--experiment", experiment_numbers}};
    if (name == "STATES") {
        return states(begun);
    }
    if (const auto found = known.find(name); found != known.end()) {
        try {
            return found->second(begun.given);
        } catch (const std::exception&) {  // no store, no such file: then there is nothing to offer
            return {};
        }
    }
    std::vector<Candidate> literal;
    if (!name.empty() && std::islower(static_cast<unsigned char>(name.front())) != 0) {
        std::ranges::transform(split(name, '|'), std::back_inserter(literal), [](const std::string& word) {
            return Candidate{word, ""};
        });
    }
    return literal;
}

Completion complete_value(const std::string& name, const Begun& begun)
{
    if (name == "FILE" || name == "DIR") {
        return {.what = name == "FILE" ? What::files : What::folders, .candidates = {}};
    }
    return matching(candidates_of(name, begun), begun.value);
}

Completion complete_operand(const Usage& usage, const Begun& begun)
{
    const std::vector<std::string> operands = operands_of(usage);
    if (operands.empty() || begun.given.operands.size() >= usage.most_operands) {
        return {};
    }
    if (operands == std::vector<std::string>{"FILE"}) {
        return {.what = What::experiment_files, .candidates = {}};
    }
    const std::string& name = operands[std::min(begun.given.operands.size(), operands.size() - 1)];
    return complete_value(name.substr(0, name.find("...")), begun);
}

}  // namespace

Completion matching(const std::vector<Candidate>& candidates, std::string_view word)
{
    Completion completion;
    std::ranges::copy_if(candidates, std::back_inserter(completion.candidates),
                         [&](const Candidate& candidate) { return candidate.word.starts_with(word); });
    return completion;
}

Completion complete(const Usage& usage, const std::vector<std::string>& words)
{
    std::vector<Option> options = usage.options;
    options.insert(options.end(), common_options().begin(), common_options().end());
    const Begun begun = read_begun(options, words);
    if (begun.of != nullptr) {
        const std::string name = "--" + begun.of->name;  // what is called N may be a number of anything
        Completion completion = complete_value(begun.of->argument == "N" ? name : begun.of->argument, begun);
        for (Candidate& candidate : completion.candidates) {
            candidate.word.insert(0, begun.prefix);
        }
        return completion;
    }
    if (begun.value.starts_with('-') && !begun.options_ended) {
        std::vector<Candidate> candidates;
        std::ranges::transform(options, std::back_inserter(candidates), [](const Option& option) {
            return Candidate{"--" + option.name, option.help};
        });
        return matching(candidates, begun.value);
    }
    return complete_operand(usage, begun);
}

void print(const Completion& completion, std::ostream& out)
{
    switch (completion.what) {
        case What::words: out << "words\n"; break;
        case What::files: out << "files\n"; break;
        case What::experiment_files: out << "experiment-files\n"; break;
        case What::folders: out << "folders\n"; break;
    }
    for (const Candidate& candidate : completion.candidates) {
        out << candidate.word << '\t' << candidate.help << '\n';
    }
}

}  // namespace gaggle::commands
