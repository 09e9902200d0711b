#include "orchestrator/commands/choice.hpp"

#include "core/error.hpp"
#include "orchestrator/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

namespace gaggle::commands {

namespace {

std::set<store::AttemptId> where(const store::Store& store, const std::string& condition)
{
    try {
        return store.latest_where(condition);
    } catch (const Error& error) {
        if (error.code() != ExitCode::Usage) {
            throw;
        }
        throw Error(ExitCode::Usage, fmt::format("--where \"{}\": {}; expected a condition over the columns of the "
                                                 "view 'all_latest', see docs/data-model.md",
                                                 condition, error.what()));
    }
}

}  // namespace

store::ExperimentRow chosen_experiment(const Parsed& parsed, const store::Store& store)
{
    std::optional<store::ExperimentId> id = store.newest_experiment();
    if (!id) {
        throw Error(ExitCode::Usage, "no experiment in " + store.directory().string());
    }
    const std::optional<std::string> text = parsed.value("experiment");
    if (text) {
        const char* const end = text->data() + text->size();
        const auto read = std::from_chars(text->data(), end, id->value);
        if (read.ec != std::errc{} || read.ptr != end) {
            throw Error(ExitCode::Usage, "--experiment: expected a number, found '" + *text + "'");
        }
    }
    const std::optional<store::ExperimentRow> row = store.find(*id);
    if (!row) {
        throw Error(ExitCode::Usage,
                    fmt::format("--experiment: there is no {} in {}", id->value, store.directory().string()));
    }
    if (row->launcher == record::Launcher::imported) {
        throw Error(ExitCode::Usage, fmt::format("--experiment: {} was imported; gaggle did not run it", id->value));
    }
    return *row;
}

std::vector<store::ElementRow> chosen_attempts(const Parsed& parsed, const store::Store& store,
                                               store::ExperimentId experiment, std::span<const AttemptState> states,
                                               Attempts which)
{
    std::vector<selection::Term> terms;
    std::ranges::transform(parsed.operands, std::back_inserter(terms), selection::parse_term);
    std::vector<AttemptState> wanted{states.begin(), states.end()};
    if (const auto text = parsed.value("state")) {
        wanted = selection::parse_states(*text, states);
    }
    std::vector<store::ElementRow> chosen = selection::select(store.elements(experiment), terms);
    std::erase_if(chosen, [&](const store::ElementRow& element) {
        return (which == Attempts::latest && element.superseded) ||
               std::ranges::find(wanted, element.state) == wanted.end();
    });
    if (const auto condition = parsed.value("where")) {
        const std::set<store::AttemptId> found = where(store, *condition);
        std::erase_if(chosen, [&](const store::ElementRow& element) { return !found.contains(element.attempt); });
    }
    return chosen;
}

}  // namespace gaggle::commands
