#include "worker/surroundings.hpp"

#include "core/error.hpp"
#include "core/line.hpp"
#include "worker/capture.hpp"
#include "worker/importtime.hpp"
#include "worker/inspection.hpp"
#include "worker/listing.hpp"
#include "worker/trace.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

namespace gaggle::worker {

namespace {

std::vector<std::pair<std::string, std::string>> pairs(const std::vector<Fact>& facts)
{
    std::vector<std::pair<std::string, std::string>> both;
    both.reserve(facts.size());
    for (const Fact& fact : facts) {
        both.emplace_back(fact.name, fact.value);
    }
    return both;
}

/// Writes "{mount}" for the mount point, however it is spelt.
void hide_mount_point(std::vector<Fact>& facts, const std::filesystem::path& mount_point)
{
    std::error_code ignored;
    for (const std::string& spelt : {mount_point.string(), std::filesystem::canonical(mount_point, ignored).string()}) {
        for (Fact& fact : facts) {
            for (std::size_t at = 0; !spelt.empty() && (at = fact.value.find(spelt)) != std::string::npos;) {
                fact.value.replace(at, spelt.size(), "{mount}");
            }
        }
    }
}

void append(std::vector<Fact>& facts, std::vector<Fact> more)
{
    std::ranges::move(more, std::back_inserter(facts));
}

/// The worker lists them where the interpreter runs. `environment`: its language is "none".
boost::asio::awaitable<std::string> file_lines(boost::asio::any_io_executor executor, unsigned node,
                                               EnvironmentSpec environment, Place place, std::string folder)
{
    record::Files files;
    files.node = node;
    std::string lines;
    try {
        if (folder.empty()) {
            throw Error{ExitCode::Usage, "the interpreter does not say which folder is its own"};
        }
        environment.command.resize(environment.container_words);
        environment.command.insert(environment.command.end(), {worker_itself, "files", folder});
        const auto deadline = std::chrono::steady_clock::now() + listing_time;
        Program program = make_program(environment, place);
        program.shown = Shown::worker;
        const Captured said = co_await capture(std::move(executor), std::move(program), deadline);
        files.trouble = said.trouble;
        lines = said.trouble.empty() ? file_lines_of(said.output, node) : "";
    } catch (const Error& error) {
        files.trouble = error.what();
    }
    if (files.trouble.empty() && lines.empty()) {
        files.trouble = "no file was found in " + folder;
    }
    std::vector<Fact> shown{{"folder", folder}};
    hide_mount_point(shown, place.mount_point);
    files.folder = shown.front().value;
    co_return line::write(files) + lines;
}

/// `environment`: of python.
boost::asio::awaitable<record::ImportTimes> import_times(boost::asio::any_io_executor executor, unsigned node,
                                                         EnvironmentSpec environment, Place place,
                                                         std::chrono::milliseconds timeout)
{
    environment.command.insert(environment.command.end(), {"-X", "importtime"});
    record::ImportTimes times;
    times.node = node;
    try {
        Program program = make_program(environment, place);
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        const Captured said = co_await capture(std::move(executor), std::move(program), deadline);
        times.modules = parse_import_times(said.error);
        times.trouble = said.trouble;
        if (times.modules.empty() && times.trouble.empty()) {
            times.trouble = "this python told none: -X importtime came with 3.7";
        }
    } catch (const Error& error) {
        times.trouble = error.what();
    }
    co_return times;
}

}  // namespace

std::string facts_line(unsigned node, record::Subject subject, const std::vector<Fact>& facts)
{
    return line::write(record::Facts{.node = node, .subject = subject, .facts = pairs(facts)});
}

std::string counter_lines(unsigned node, const CounterChanges& changes)
{
    record::Counters counters{.node = node, .left_out = ""};
    for (const std::string& reason : changes.left_out) {
        counters.left_out += (counters.left_out.empty() ? "" : "\n") + reason;
    }
    std::string lines = line::write(counters);
    for (const Counter& one : changes.changed) {
        lines += line::write(record::Counter{.node = node, .source = one.source, .name = one.name, .value = one.value});
    }
    return lines;
}

std::vector<Fact> environment_facts(const EnvironmentSpec& environment, const Place& place)
{
    std::vector<Fact> facts;
    try {
        append(facts, path_facts("interpreter", make_program(environment, place).executable));
    } catch (const Error&) {
        // There is no such command: no interpreter ran, and the node has said why.
    }
    if (environment.container.starts_with('/')) {
        append(facts, path_facts("image", environment.container));
    } else if (!environment.container.empty()) {
        facts.push_back({"image_path", environment.container});
    }
    if (!environment.image.empty()) {
        append(facts, path_facts("image", environment.image));
        append(facts, path_facts("mount", place.mount_point));
    }
    hide_mount_point(facts, place.mount_point);
    return facts;
}

boost::asio::awaitable<std::string> inspection_lines(boost::asio::any_io_executor executor, unsigned node,
                                                     EnvironmentSpec environment, Place place, Listing listing)
{
    const std::string language = std::exchange(environment.language, "none");
    std::optional<Program> program = inspection_program(make_program(environment, place), language);
    if (!program) {
        co_return "";
    }
    const auto deadline = std::chrono::steady_clock::now() + inspection_time;
    Inspection inspection = co_await inspect(executor, std::move(*program), deadline);
    const auto found = std::ranges::find(inspection.facts, "prefix", &Fact::name);
    const std::string prefix = found == inspection.facts.end() ? "" : found->value;
    if (environment.container.empty() && !prefix.empty()) {
        append(inspection.facts, path_facts("prefix", prefix));
    }
    hide_mount_point(inspection.facts, place.mount_point);
    record::Inspection one;
    one.node = node;
    one.version = std::move(inspection.version);
    one.facts = pairs(inspection.facts);
    one.packages_sha256 = std::move(inspection.packages_sha256);
    one.packages = std::move(inspection.packages);
    one.trouble = std::move(inspection.trouble);
    std::string lines = line::write(one);
    if (listing == Listing::wanted) {
        lines += co_await file_lines(executor, node, std::move(environment), std::move(place), prefix);
    }
    co_return lines;
}

boost::asio::awaitable<std::string> trace_lines(boost::asio::any_io_executor executor, unsigned node,
                                                EnvironmentSpec environment, Place place,
                                                std::chrono::milliseconds timeout)
{
    record::Trace trace;
    try {
        Program program = make_program(environment, place);
        trace = co_await trace_program(executor, std::move(program), timeout);
    } catch (const Error& error) {
        trace.trouble = error.what();
    }
    trace.node = node;
    std::string lines = line::write(trace);
    if (environment.language == "python") {
        const record::ImportTimes times =
            co_await import_times(executor, node, std::move(environment), std::move(place), timeout);
        lines += line::write(times);
    }
    co_return lines;
}

}  // namespace gaggle::worker
