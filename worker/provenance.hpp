#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::worker {

/// One thing that is so on a node, in words or digits; a value of "" is not known.
struct Fact {
    std::string name;  ///< snake_case, the unit at its end
    std::string value;

    bool operator==(const Fact&) const = default;
};

/// Facts of this node, always all of these, in this order. Never throws.
///
///     kernel_release, kernel_version, architecture     as uname(1) says
///     os                                               os-release's PRETTY_NAME
///     cpu_model
///     cpu_sockets, cpu_cores                           of the threads that are online
///     cpu_threads_online, cpu_threads_usable           usable: this process may run there
///     cpu_governor                                     of cpufreq; "none" without it; several with commas
///     clocksource                                      what CLOCK_MONOTONIC is made of
///     hypervisor                                       "yes": this is a virtual machine; "no"; "" where the processor
///                                                      does not say
///     memory_kib
///     transparent_hugepage                             "always", "madvise", "never"
///
/// With Slurm the coordinator adds
///
///     srun_version                                     of the srun on the batch host
///
/// `root` is the folder that /proc, /sys and /etc are in.
[[nodiscard]] std::vector<Fact> node_facts(const std::filesystem::path& root = "/");

/// Facts of a file or folder and of what it lies on; `role` begins their names: "interpreter", "prefix", "image", and
/// "mount" for where the image is mounted, which says how. Always all of these, in this order; never throws.
///
///     ROLE_path, ROLE_real_path        as given; without symbolic links ("": it is not there)
///     ROLE_bytes                       of a regular file; "" for others
///     ROLE_file_system                 "ext4", "nfs4", "lustre", "fuse.squashfuse_ll", …
///     ROLE_source                      what is mounted: a device, SERVER:/PATH, an image
///     ROLE_mount_point, ROLE_mount_options, ROLE_super_options
[[nodiscard]] std::vector<Fact> path_facts(std::string_view role, const std::filesystem::path& path);

}  // namespace gaggle::worker
