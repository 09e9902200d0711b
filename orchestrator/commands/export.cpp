#include "core/log.hpp"
#include "orchestrator/commands/collected.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/named.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/words.hpp"
#include "orchestrator/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <span>
#include <system_error>

namespace gaggle::commands {

namespace {

namespace fs = std::filesystem;

const Usage export_usage{
    .synopsis = "gaggle export [options] DIR [EXPERIMENT...]",
    .description =
        "Collects, and writes each view of the database as DIR/VIEW.csv, with the rows of these experiments, by "
        "number\n"
        "or name; of all if none is named. Files of these names are replaced; prints a line per view: file, rows.\n",
    .options = {},
    .least_operands = 1,
    .most_operands = std::numeric_limits<std::size_t>::max()};

[[noreturn]] void fail(const fs::path& file)
{
    throw Error(ExitCode::Usage, fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
}

/// The result of `sql` as a CSV file, which appears with all of it; the number of its rows.
std::size_t write_view(const store::Store& store, const fs::path& file, const std::string& sql,
                       const store::Parameters& parameters)
{
    constexpr std::size_t rows_at_once = 10'000;
    const fs::path partial = file.string() + ".partial";
    std::ofstream stream{partial, std::ios::binary | std::ios::trunc};
    std::size_t rows = 0;
    bool is_first = true;
    store.query_in_parts(sql, parameters, rows_at_once, [&](const store::Table& part) {
        if (!(stream << (is_first ? table::render(part, table::Format::csv) : table::csv_rows(part)))) {
            fail(partial);
        }
        is_first = false;
        rows += part.rows.size();
    });
    stream.close();
    if (!stream || std::rename(partial.c_str(), file.c_str()) != 0) {
        fail(partial);
    }
    return rows;
}

}  // namespace

ExitCode export_views(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(export_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    const store::Store store = open_collected(parsed->store());
    const std::vector<store::ExperimentId> experiments =
        experiments_or_all(store, std::span{parsed->operands}.subspan(1));
    std::vector<std::int64_t> ids;
    std::ranges::transform(experiments, std::back_inserter(ids), &store::ExperimentId::value);
    const store::Parameters parameters{{"experiments", fmt::format("[{}]", fmt::join(ids, ","))}};
    const fs::path folder = parsed->operands.front();
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem) {
        throw Error(ExitCode::Usage, fmt::format("cannot create {}: {}", folder.string(), problem.message()));
    }
    for (const auto& view : store.query(store::exports_query()).rows) {
        const fs::path file = folder / (*view[0] + ".csv");
        fmt::print("{}\t{}\n", file.string(), write_view(store, file, *view[1], parameters));
    }
    log::info(fmt::format("{}: {}", folder.string(), counted(experiments.size(), "experiment")));
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
