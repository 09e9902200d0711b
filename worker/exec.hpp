#pragma once

#include "worker/files.hpp"

#include <boost/filesystem/path.hpp>
#include <boost/process/v2/error.hpp>

#include <string>
#include <vector>

namespace gaggle::worker {

/// The addresses of `texts` and a null pointer, as exec takes arguments and environment. `texts` must outlive them.
[[nodiscard]] std::vector<char*> pointers_to(const std::vector<std::string>& texts);

/// A close-on-exec copy above every number that a program is given a descriptor under.
[[nodiscard]] Descriptor out_of_the_way(const Descriptor& file);

/// For a child before its exec: the first of a process group of its own, and it dies when its parent does.
void lead_own_group();

/// lead_own_group as Boost.Process takes it.
struct OwnGroup {
    template <class Launcher>
    boost::process::v2::error_code on_exec_setup(Launcher&, const boost::filesystem::path&, const char* const*) const
    {
        lead_own_group();
        return {};
    }
};

}  // namespace gaggle::worker
