#include "worker/provenance.hpp"
#include "worker/mount.hpp"
#include "worker/mounts.hpp"
#include "worker/slurm_commands.hpp"

#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <sched.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

using namespace gaggle::worker;
using gaggle::tests::has_text;
using gaggle::tests::TemporaryDirectory;

namespace {

std::string value(const std::vector<Fact>& facts, const std::string& name)
{
    const auto found = std::ranges::find(facts, name, &Fact::name);
    INFO(name);
    REQUIRE(found != facts.end());
    return found->value;
}

/// A node with two sockets of one core with two threads each; thread 3 is off.
void write_node(const TemporaryDirectory& root)
{
    root.write("proc/sys/kernel/osrelease", "5.14.0-427.el9.x86_64\n");
    root.write("proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC Fri May 3 2024\n");
    root.write("etc/os-release", "NAME=\"Rocky Linux\"\nPRETTY_NAME=\"Rocky Linux 9.4 (Blue Onyx)\"\n");
    root.write("proc/cpuinfo",
               "processor\t: 0\nmodel name\t: AMD EPYC 7763 64-Core Processor\nflags\t\t: fpu vme ht\n");
    root.write("proc/self/status", "Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n");
    root.write("proc/meminfo", "MemTotal:       263515180 kB\nMemFree:        1 kB\n");
    root.write("sys/devices/system/cpu/online", "0-2\n");
    for (const auto& [cpu, socket, siblings] :
         {std::tuple{"cpu0", "0\n", "0-1\n"}, std::tuple{"cpu1", "0\n", "0-1\n"}, std::tuple{"cpu2", "1\n", "2-3\n"}}) {
        const std::filesystem::path folder = std::filesystem::path{"sys/devices/system/cpu"} / cpu;
        root.write(folder / "topology/physical_package_id", socket);
        root.write(folder / "topology/thread_siblings_list", siblings);
        root.write(folder / "cpufreq/scaling_governor", cpu == std::string{"cpu2"} ? "powersave\n" : "performance\n");
    }
    root.write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
    root.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
}

}  // namespace

TEST_CASE("facts of a node, in their order")
{
    const TemporaryDirectory root;
    write_node(root);
    utsname machine{};
    REQUIRE(uname(&machine) == 0);
    CHECK(node_facts(root.path()) == std::vector<Fact>{
                                         {"kernel_release", "5.14.0-427.el9.x86_64"},
                                         {"kernel_version", "#1 SMP PREEMPT_DYNAMIC Fri May 3 2024"},
                                         {"architecture", machine.machine},
                                         {"os", "Rocky Linux 9.4 (Blue Onyx)"},
                                         {"cpu_model", "AMD EPYC 7763 64-Core Processor"},
                                         {"cpu_sockets", "2"},
                                         {"cpu_cores", "2"},
                                         {"cpu_threads_online", "3"},
                                         {"cpu_threads_usable", "2"},
                                         {"cpu_governor", "performance,powersave"},
                                         {"clocksource", "tsc"},
                                         {"hypervisor", "no"},
                                         {"memory_kib", "263515180"},
                                         {"transparent_hugepage", "madvise"},
                                     });
}

TEST_CASE("facts of nodes unlike x86")
{
    const TemporaryDirectory root;
    root.write("proc/cpuinfo", "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n");
    CHECK(value(node_facts(root.path()), "cpu_model") == "implementer 0x41 part 0xd0c");
    CHECK(value(node_facts(root.path()), "hypervisor").empty());
    root.write("proc/cpuinfo", "processor\t: 0\ncpu\t\t: POWER9, altivec supported\n");
    CHECK(value(node_facts(root.path()), "cpu_model") == "POWER9, altivec supported");
    root.write("proc/cpuinfo", "flags\t: fpu hypervisor lahf_lm\n");
    CHECK(value(node_facts(root.path()), "hypervisor") == "yes");
}

TEST_CASE("what a node does not tell is an empty fact, never an error")
{
    const TemporaryDirectory root;
    const std::vector<Fact> facts = node_facts(root.path());
    CHECK(facts.size() == node_facts().size());
    for (const Fact& fact : facts) {
        const bool known = fact.name == "architecture" || fact.name == "cpu_governor";
        CHECK(fact.value.empty() != known);
    }
    CHECK(value(facts, "cpu_governor") == "none");
    root.write("sys/devices/system/cpu/online", "0-4000000000,x\n");
    root.write("proc/self/status", "Cpus_allowed_list:\t3-1,,-\n");
    CHECK(value(node_facts(root.path()), "cpu_threads_online").empty());
    CHECK(value(node_facts(root.path()), "cpu_threads_usable").empty());
}

TEST_CASE("this node's facts are what the system calls say")
{
    const std::vector<Fact> facts = node_facts();
    utsname machine{};
    REQUIRE(uname(&machine) == 0);
    CHECK(value(facts, "kernel_release") == machine.release);
    CHECK(value(facts, "kernel_version") == machine.version);
    CHECK(value(facts, "cpu_threads_online") == std::to_string(sysconf(_SC_NPROCESSORS_ONLN)));
    cpu_set_t usable;
    REQUIRE(sched_getaffinity(0, sizeof usable, &usable) == 0);
    CHECK(value(facts, "cpu_threads_usable") == std::to_string(CPU_COUNT(&usable)));
    CHECK(value(facts, "memory_kib") == std::to_string(sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024)));
}

TEST_CASE("mounts as the kernel lists them")
{
    const std::vector<MountEntry> mounts = parse_mountinfo(
        "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
        "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n"
        "40 36 0:35 / /a\\040b\\134c ro - nfs4 filer:/x\\040y rw,vers=4.2,addr=10.0.0.1\n"
        "nonsense\n41 36 0:36 / relative rw - tmpfs tmpfs rw\n42 36 0:36 / /cut rw shared:2");
    REQUIRE(mounts.size() == 3);
    CHECK(mounts[1] == MountEntry{36, "98:0", "/mnt2", "rw,noatime", "ext3", "/dev/root", "rw,errors=continue"});
    CHECK(mounts[2] == MountEntry{40, "0:35", "/a b\\c", "ro", "nfs4", "filer:/x y", "rw,vers=4.2,addr=10.0.0.1"});
}

TEST_CASE("a path lies on the longest mount point above it, the last of those, unless its mount is known")
{
    const std::vector<MountEntry> mounts = parse_mountinfo(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 0:30 / /home rw - autofs auto rw\n"
        "3 2 0:31 / /home rw - nfs4 filer:/home rw\n"
        "4 1 0:32 / /home2 rw - tmpfs tmpfs rw\n");
    REQUIRE(mounts.size() == 4);
    CHECK(find_mount(mounts, "/home/env/bin", 0) == &mounts[2]);
    CHECK(find_mount(mounts, "/home", 0) == &mounts[2]);
    CHECK(find_mount(mounts, "/homes", 0) == &mounts[0]);
    CHECK(find_mount(mounts, "/home/env/bin", 2) == &mounts[1]);
    CHECK(find_mount(mounts, "/home/env/bin", 77) == &mounts[2]);
    CHECK(find_mount({}, "/", 0) == nullptr);
}

TEST_CASE("facts of a file and of what it lies on")
{
    const TemporaryDirectory folder;
    const std::filesystem::path file = folder.write("real", "12345");
    const std::filesystem::path link = folder.path() / "link";
    std::filesystem::create_symlink("real", link);
    const std::vector<Fact> facts = path_facts("image", link);
    std::vector<std::string> names;
    for (const Fact& fact : facts) {
        names.push_back(fact.name);
    }
    CHECK(names == std::vector<std::string>{"image_path", "image_real_path", "image_bytes", "image_file_system",
                                            "image_source", "image_mount_point", "image_mount_options",
                                            "image_super_options"});
    CHECK(value(facts, "image_path") == link);
    CHECK(value(facts, "image_real_path") == std::filesystem::canonical(file));
    CHECK(value(facts, "image_bytes") == "5");
    struct stat of_file {};
    struct stat of_point {};
    REQUIRE(stat(file.c_str(), &of_file) == 0);
    if (value(facts, "image_mount_point").empty()) {
        // Inside chroot(1) the root's own mount is not listed: nobody can know.
        CHECK_THAT(gaggle::tests::run({"df", "--output=fstype", file.string()}).out, has_text("\n-\n"));
    } else {
        REQUIRE(stat(value(facts, "image_mount_point").c_str(), &of_point) == 0);
        CHECK(of_file.st_dev == of_point.st_dev);
        CHECK_THAT(value(facts, "image_mount_options"), has_text("rw"));
    }

    const std::vector<Fact> proc = path_facts("prefix", "/proc/self");
    CHECK(value(proc, "prefix_file_system") == "proc");
    CHECK(value(proc, "prefix_mount_point") == "/proc");
    CHECK(value(proc, "prefix_bytes").empty());

    const std::vector<Fact> missing = path_facts("image", folder.path() / "missing");
    CHECK(missing.size() == facts.size());
    CHECK(value(missing, "image_real_path").empty());
    CHECK(value(missing, "image_file_system").empty());
}

TEST_CASE("a mounted image is known by its mount point")
{
    const TemporaryDirectory folder;
    folder.write("tree/file", "x");
    const std::filesystem::path image = folder.path() / "image.sqfs";
    REQUIRE(gaggle::tests::run({"mksquashfs", (folder.path() / "tree").string(), image.string(), "-quiet"}).status ==
            0);
    const std::filesystem::path point = folder.path() / "point";
    std::filesystem::create_directory(point);
    boost::asio::io_context context;
    auto mounting = boost::asio::co_spawn(
        context,
        Mount::make(context.get_executor(), image, point, std::chrono::steady_clock::now() + std::chrono::seconds{60}),
        boost::asio::use_future);
    context.run();
    const std::unique_ptr<Mount> mount = mounting.get();
    const std::vector<Fact> facts = path_facts("mount", point);
    CHECK_THAT(value(facts, "mount_file_system"), has_text("squashfuse"));
    CHECK(value(facts, "mount_mount_point") == std::filesystem::canonical(point));
}

TEST_CASE("Slurm's version comes from what srun prints, if it is one")
{
    CHECK(parse_srun_version("slurm-wlm 22.05.8\n") == "22.05.8");
    CHECK(parse_srun_version("slurm 24.11.0-0rc1\n") == "24.11.0-0rc1");
    CHECK(parse_srun_version("srun: fatal: Could not establish a configuration source\n").empty());
}
