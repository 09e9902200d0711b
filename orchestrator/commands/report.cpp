#include "orchestrator/report/report.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "orchestrator/commands/collected.hpp"
#include "orchestrator/commands/commands.hpp"
#include "orchestrator/commands/named.hpp"
#include "orchestrator/commands/options.hpp"
#include "orchestrator/commands/words.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <limits>

namespace gaggle::commands {

namespace {

const Usage report_usage{
    .synopsis = "gaggle report [options] [EXPERIMENT...]",
    .description =
        "Collects, and writes one HTML page with figures and tables of these experiments, by number or name; of all "
        "if\n"
        "none is named. The page holds everything it needs and asks no network for anything.\n",
    .options = {{"output,o", "FILE", "where to write the page (default: report.html); - is standard output"},
                {"text", "", "draw the figure of overall times on the terminal instead"}},
    .least_operands = 0,
    .most_operands = std::numeric_limits<std::size_t>::max()};

/// Columns of the terminal on standard output; 80 where that is none.
std::size_t terminal_width()
{
    winsize size{};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void write_page(const std::string& file, const std::string& page)
{
    std::ofstream stream{file, std::ios::binary | std::ios::trunc};
    if (!(stream << page) || !stream.flush()) {
        throw Error(ExitCode::Usage, fmt::format("--output: cannot write {}: {}", file, std::strerror(errno)));
    }
}

}  // namespace

ExitCode report(const Arguments& arguments)
{
    const std::optional<Parsed> parsed = parse(report_usage, arguments);
    if (!parsed) {
        return ExitCode::Ok;
    }
    if (parsed->has("text") && parsed->has("output")) {
        throw Error(ExitCode::Usage, "--text is for the terminal: no --output beside it");
    }
    const store::Store store = open_collected(parsed->store());
    const std::vector<store::ExperimentId> experiments = experiments_or_all(store, parsed->operands);
    if (parsed->has("text")) {
        std::cout << report::text(store, experiments, terminal_width());
        return ExitCode::Ok;
    }
    const std::string page = report::page(report::gather(store, experiments));
    const std::string file = parsed->value("output").value_or("report.html");
    if (file == "-") {
        std::cout << page;
        return ExitCode::Ok;
    }
    write_page(file, page);
    log::info(fmt::format("{}: {} in one page", file, counted(experiments.size(), "experiment")));
    return ExitCode::Ok;
}

}  // namespace gaggle::commands
