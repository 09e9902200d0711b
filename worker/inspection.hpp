#pragma once

#include "worker/gate.hpp"
#include "worker/provenance.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What an environment's interpreter says of itself, so that environments called identical can be shown to be. It is
/// asked once, apart from every measurement, by a small program of its language: worker/probes/inspect.*, which prints
///
///     version <tab> VERSION
///     NAME <tab> VALUE          further facts: build, implementation, executable, prefix, base_prefix,
///                               root_file_system: the type of what / lies on for it
///     package <tab> NAME==VERSION
///     packages <tab> COUNT      unless this language keeps no list
///     end
///
/// and among them lines of others, which are passed over: wrappers and start-up files print, too.
namespace gaggle::worker {

struct Inspection {
    std::string version;                ///< "3.11.2"; "": not known
    std::vector<Fact> facts;            ///< what it said besides, in that order
    std::vector<std::string> packages;  ///< "NAME==VERSION", sorted by bytes; Python's names as PEP 503 has them
    std::string packages_sha256;        ///< of the packages, a line each, hexadecimal; "": the list is not known
    std::string trouble;                ///< why nothing or not all is known; "" if all went well

    bool operator==(const Inspection&) const = default;
};

/// Never throws: what was printed in part is kept as far as it is sound, without the packages.
[[nodiscard]] Inspection parse_inspection(std::string_view output);

/// `command` with the inspecting program of `language` appended. Nothing for a language without one ("none").
/// `command`: make_program of the environment with language "none".
[[nodiscard]] std::optional<Program> inspection_program(Program command, std::string_view language);

/// Runs it (capture.hpp). Whatever goes wrong is `trouble`, with the first of its own words.
[[nodiscard]] boost::asio::awaitable<Inspection> inspect(boost::asio::any_io_executor executor, Program program,
                                                         std::chrono::steady_clock::time_point deadline);

}  // namespace gaggle::worker
