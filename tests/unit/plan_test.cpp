#include "orchestrator/plan/plan.hpp"

#include "core/error.hpp"
#include "core/line.hpp"
#include "orchestrator/plan/script.hpp"
#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace gaggle;
using experiment::Experiment;
using gaggle::tests::has_text;
using plan::Plan;

namespace {

Experiment small_experiment()
{
    Experiment experiment;
    experiment.name = "grid";
    experiment.nodes = {1, 2};
    experiment.interpreters = {1, 4};
    experiment.repetitions = 4;
    experiment.blocks = 2;
    experiment.seed = 20170308;
    experiment.environments = {{"plain", "venv", "python", {"/v/bin/python"}, {{"PATH", "/v/bin"}}, "", {"numpy"}},
                               {"image", "squashfs", "python", {"{mount}/bin/python"}, {}, "/i.sqfs", {"os"}}};
    experiment.node_timeout = std::chrono::seconds{90};
    experiment.interpreter_timeout = std::chrono::seconds{45};
    return experiment;
}

std::vector<std::size_t> order_of(const Plan& plan, unsigned block)
{
    std::vector<std::size_t> order;
    for (const plan::Array& array : plan.arrays) {
        if (array.block == block) {
            order.push_back(array.tasks.front().cell);
        }
    }
    return order;
}

ArraySpec only_spec(const Plan& plan, const plan::Array& array, const std::string& token)
{
    const std::vector<ArraySpec> specs = plan::array_specs(plan, array, token);
    REQUIRE(specs.size() == 1);
    return specs.front();
}

const plan::ArrayFiles plain_files{"/store/worker",  "/store/a1/spec",   "/store/a1/records",
                                   "/store/a1/logs", "/store/a1/script", "/store/a1/sbatch-options"};

std::string render(const Plan& plan, const plan::ArrayFiles& files = plain_files, const std::string& text = {})
{
    return plan::render_script(text.empty() ? plan::template_text(plan.experiment.slurm) : text, plan,
                               plan.arrays.front(), "0123abcd", files);
}

std::string template_trouble(const std::string& text, const experiment::SlurmOptions& slurm = {})
{
    Experiment experiment = small_experiment();
    experiment.slurm = slurm;
    try {
        static_cast<void>(render(plan::make_plan(experiment), plain_files, text));
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::Usage);
        return error.what();
    }
    return "";
}

/// The options that sbatch would see: its way of splitting #SBATCH lines, by its manual and its source.
std::vector<std::string> sbatch_options(const std::string& script)
{
    std::vector<std::string> options;
    std::istringstream lines{script};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("#SBATCH")) {
            std::string word;
            char quote = '\0';
            bool begun = false;
            for (std::size_t i = 7; i < line.size() && (quote != '\0' || line[i] != '#'); ++i) {
                if (line[i] == '\\' && i + 1 < line.size()) {
                    word += line[++i];
                } else if (quote != '\0' && line[i] == quote) {
                    quote = '\0';
                } else if (quote == '\0' && (line[i] == '"' || line[i] == '\'')) {
                    quote = line[i];
                } else if (quote == '\0' && line[i] == ' ') {
                    if (begun) {
                        options.push_back(word);
                    }
                    word.clear();
                    begun = false;
                    continue;
                } else {
                    word += line[i];
                }
                begun = true;
            }
            REQUIRE(quote == '\0');
            if (begun) {
                options.push_back(word);
            }
        }
    }
    return options;
}

}  // namespace

TEST_CASE("cells come in grid order")
{
    const Plan plan = plan::make_plan(small_experiment());
    CHECK(plan.cells == std::vector<plan::Cell>{
                            {1, 1, 0}, {1, 1, 1}, {1, 4, 0}, {1, 4, 1}, {2, 1, 0}, {2, 1, 1}, {2, 4, 0}, {2, 4, 1}});
}

TEST_CASE("a seed means the same order everywhere")
{
    // Computed by another program from the definition of mt19937-64 and algorithm P.
    const Plan plan = plan::make_plan(small_experiment());
    CHECK(plan.seed == 20170308);
    CHECK(order_of(plan, 0) == std::vector<std::size_t>{0, 6, 2, 5, 4, 7, 1, 3});
    CHECK(order_of(plan, 1) == std::vector<std::size_t>{2, 3, 1, 6, 5, 4, 7, 0});
    CHECK(plan.arrays.front() == plan::Array{0, {{0, 1}, {0, 2}}});
    CHECK(plan.arrays.back() == plan::Array{1, {{0, 3}, {0, 4}}});
}

TEST_CASE("each block holds every cell once, and all repetitions are there")
{
    for (const auto& [repetitions, blocks] :
         std::vector<std::pair<unsigned, unsigned>>{{1, 1}, {6, 1}, {6, 3}, {6, 6}}) {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            Experiment experiment = small_experiment();
            experiment.repetitions = repetitions;
            experiment.blocks = blocks;
            experiment.seed = seed;
            const Plan plan = plan::make_plan(experiment);
            REQUIRE(plan.arrays.size() == plan.cells.size() * blocks);
            std::set<std::pair<std::size_t, unsigned>> measured;
            for (std::size_t i = 0; i < plan.arrays.size(); ++i) {
                const plan::Array& array = plan.arrays[i];
                CHECK(array.block == i / plan.cells.size());  // a block is over before the next begins
                CHECK(array.tasks.size() == repetitions / blocks);
                CHECK(plan::cells_of(array).size() == 1);
                for (const plan::Task& task : array.tasks) {
                    CHECK((task.repetition >= 1 && task.repetition <= repetitions));
                    CHECK(measured.emplace(task.cell, task.repetition).second);
                }
            }
            CHECK(measured.size() == plan.cells.size() * repetitions);
            for (unsigned block = 0; block < blocks; ++block) {
                auto order = order_of(plan, block);
                std::ranges::sort(order);
                CHECK(std::ranges::adjacent_find(order) == order.end());
            }
        }
    }
}

TEST_CASE("by shape there is an array for each number of nodes and block, with all its cells' repetitions, shuffled")
{
    Experiment experiment = small_experiment();
    experiment.slurm.array_of = experiment::ArrayOf::shape;
    std::set<std::vector<std::size_t>> orders;
    std::set<unsigned> first_nodes;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        experiment.seed = seed;
        const Plan plan = plan::make_plan(experiment);
        REQUIRE(plan.arrays.size() == 2 * 2);
        std::set<std::pair<std::size_t, unsigned>> measured;
        for (std::size_t i = 0; i < plan.arrays.size(); ++i) {
            const plan::Array& array = plan.arrays[i];
            CHECK(array.block == i / 2);
            CHECK(array.tasks.size() == 4 * 2);
            CHECK(plan::cells_of(array).size() == 4);
            std::vector<std::size_t> order;
            for (const plan::Task& task : array.tasks) {
                CHECK(plan.cells.at(task.cell).nodes == plan.cells.at(array.tasks.front().cell).nodes);
                CHECK((task.repetition - 1) / 2 == array.block);
                CHECK(measured.emplace(task.cell, task.repetition).second);
                order.push_back(task.cell);
            }
            orders.insert(order);
        }
        CHECK(measured.size() == 8 * 4);
        first_nodes.insert(plan.cells.at(plan.arrays.front().tasks.front().cell).nodes);
        CHECK(plan::make_plan(experiment).arrays == plan.arrays);
    }
    CHECK(orders.size() > 70);
    CHECK(first_nodes == std::set<unsigned>{1, 2});
    experiment.slurm.options = {"--time=00:30:00"};
    CHECK(plan::node_hours(plan::make_plan(experiment)) == std::optional{24.0});
}

TEST_CASE("each cell of an array has a specification, and each task is in one of them")
{
    Experiment experiment = small_experiment();
    experiment.slurm.array_of = experiment::ArrayOf::shape;
    experiment.sentinel = 1;
    experiment.trace = true;
    const Plan plan = plan::make_plan(experiment);
    REQUIRE(plan.arrays.size() == 4 + 5 + 1);  // sentinels in between, and one array for the traces
    CHECK(plan.arrays.back() == plan::Array{1, {{9, 1}, {10, 1}}});
    for (const plan::Array& array : plan.arrays) {
        std::vector<plan::Task> tasks(array.tasks.size());
        const std::vector<ArraySpec> specs = plan::array_specs(plan, array, "token");
        const std::vector<std::size_t> cells = plan::cells_of(array);
        REQUIRE(specs.size() == cells.size());
        for (std::size_t i = 0; i < specs.size(); ++i) {
            const plan::Cell& cell = plan.cells.at(cells[i]);
            CHECK(specs[i].token == "token");
            CHECK(specs[i].nodes == cell.nodes);
            CHECK(specs[i].interpreters == cell.interpreters);
            CHECK(specs[i].environment.name == experiment.environments.at(cell.environment).name);
            CHECK(specs[i].role == cell.role);
            for (const auto& [task, repetition] : specs[i].repetition_of) {
                CHECK(tasks.at(task) == plan::Task{});
                tasks.at(task) = {cells[i], repetition};
            }
        }
        CHECK(tasks == array.tasks);
    }
    const std::string script = plan::render_script(plan::template_text({}), plan, plan.arrays.at(1), "t", plain_files);
    const unsigned nodes = plan.cells.at(plan.arrays.at(1).tasks.front().cell).nodes;
    CHECK_THAT(script, has_text("#SBATCH --array=0-7%1\n") &&
                           has_text("interpreters 1, 4, environment plain, image\n") &&
                           has_text(fmt::format("nodes {}, ", nodes)) &&
                           has_text(fmt::format("cell          {}: ", plan::shape_name(nodes, 4))));
    CHECK(plan::shape_name(1, 4) == "1 node, 4 cells");

    const std::vector<plan::Array> pieces = plan::split({plan.arrays.at(1)}, 3);
    REQUIRE(pieces.size() == 3);
    std::vector<plan::Task> tasks;
    for (const plan::Array& piece : pieces) {
        tasks.insert(tasks.end(), piece.tasks.begin(), piece.tasks.end());
    }
    CHECK(tasks == plan.arrays.at(1).tasks);
}

TEST_CASE("a sentinel comes first, last and after so many arrays, and leaves the others' order alone")
{
    const Plan without = plan::make_plan(small_experiment());
    for (const unsigned interval : {1U, 3U, 5U, 8U, 16U, 100U}) {
        Experiment experiment = small_experiment();
        experiment.sentinel = interval;
        const Plan plan = plan::make_plan(experiment);
        REQUIRE(plan.cells.size() == without.cells.size() + 1);
        const std::size_t sentinel = plan.cells.size() - 1;
        CHECK(plan.cells[sentinel] == plan::Cell{1, 1, 0, Role::sentinel});
        std::vector<plan::Array> others;
        std::vector<std::size_t> between;  // others since the last sentinel
        unsigned repetition = 0;
        for (const plan::Array& array : plan.arrays) {
            if (array.tasks.front().cell == sentinel) {
                CHECK(array.tasks == std::vector<plan::Task>{{sentinel, ++repetition}});
                between.push_back(0);
            } else {
                others.push_back(array);
                ++between.back();
            }
        }
        CHECK(others == without.arrays);
        CHECK(plan.arrays.back().tasks.front().cell == sentinel);
        CHECK(between.back() == 0);
        between.pop_back();
        CHECK(between.size() == (others.size() + interval - 1) / interval);
        between.pop_back();
        CHECK(std::ranges::count(between, interval) == static_cast<std::ptrdiff_t>(between.size()));
    }
}

TEST_CASE("each environment is traced once, on one node with one interpreter, when all has been measured")
{
    Experiment experiment = small_experiment();
    experiment.sentinel = 4;
    experiment.trace = true;
    for (EnvironmentSpec& environment : experiment.environments) {
        environment.controls = {{"null", {"true"}}};
    }
    const Plan plan = plan::make_plan(experiment);
    const std::size_t environments = experiment.environments.size();
    REQUIRE(plan.cells.size() == 8 + 1 + environments);
    for (std::size_t i = 0; i < environments; ++i) {
        const std::size_t cell = 9 + i;
        CHECK(plan.cells[cell] == plan::Cell{1, 1, i, Role::trace});
        const plan::Array& array = plan.arrays[plan.arrays.size() - environments + i];
        CHECK(array == plan::Array{1, {{cell, 1}}});
        const ArraySpec spec = only_spec(plan, array, "token");
        CHECK(spec.role == Role::trace);
        CHECK(spec.environment.controls.empty());
    }
    CHECK(only_spec(plan, plan.arrays.front(), "token").role == Role::sentinel);
    const ArraySpec measured = only_spec(plan, plan.arrays.at(1), "token");
    CHECK(measured.role == Role::measured);
    CHECK(measured.environment.controls.size() == 1);
    experiment.slurm.options = {"--time=00:30:00"};
    // 24 as without them, 5 sentinels and a trace of each environment on 1 node
    CHECK(plan::node_hours(plan::make_plan(experiment)) == std::optional{24.0 + 0.5 * (5 + 2)});
}

TEST_CASE("no two cells share a name")
{
    Experiment experiment = small_experiment();
    experiment.sentinel = 4;
    experiment.trace = true;
    const Plan plan = plan::make_plan(experiment);
    std::set<std::string> names;
    for (const plan::Cell& cell : plan.cells) {
        const std::string& environment = plan.experiment.environments.at(cell.environment).name;
        names.insert(plan::cell_name(cell.nodes, cell.interpreters, environment, cell.role));
    }
    CHECK(names.size() == plan.cells.size());
    CHECK(plan::cell_name(2, 4, "conda", Role::measured) == "2x4:conda");
    CHECK(plan::cell_name(1, 1, "conda", Role::trace) == "1x1:conda:trace");
}

TEST_CASE("a specification from before there were roles is of a measured cell")
{
    const Plan plan = plan::make_plan(small_experiment());
    ArraySpec spec = only_spec(plan, plan.arrays.front(), "token");
    spec.version = 2;
    std::string text = line::write(spec);
    text.pop_back();
    CHECK(text.find("measured") == std::string::npos);
    CHECK(line::read<ArraySpec>(text) == spec);
    spec.version = 3;
    text = line::write(spec);
    text.pop_back();
    CHECK(line::read<ArraySpec>(text) == spec);
    spec.version = ArraySpec::current_version;
    spec.role = Role::trace;
    spec.environment.container_words = 3;
    spec.environment.per = Per::node;
    text = line::write(spec);
    text.pop_back();
    CHECK(line::read<ArraySpec>(text) == spec);
}

TEST_CASE("every cell comes first about equally often")
{
    std::vector<int> first(8);
    for (std::uint64_t seed = 0; seed < 8000; ++seed) {
        Experiment experiment = small_experiment();
        experiment.seed = seed;
        ++first[plan::make_plan(experiment).arrays.front().tasks.front().cell];
    }
    for (const int count : first) {  // 1000 expected, standard deviation 30
        CHECK(count > 850);
        CHECK(count < 1150);
    }
}

TEST_CASE("without a seed one is drawn that SQLite can hold")
{
    Experiment experiment = small_experiment();
    experiment.seed.reset();
    std::set<std::uint64_t> seeds;
    for (int i = 0; i < 50; ++i) {
        const Plan plan = plan::make_plan(experiment);
        CHECK(plan.seed <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
        seeds.insert(plan.seed);
        Experiment again = experiment;
        again.seed = plan.seed;
        CHECK(plan::make_plan(again).arrays == plan.arrays);
    }
    CHECK(seeds.size() == 50);
}

TEST_CASE("the worker's view of an array")
{
    const Plan plan = plan::make_plan(small_experiment());
    const ArraySpec spec = only_spec(plan, plan.arrays.back(), "token");
    CHECK(spec.version == ArraySpec::current_version);
    CHECK(spec.token == "token");
    CHECK(spec.experiment == "grid");
    CHECK(spec.nodes == 1);
    CHECK(spec.interpreters == 1);
    CHECK(spec.repetition_of == std::vector<std::pair<unsigned, unsigned>>{{0, 3}, {1, 4}});
    CHECK(spec.meet_timeout_ms == 90'000);
    CHECK(spec.prepare_timeout_ms == 90'000);
    CHECK(spec.interpreter_timeout_ms == 45'000);
    CHECK(spec.cache == gaggle::CacheState::as_is);
    CHECK(spec.cache_timeout_ms() == 0);
    CHECK(spec.environment == plan.experiment.environments[0]);
}

TEST_CASE("a cache state takes as long as getting ready, warm a run more")
{
    Experiment experiment = small_experiment();
    const auto spec_of = [&](gaggle::CacheState state) {
        experiment.cache = state;
        const Plan plan = plan::make_plan(experiment);
        return only_spec(plan, plan.arrays.front(), "token");
    };
    CHECK(spec_of(gaggle::CacheState::cold).cache == gaggle::CacheState::cold);
    CHECK(spec_of(gaggle::CacheState::cold).cache_timeout_ms() == 90'000);
    CHECK(spec_of(gaggle::CacheState::hot).cache_timeout_ms() == 90'000);
    CHECK(spec_of(gaggle::CacheState::warm).cache_timeout_ms() == 90'000 + 45'000);
}

TEST_CASE("node-hours")
{
    Experiment experiment = small_experiment();
    CHECK_FALSE(plan::node_hours(plan::make_plan(experiment)).has_value());
    experiment.slurm.options = {"--time=00:30:00"};
    // 4 cells of 1 node and 4 of 2, 4 repetitions each, half an hour each
    CHECK(plan::node_hours(plan::make_plan(experiment)) == std::optional{24.0});
    experiment.slurm.extra = {"--time=1:00:00"};
    CHECK(plan::node_hours(plan::make_plan(experiment)) == std::optional{48.0});
    experiment.slurm.extra = {"--time=UNLIMITED"};
    CHECK_FALSE(plan::node_hours(plan::make_plan(experiment)).has_value());
}

TEST_CASE("an array that is too large becomes several, in its place")
{
    const std::vector<plan::Array> arrays{{0, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}}}, {0, {{1, 1}, {1, 2}}}};
    CHECK(plan::split(arrays, 2) ==
          std::vector<plan::Array>{{0, {{0, 1}, {0, 2}}}, {0, {{0, 3}, {0, 4}}}, {0, {{0, 5}}}, {0, {{1, 1}, {1, 2}}}});
    CHECK(plan::split(arrays, 5) == arrays);
}

TEST_CASE("the built-in template")
{
    Experiment experiment = small_experiment();
    experiment.slurm.options = {"--partition=norm", "--account=a \"b\" c#d\\e"};
    experiment.slurm.extra = {"--switches=1 -H"};
    const std::string script = render(plan::make_plan(experiment));
    CHECK(script ==
          "#!/bin/sh\n"
          "# One Slurm array of gaggle: repetitions of one block.\n"
          "#   experiment    grid\n"
          "#   cell          1x1:plain: nodes 1, interpreters 1, environment plain\n"
          "#   block         1 of 2\n"
          "#SBATCH --job-name=gaggle-grid\n"
          "#SBATCH --comment=gaggle:0123abcd\n"
          "#SBATCH --nodes=1\n"
          "#SBATCH --ntasks-per-node=1\n"
          "#SBATCH --mem=0\n"
          "#SBATCH --array=0-1%1\n"
          "#SBATCH --no-requeue\n"
          "# One node that fails must not take the others' results along; the record says which failed.\n"
          "#SBATCH --no-kill\n"
          "#SBATCH --output=/store/a1/logs/%a.%A.out\n"
          "#SBATCH --open-mode=append\n"
          "# The environment of sbatch is a scrubbed one; NONE would read a login shell's on the node.\n"
          "#SBATCH --export=ALL\n"
          "#SBATCH --exclusive\n"
          "#SBATCH --partition=norm\n"
          "#SBATCH \"--account=a \\\"b\\\" c#d\\\\e\"\n"
          "#SBATCH --switches=1 -H\n"
          "\n"
          "exec /store/worker coordinate --spec /store/a1/spec --records /store/a1/records\n");
    const auto options = sbatch_options(script);
    CHECK(std::ranges::find(options, "--account=a \"b\" c#d\\e") != options.end());
    CHECK(std::ranges::find(options, "-H") != options.end());

    experiment.slurm.exclusive = false;
    CHECK(render(plan::make_plan(experiment)).find("--exclusive") == std::string::npos);
}

TEST_CASE("paths with anything in them reach sbatch and the worker whole")
{
    for (const std::string name : {"a b", "it's", "d\"q", "$(touch pwned) `touch pwned` $HOME", "100%A%%", "a#b",
                                   "; exit 7", "&amp; <x>", "-e *?[", "{{array}} {{{nodes}}}", "ü"}) {
        INFO(name);
        const tests::TemporaryDirectory directory;
        const std::filesystem::path folder = directory.path() / name;
        const plan::ArrayFiles files{folder / "worker", folder / "spec",   folder / "records",
                                     folder / "logs",   folder / "script", folder / "sbatch-options"};
        const auto worker = directory.write(files.worker, "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 3\n");
        std::filesystem::permissions(worker, std::filesystem::perms::owner_all);
        const std::string script = render(plan::make_plan(small_experiment()), files);
        const auto file = directory.write(files.script, script);

        CHECK(tests::run({"/bin/bash", "-n", file.string()}).status == 0);
        for (const std::string shell : {"/bin/sh", "/bin/bash"}) {
            const tests::Finished finished = tests::run({shell, file.string()});
            CHECK(finished.status == 3);  // exec: the worker's status is the job's
            CHECK(finished.out ==
                  "coordinate\n--spec\n" + files.spec.string() + "\n--records\n" + files.records.string() + "\n");
            CHECK(finished.err.empty());
        }
        CHECK_FALSE(std::filesystem::exists("pwned"));

        std::string pattern;
        for (const char c : files.logs.string()) {
            pattern += c == '%' ? std::string{"%%"} : std::string{c};
        }
        const auto options = sbatch_options(script);
        CHECK(std::ranges::find(options, "--output=" + pattern + "/%a.%A.out") != options.end());
    }
}

TEST_CASE("paths that sbatch cannot write logs to are errors")
{
    for (const std::string name : {"back\\slash", "new\nline"}) {
        plan::ArrayFiles files = plain_files;
        files.logs = "/store/" + name;
        CHECK_THROWS_AS(render(plan::make_plan(small_experiment()), files), Error);
    }
}

TEST_CASE("a template of one's own")
{
    const std::string essential =
        "#SBATCH -N {{nodes}} --array={{array}} --comment=gaggle:{{token}}\n"
        "{{#options}}\n#SBATCH {{.}}\n{{/options}}\n";
    const std::string sound = "#!/bin/bash\n" + essential + "module purge\nexec {{command}}\n";
    const tests::TemporaryDirectory directory;
    Experiment experiment = small_experiment();
    experiment.slurm.template_file = directory.write("site.sbatch.in", sound);
    CHECK(render(plan::make_plan(experiment)) ==
          "#!/bin/bash\n#SBATCH -N 1 --array=0-1%1 --comment=gaggle:0123abcd\n#SBATCH --exclusive\nmodule purge\n"
          "exec /store/worker coordinate --spec /store/a1/spec --records /store/a1/records\n");

    experiment::SlurmOptions named;
    named.template_file = "/site/t.in";
    CHECK(template_trouble("#!/bin/sh\n" + essential + "{{commnad}}{{command}}", named) ==
          "template /site/t.in: unknown tag 'commnad'; the tags are array, block, blocks, cell, command, environment, "
          "experiment, interpreters, log, nodes, options, token");
    const auto unknown = [&](const std::string& text) {
        return template_trouble("#!/bin/sh\n" + essential + "{{command}}\n" + text).find("unknown tag") !=
               std::string::npos;
    };
    CHECK(unknown("{{#options}}{{nodez}}{{/options}}"));
    CHECK(unknown("{{^options}}{{nodez}}{{/options}}"));
    CHECK(unknown("{{#exclusive}}x{{/exclusive}}"));
    CHECK(unknown("{{{spec}}}"));
    CHECK(unknown("{{>site}}"));
    CHECK_FALSE(unknown("{{! a comment }} ${HOME} {{&log}} {{{block}}}/{{blocks}}"));

    CHECK(template_trouble("#!/bin/sh\n{{#options").starts_with("template array.sbatch.in: "));
    CHECK(template_trouble("#!/bin/sh\n" + essential) ==
          "template array.sbatch.in: no tag 'command', which every batch script of gaggle needs");
    for (const std::string tag : {"{{nodes}}", "{{array}}", "{{token}}"}) {
        std::string lacking = sound;
        lacking.erase(lacking.find(tag), tag.size());
        CHECK(template_trouble(lacking) == "template array.sbatch.in: no tag '" + tag.substr(2, tag.size() - 4) +
                                               "', which every batch script of gaggle needs");
    }
    CHECK(template_trouble(essential + "exec {{command}}\n").find("must name a shell") != std::string::npos);
    CHECK(template_trouble("#!/bin/sh\nmodule purge\n" + essential + "exec {{command}}\n").find("sbatch ignores") !=
          std::string::npos);

    experiment.slurm.template_file = directory.path() / "gone";
    CHECK_THROWS_AS(plan::template_text(experiment.slurm), Error);
}
