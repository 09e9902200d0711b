#include "orchestrator/plan/script.hpp"

#include "core/embedded.hpp"
#include "core/error.hpp"
#include "core/read_bytes.hpp"
#include "orchestrator/experiment/shell.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cstddef>
#include <mustache.hpp>
#include <set>
#include <span>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace gaggle::plan {

std::span<const EmbeddedFile> template_files();

namespace {

namespace mustache = kainjow::mustache;

/// Every tag of a template; without the essential ones a job would not do its work, or could not be found again.
enum class Need { essential, free };
struct Tag {
    std::string_view name;
    Need need;
};
constexpr std::array<Tag, 12> tags{{{"array", Need::essential},
                                    {"block", Need::free},
                                    {"blocks", Need::free},
                                    {"cell", Need::free},
                                    {"command", Need::essential},
                                    {"environment", Need::free},
                                    {"experiment", Need::free},
                                    {"interpreters", Need::free},
                                    {"log", Need::free},
                                    {"nodes", Need::essential},
                                    {"options", Need::essential},
                                    {"token", Need::essential}}};

/// One argument on an #SBATCH line. sbatch splits these itself: a backslash escapes everywhere, "#" outside quotes
/// begins a comment (Slurm's src/sbatch/opt.c, _get_argument). A line break cannot be written.
[[nodiscard]] std::string sbatch_word(const std::string& text)
{
    if (text.find_first_of("\n\r") != std::string::npos) {
        throw Error(ExitCode::Usage, fmt::format("sbatch takes no option with a line break in it: '{}'", text));
    }
    if (text.find_first_of(" \t\"'\\#") == std::string::npos) {
        return text;
    }
    std::string word = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            word += '\\';
        }
        word += c;
    }
    return word + '"';
}

/// The name of the tasks' logs as a pattern of sbatch's: task, then array. With a backslash in it Slurm would not
/// replace %a and %A, and drop the backslash (seen with 22.05).
[[nodiscard]] std::string log_pattern(const std::filesystem::path& folder)
{
    if (folder.string().find('\\') != std::string::npos) {
        throw Error(ExitCode::Usage,
                    fmt::format("Slurm cannot write logs to a path with a backslash in it: '{}'", folder.string()));
    }
    std::string escaped;
    for (const char c : folder.string()) {
        escaped += c == '%' ? std::string{"%%"} : std::string{c};
    }
    return sbatch_word(escaped + "/%a.%A.out");
}

/// Looks tags up, and remembers all that were asked for.
class RecordingContext : public mustache::context<std::string> {
public:
    explicit RecordingContext(const mustache::data* data) { mustache::context<std::string>::push(data); }

    [[nodiscard]] const mustache::data* get(const std::string& name) const override
    {
        asked_.insert(name);
        return mustache::context<std::string>::get(name);
    }
    [[nodiscard]] const mustache::data* get_partial(const std::string& name) const override
    {
        asked_.insert(">" + name);
        return nullptr;
    }
    [[nodiscard]] const std::set<std::string>& asked() const { return asked_; }

private:
    mutable std::set<std::string> asked_;
};

[[nodiscard]] std::string known_tags()
{
    std::vector<std::string_view> names;
    std::ranges::transform(tags, std::back_inserter(names), &Tag::name);
    return fmt::format("{}", fmt::join(names, ", "));
}

[[nodiscard]] Error template_error(const experiment::SlurmOptions& slurm, const std::string& message)
{
    return {ExitCode::Usage,
            fmt::format("template {}: {}", slurm.template_file ? slurm.template_file->string() : "array.sbatch.in",
                        message)};
}

/// Asks the template for its tags: rendered with all of them set, sections are entered; with none, inverted ones.
void check_tags(mustache::mustache& script, const experiment::SlurmOptions& slurm)
{
    mustache::data all{mustache::data::type::object};
    for (const Tag& tag : tags) {
        all.set(std::string{tag.name}, "x");
    }
    const mustache::data none{mustache::data::type::object};
    RecordingContext with_all{&all};
    RecordingContext with_none{&none};
    static_cast<void>(script.render(with_all));
    static_cast<void>(script.render(with_none));
    std::set<std::string> asked = with_all.asked();
    asked.insert(with_none.asked().begin(), with_none.asked().end());
    asked.erase(".");

    for (const std::string& name : asked) {
        if (std::ranges::find(tags, name, &Tag::name) == tags.end()) {
            throw template_error(slurm, fmt::format("unknown tag '{}'; the tags are {}", name, known_tags()));
        }
    }
    for (const Tag& tag : tags) {
        if (tag.need == Need::essential && !asked.contains(std::string{tag.name})) {
            throw template_error(slurm, fmt::format("no tag '{}', which every batch script of gaggle needs", tag.name));
        }
    }
}

/// sbatch reads options only before the first command; it must not ignore any.
void check_script(const std::string& script, const experiment::SlurmOptions& slurm)
{
    if (!script.starts_with("#!")) {
        throw template_error(slurm, "the first line must name a shell, such as #!/bin/sh");
    }
    std::istringstream lines{script};
    bool commands_began = false;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (commands_began && line.starts_with("#SBATCH")) {
            throw template_error(slurm, fmt::format("sbatch ignores '{}', which comes after a command", line));
        }
        commands_began = commands_began || (first != std::string::npos && line[first] != '#');
    }
}

[[nodiscard]] mustache::data options_of(const experiment::SlurmOptions& slurm)
{
    mustache::data options{mustache::data::type::list};
    if (slurm.exclusive) {
        options << mustache::data{"--exclusive"};
    }
    for (const std::string& option : slurm.options) {
        options << mustache::data{sbatch_word(option)};
    }
    for (const std::string& option : slurm.extra) {
        options << mustache::data{option};
    }
    return options;
}

/// What a script says of the cells that its array measures.
struct Measured {
    unsigned nodes = 0;
    std::string cell;          ///< the cell's name, or what arrays of several are called
    std::string interpreters;  ///< all of them, such as "1, 4"
    std::string environments;  ///< the same
};

[[nodiscard]] Measured measured_by(const Plan& plan, const Array& array)
{
    std::vector<std::size_t> cells = cells_of(array);
    std::ranges::sort(cells);  // as the experiment file lists them
    std::vector<std::string> interpreters;
    std::vector<std::string> environments;
    const auto add = [](std::vector<std::string>& list, const std::string& word) {
        if (std::ranges::find(list, word) == list.end()) {
            list.push_back(word);
        }
    };
    for (const std::size_t number : cells) {
        const Cell& cell = plan.cells.at(number);
        add(interpreters, std::to_string(cell.interpreters));
        add(environments, plan.experiment.environments.at(cell.environment).name);
    }
    const Cell& first = plan.cells.at(cells.front());
    return {.nodes = first.nodes,
            .cell = cells.size() > 1 ? shape_name(first.nodes, cells.size())
                                     : cell_name(first.nodes, first.interpreters, environments.front(), first.role),
            .interpreters = fmt::format("{}", fmt::join(interpreters, ", ")),
            .environments = fmt::format("{}", fmt::join(environments, ", "))};
}

}  // namespace

std::string log_name(unsigned task, std::uint64_t array_job_id)
{
    return fmt::format("{}.{}.out", task, array_job_id);
}

std::string template_text(const experiment::SlurmOptions& options)
{
    if (!options.template_file) {
        return std::string{template_files().front().text};
    }
    return read_bytes(*options.template_file, ExitCode::Usage);
}

std::vector<std::string> given_options(const ArrayFiles& files)
{
    std::error_code problem;
    if (!std::filesystem::exists(files.options, problem)) {
        return {};
    }
    std::vector<std::string> options;
    std::istringstream lines{read_bytes(files.options, ExitCode::Store)};
    for (std::string line; std::getline(lines, line);) {
        options.push_back(line);
    }
    return options;
}

std::string render_script(const std::string& template_text, const Plan& plan, const Array& array,
                          const std::string& token, const ArrayFiles& files)
{
    const experiment::Experiment& experiment = plan.experiment;
    const Measured measured = measured_by(plan, array);
    mustache::mustache script{template_text};
    if (!script.is_valid()) {
        throw template_error(experiment.slurm, script.error_message());
    }
    script.set_custom_escape([](const std::string& text) { return text; });  // a script is not HTML
    check_tags(script, experiment.slurm);

    mustache::data values{mustache::data::type::object};
    values.set("array", fmt::format("0-{}%1", array.tasks.size() - 1));
    values.set("block", std::to_string(array.block + 1));
    values.set("blocks", std::to_string(experiment.blocks));
    values.set("command", fmt::format("{} coordinate --spec {} --records {}", shell_word(files.worker.string()),
                                      shell_word(files.spec.string()), shell_word(files.records.string())));
    values.set("cell", measured.cell);
    values.set("environment", measured.environments);
    values.set("experiment", experiment.name);
    values.set("interpreters", measured.interpreters);
    values.set("log", log_pattern(files.logs));
    values.set("nodes", std::to_string(measured.nodes));
    values.set("options", options_of(experiment.slurm));
    values.set("token", sbatch_word(token));
    std::string rendered = script.render(values);
    check_script(rendered, experiment.slurm);
    return rendered;
}

}  // namespace gaggle::plan
