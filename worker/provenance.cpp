#include "worker/provenance.hpp"

#include "worker/files.hpp"
#include "worker/mounts.hpp"
#include "worker/words.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <cstdint>
#include <optional>
#include <set>
#include <system_error>

namespace gaggle::worker {

namespace {

using std::filesystem::path;

/// A file's text without blanks around it; "" when it cannot be read.
std::string text_of(const path& file)
{
    return std::string{trimmed(try_read_file(file).value_or(""))};
}

/// The value of the first line "KEY<separator>VALUE" of a file; "" when there is none.
std::string value_of(std::string_view text, std::string_view key, char separator)
{
    while (!text.empty()) {
        std::string_view line = take_until(text, '\n');
        if (trimmed(take_until(line, separator)) == key) {
            return std::string{trimmed(line)};
        }
    }
    return "";
}

/// os-release(5): a shell assignment, mostly in quotes.
std::string os_name(const path& root)
{
    for (const char* file : {"etc/os-release", "usr/lib/os-release"}) {
        std::string name = value_of(try_read_file(root / file).value_or(""), "PRETTY_NAME", '=');
        if (name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front()) {
            name = name.substr(1, name.size() - 2);
        }
        if (!name.empty()) {
            return name;
        }
    }
    return "";
}

/// The numbers in a list such as "0-3,8"; stops at what is not one.
std::set<unsigned> numbers_in(std::string_view list)
{
    constexpr unsigned most = 1U << 16U;
    std::set<unsigned> numbers;
    while (!list.empty()) {
        std::string_view range = take_until(list, ',');
        const auto first = number_of<unsigned>(take_until(range, '-'));
        const auto last = range.empty() ? first : number_of<unsigned>(range);
        if (!first || !last || *last >= most) {
            break;
        }
        for (unsigned number = *first; number <= *last; ++number) {
            numbers.insert(number);
        }
    }
    return numbers;
}

std::string count_of(std::size_t count)
{
    return count == 0 ? "" : std::to_string(count);
}

std::string comma_separated(const std::set<std::string>& values)
{
    std::string text;
    for (const std::string& value : values) {
        text += (text.empty() ? "" : ",") + value;
    }
    return text;
}

/// x86 and s390 name the model; POWER calls it "cpu"; ARM has numbers only.
std::string cpu_model(std::string_view cpuinfo)
{
    for (const char* key : {"model name", "cpu"}) {
        if (std::string model = value_of(cpuinfo, key, ':'); !model.empty()) {
            return model;
        }
    }
    const std::string implementer = value_of(cpuinfo, "CPU implementer", ':');
    const std::string part = value_of(cpuinfo, "CPU part", ':');
    return implementer.empty() ? "" : "implementer " + implementer + " part " + part;
}

std::string hypervisor(std::string_view cpuinfo)
{
    std::string flags = value_of(cpuinfo, "flags", ':');
    if (flags.empty()) {
        return "";
    }
    std::string_view rest = flags;
    for (std::string_view flag = take_word(rest); !flag.empty(); flag = take_word(rest)) {
        if (flag == "hypervisor") {
            return "yes";
        }
    }
    return "no";
}

struct Topology {
    std::size_t sockets = 0;
    std::size_t cores = 0;
};

Topology topology_of(const path& cpus, const std::set<unsigned>& online)
{
    std::set<std::string> sockets;
    std::set<std::string> cores;
    for (const unsigned number : online) {
        const path folder = cpus / ("cpu" + std::to_string(number)) / "topology";
        if (std::string socket = text_of(folder / "physical_package_id"); !socket.empty()) {
            sockets.insert(std::move(socket));
        }
        // The threads of one core share this list; core_id is unique within a die only.
        if (std::string threads = text_of(folder / "thread_siblings_list"); !threads.empty()) {
            cores.insert(std::move(threads));
        }
    }
    return {sockets.size(), cores.size()};
}

std::string governors(const path& cpus, const std::set<unsigned>& online)
{
    std::set<std::string> found;
    for (const unsigned number : online) {
        std::string governor = text_of(cpus / ("cpu" + std::to_string(number)) / "cpufreq" / "scaling_governor");
        if (!governor.empty()) {
            found.insert(std::move(governor));
        }
    }
    return found.empty() ? "none" : comma_separated(found);
}

/// "always [madvise] never" → "madvise".
std::string chosen(std::string_view choices)
{
    take_until(choices, '[');
    return std::string{take_until(choices, ']')};
}

/// "16384 kB" → "16384".
std::string memory_kib(const path& root)
{
    const std::string total = value_of(try_read_file(root / "proc/meminfo").value_or(""), "MemTotal", ':');
    std::string_view rest = total;
    return std::string{take_word(rest)};
}

/// 0 on kernels before 5.8, which do not tell.
std::uint64_t mount_id(const path& file)
{
    struct statx status {};
    if (statx(AT_FDCWD, file.c_str(), 0, STATX_MNT_ID, &status) != 0 || (status.stx_mask & STATX_MNT_ID) == 0) {
        return 0;
    }
    return status.stx_mnt_id;
}

std::string bytes_of(const path& file)
{
    std::error_code error;
    const bool regular = std::filesystem::is_regular_file(file, error);
    const std::uintmax_t bytes = regular ? std::filesystem::file_size(file, error) : 0;
    return regular && !error ? std::to_string(bytes) : "";
}

}  // namespace

std::vector<Fact> node_facts(const path& root)
{
    utsname machine{};
    uname(&machine);
    const path cpus = root / "sys/devices/system/cpu";
    const std::string cpuinfo = try_read_file(root / "proc/cpuinfo").value_or("");
    const std::string status = try_read_file(root / "proc/self/status").value_or("");
    const std::set<unsigned> online = numbers_in(text_of(cpus / "online"));
    const Topology topology = topology_of(cpus, online);
    return {
        {"kernel_release", text_of(root / "proc/sys/kernel/osrelease")},
        {"kernel_version", text_of(root / "proc/sys/kernel/version")},
        {"architecture", machine.machine},
        {"os", os_name(root)},
        {"cpu_model", cpu_model(cpuinfo)},
        {"cpu_sockets", count_of(topology.sockets)},
        {"cpu_cores", count_of(topology.cores)},
        {"cpu_threads_online", count_of(online.size())},
        {"cpu_threads_usable", count_of(numbers_in(value_of(status, "Cpus_allowed_list", ':')).size())},
        {"cpu_governor", governors(cpus, online)},
        {"clocksource", text_of(root / "sys/devices/system/clocksource/clocksource0/current_clocksource")},
        {"hypervisor", hypervisor(cpuinfo)},
        {"memory_kib", memory_kib(root)},
        {"transparent_hugepage", chosen(text_of(root / "sys/kernel/mm/transparent_hugepage/enabled"))},
    };
}

std::vector<Fact> path_facts(std::string_view role, const path& file)
{
    std::error_code error;
    const path real = std::filesystem::canonical(file, error);
    const bool there = !error;
    MountEntry mount;
    if (there) {
        const std::uint64_t id = mount_id(real);  // first: it may be mounted only now (autofs)
        const std::vector<MountEntry> mounts = parse_mountinfo(try_read_file("/proc/self/mountinfo").value_or(""));
        if (const MountEntry* found = find_mount(mounts, real, id); found != nullptr) {
            mount = *found;
        }
    }
    const std::string prefix = std::string{role} + "_";
    return {
        {prefix + "path", file.string()},
        {prefix + "real_path", there ? real.string() : ""},
        {prefix + "bytes", there ? bytes_of(real) : ""},
        {prefix + "file_system", mount.type},
        {prefix + "source", mount.source},
        {prefix + "mount_point", mount.point},
        {prefix + "mount_options", mount.options},
        {prefix + "super_options", mount.super_options},
    };
}

}  // namespace gaggle::worker
