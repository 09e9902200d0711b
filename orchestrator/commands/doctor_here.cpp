#include "core/error.hpp"
#include "core/read_bytes.hpp"
#include "orchestrator/child.hpp"
#include "orchestrator/commands/doctor.hpp"
#include "orchestrator/commands/provenance.hpp"
#include "orchestrator/report/report.hpp"
#include "orchestrator/scrub.hpp"
#include "orchestrator/store/lock.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <system_error>

namespace gaggle::commands {

namespace {

namespace fs = std::filesystem;

/// The store's folder, or what of its path there is.
fs::path existing(fs::path folder)
{
    std::error_code absent;
    while (!fs::is_directory(folder, absent) && folder.has_relative_path()) {
        folder = folder.parent_path();
    }
    return folder;
}

/// Its type as stat(1) names it; "" where there is no such program.
std::string file_system_of(const fs::path& folder)
{
    const auto stat = child::find_program("stat");
    if (!stat) {
        return {};
    }
    const child::Finished finished =
        child::run(*stat, {"--file-system", "--format=%T", folder.string()}, scrub::kept(scrub::current()));
    return finished.out.substr(0, finished.out.find('\n'));
}

Check check_locks(const fs::path& folder)
{
    const std::string trouble = store::locking_trouble(folder);
    if (trouble.empty()) {
        return {"locks", Health::ok, fmt::format("work in {}", folder.string()), ""};
    }
    return {"locks", Health::wrong, trouble,
            "a store needs fcntl locks: mount Lustre with 'flock', NFS without 'nolock', or use another --store"};
}

std::vector<Check> check_store(const fs::path& store)
{
    const fs::path folder = existing(store);
    if (access(folder.c_str(), W_OK | X_OK) != 0) {
        return {{"store", Health::wrong, fmt::format("{} cannot be written to", folder.string()),
                 "name another folder: --store, or GAGGLE_STORE"}};
    }
    return {judge_file_system(folder, file_system_of(folder)), check_locks(folder)};
}

/// Whether an ELF file asks for an interpreter, and so for shared libraries.
bool is_dynamic(std::string_view bytes)
{
    Elf64_Ehdr header{};
    if (bytes.size() < sizeof header || !bytes.starts_with(ELFMAG)) {
        return false;
    }
    std::memcpy(&header, bytes.data(), sizeof header);
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr program{};
        const std::uint64_t at = header.e_phoff + std::uint64_t{i} * header.e_phentsize;
        if (at + sizeof program > bytes.size()) {
            return false;
        }
        std::memcpy(&program, bytes.data() + at, sizeof program);
        if (program.p_type == PT_INTERP) {
            return true;
        }
    }
    return false;
}

Check judge_worker(const fs::path& worker)
{
    const child::Finished finished = child::run(worker, {"--version"}, scrub::kept(scrub::current()));
    const std::string said = finished.out.substr(0, finished.out.find('\n'));
    if (finished.status != 0 || !said.starts_with("gaggle-worker ")) {
        return {"worker", Health::wrong,
                fmt::format("{} --version ended with {}: {}", worker.string(), finished.status,
                            child::last_words(finished.err, "")),
                "build it for the machines that it is to run on"};
    }
    if (said != "gaggle-worker " GAGGLE_VERSION) {
        return {"worker", Health::wrong,
                fmt::format("{} is {}, this is gaggle {}", worker.string(), said, GAGGLE_VERSION),
                "use the one that was built with this gaggle"};
    }
    if (is_dynamic(read_bytes(worker, ExitCode::Usage))) {
        return {"worker", Health::warning, fmt::format("{} is not a static program", worker.string()),
                "build it without sanitizers: on a node it should look for no library"};
    }
    return {"worker", Health::ok, fmt::format("{}, {}, static", worker.string(), said), ""};
}

Check check_worker(const std::optional<std::string>& named)
{
    try {
        return judge_worker(find_worker(named));
    } catch (const Error& error) {
        return {"worker", Health::wrong, error.what(), "build or install gaggle-worker beside gaggle"};
    }
}

/// Programs of a purpose, those that PATH has.
Check check_programs_for(const std::string& subject, std::span<const char* const> names, const std::string& without)
{
    std::vector<std::string> found;
    for (const char* const name : names) {
        if (child::find_program(name)) {
            found.emplace_back(name);
        }
    }
    return {subject, Health::ok,
            found.empty() ? without : fmt::format("{} (here; the nodes may differ)", fmt::join(found, ", ")), ""};
}

Check check_containers()
{
    constexpr std::array names{"apptainer",  "singularity", "ch-run", "podman",
                               "podman-hpc", "shifter",     "enroot", "spindle"};
    return check_programs_for("containers", names, "no runtime in PATH; environments can name one by its path");
}

Check check_images()
{
    constexpr std::array names{"squashfuse_ll", "squashfuse", "mksquashfs"};
    return check_programs_for("images", names,
                              "no squashfuse and no mksquashfs in PATH, for environments of kind squashfs");
}

Check check_tracing()
{
    constexpr const char* scope = "/proc/sys/kernel/yama/ptrace_scope";
    std::error_code absent;
    const std::string value = fs::exists(scope, absent) ? read_bytes(scope, ExitCode::Usage) : "";
    if (value.starts_with('3')) {
        return {"tracing", Health::warning, std::string{scope} + " is 3: nothing can be traced here",
                "trace = true needs nodes where it is 0, 1 or 2"};
    }
    return {"tracing", Health::ok,
            value.empty() ? "nothing forbids ptrace here"
                          : fmt::format("ptrace_scope is {}, which is enough", value.front()),
            ""};
}

Check check_page()
{
    try {
        static_cast<void>(report::page("{}"));
        return {"report", Health::ok, "gaggle report has its page", ""};
    } catch (const Error&) {
        return {"report", Health::warning, "gaggle was built without npm: gaggle report has no page, only --text",
                "build it where there is npm"};
    }
}

}  // namespace

Check judge_file_system(const fs::path& folder, const std::string& type)
{
    // What coreutils call them; "fuse…" may be either.
    constexpr std::array<std::string_view, 15> shared{"acfs",   "afs",      "beegfs", "ceph", "cifs",
                                                      "fhgfs",  "gfs/gfs2", "gpfs",   "nfs",  "nfsd",
                                                      "lustre", "ocfs2",    "panfs",  "smb2", "wekafs"};
    constexpr std::array<std::string_view, 11> disks{"bcachefs", "btrfs",    "ext2/ext3", "f2fs", "isofs", "jfs",
                                                     "ntfs",     "reiserfs", "squashfs",  "xfs",  "zfs"};
    const std::string where =
        fmt::format("{} is on {}", folder.string(), type.empty() ? "an unknown file system" : type);
    const std::string remedy = "name a folder of a shared file system: --store, or GAGGLE_STORE";
    if (std::ranges::find(shared, type) != shared.end()) {
        return {"store", Health::ok, where + ", which nodes can share", ""};
    }
    if (type == "tmpfs" || type == "ramfs") {
        return {"store", Health::warning, where + ": memory of this machine, which no other node sees", remedy};
    }
    if (type == "overlayfs") {
        return {"store", Health::warning, where + ": of this container, which no node sees", remedy};
    }
    if (std::ranges::find(disks, type) != disks.end()) {
        return {"store", Health::warning, where + ": a disk of this machine, which others see only if it is exported",
                remedy + ", unless the nodes see this one under the same path"};
    }
    return {"store", Health::warning, where + ": nothing is known of whether the nodes see it",
            "see that they do, under the same path"};
}

std::vector<Check> check_here(const fs::path& store, const std::optional<std::string>& named_worker)
{
    std::vector<Check> checks = check_store(store);
    for (const Check& check :
         {check_worker(named_worker), check_containers(), check_images(), check_tracing(), check_page()}) {
        checks.push_back(check);
    }
    return checks;
}

}  // namespace gaggle::commands
