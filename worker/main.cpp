#include "core/error.hpp"
#include "core/log.hpp"
#include "worker/contained.hpp"
#include "worker/coordinate.hpp"
#include "worker/files.hpp"
#include "worker/gate.hpp"
#include "worker/listing.hpp"
#include "worker/node.hpp"

#include <signal.h>
#include <boost/program_options.hpp>

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace options = boost::program_options;
using gaggle::Error;
using gaggle::ExitCode;

constexpr const char* usage =
    "gaggle-worker coordinate --spec FILE --records DIR [--task N] [--local] [--with-files]\n"
    "    measure one repetition on this allocation (or with \"nodes\" that are processes here), write its record\n"
    "gaggle-worker node\n"
    "    one node's part; started by the coordinator\n"
    "gaggle-worker gate CHILDREN INDEX EXECUTABLE ...\n"
    "    an interpreter before its start; started by the node's worker\n"
    "gaggle-worker enter PROGRAM ...\n"
    "    an interpreter whose container or wrapper is up; started by that\n"
    "gaggle-worker inside\n"
    "    a node's part in a container; started by the node's worker\n"
    "gaggle-worker files FOLDER\n"
    "    what files are there, with their SHA-256; started by the node's worker\n"
    "gaggle-worker --version\n"
    "\n"
    "Exit status: 0 everything measured, 1 something failed and the record says what, 2 and above: no record.\n";

int run_coordinate(const std::vector<std::string>& arguments)
{
    gaggle::worker::CoordinateOptions chosen;
    options::options_description known;
    known.add_options()("spec", options::value(&chosen.spec)->required())(
        "records", options::value(&chosen.records)->required())("task", options::value<unsigned>())("local", "")(
        "with-files", "");
    options::variables_map given;
    options::store(options::command_line_parser(arguments).options(known).run(), given);
    options::notify(given);
    if (given.contains("task")) {
        chosen.task = given["task"].as<unsigned>();
    }
    if (given.contains("local")) {
        chosen.nodes = gaggle::worker::CoordinateOptions::Nodes::ProcessesHere;
    }
    chosen.with_files = given.contains("with-files");
    return gaggle::worker::coordinate(chosen) ? 0 : static_cast<int>(ExitCode::CellsFailed);
}

int dispatch(const std::vector<std::string>& arguments)
{
    const std::string command = arguments.empty() ? "" : arguments.front();
    if (command == "coordinate") {
        return run_coordinate({arguments.begin() + 1, arguments.end()});
    }
    if (command == "node" && arguments.size() == 1) {
        gaggle::worker::run_node();
        return 0;
    }
    if (command == "inside" && arguments.size() == 1) {
        gaggle::worker::run_inside();
        return 0;
    }
    if (command == "files" && arguments.size() == 2) {
        gaggle::worker::print_files(arguments[1]);
        return 0;
    }
    if (command == "--version") {
        std::cout << "gaggle-worker " GAGGLE_VERSION "\n";
        return 0;
    }
    if (command == "--help") {
        std::cout << usage;
        return 0;
    }
    throw Error{ExitCode::Usage, "expected 'coordinate' or 'node'; see 'gaggle-worker --help'"};
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc > 1 && std::string_view{argv[1]} == "gate") {
        return gaggle::worker::wait_at_gate(argc, argv);  // before anything else takes memory or time
    }
    gaggle::log::start("gaggle-worker", gaggle::log::Level::quiet);
    // A limit on the size of files is an error of write(2), not our death. Children get the default action again.
    signal(SIGXFSZ, [](int) {});
    try {
        gaggle::worker::keep_inherited_descriptors_to_ourselves();
        return dispatch({argv + 1, argv + argc});
    } catch (const Error& error) {
        gaggle::log::error(error.what());
        return static_cast<int>(error.code()) == 1 ? 2 : static_cast<int>(error.code());
    } catch (const std::exception& error) {
        gaggle::log::error(error.what());
        return static_cast<int>(ExitCode::Usage);
    }
}
