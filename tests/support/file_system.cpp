#include "tests/support/file_system.hpp"

#include "tests/catch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <utility>

namespace gaggle::tests {

namespace {

const std::string program = GAGGLE_SOURCE "/scripts/sandbox-fs";

bool left_out(const std::string& why)
{
    std::cout << "left out: " << why << std::endl;
    return false;
}

std::string text_of_process_file(const std::filesystem::path& file)
{
    std::ifstream stream{file};
    std::string text{std::istreambuf_iterator<char>{stream}, {}};
    std::replace(text.begin(), text.end(), '\0', ' ');
    return text;
}

}  // namespace

bool mounts_here(const std::vector<std::string>& user)
{
    const int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (device < 0) {
        return left_out("/dev/fuse cannot be opened");
    }
    close(device);
    std::vector<std::string> line = user;
    line.insert(line.end(), {"test", "-x", program});
    if (run(line).status != 0) {
        return left_out("not everybody can execute " + program);
    }
    line.resize(user.size());
    line.emplace_back("unshare");
    if (getuid() != 0 || !user.empty()) {  // as the script does it
        line.insert(line.end(), {"--user", "--map-current-user", "--keep-caps"});
    }
    line.insert(line.end(), {"--mount", "mount", "-t", "tmpfs", "none", "/tmp"});
    const Finished tried = run(line);
    return tried.status == 0 || left_out("nothing can be mounted here: " + tried.err);
}

FileSystem::FileSystem(const std::vector<std::string>& options, std::vector<std::string> user) : user_(std::move(user))
{
    write("here", "content\n");
    std::vector<std::string> command = user_;
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);  // the user's, whoever it is
    command.insert(command.end(), {program, "start", dir().string(), shared().string()});
    command.insert(command.end(), options.begin(), options.end());
    const Finished started = run(command);
    INFO(started.err);
    REQUIRE(started.status == 0);
}

FileSystem::~FileSystem()
{
    std::string stop;
    for (const std::string& word : user_) {
        stop += word + " ";
    }
    stop += program + " stop " + dir().string() + " 2>&1";
    static_cast<void>(!system(stop.c_str()));
}

Finished FileSystem::control(const std::string& command, const std::vector<std::string>& arguments) const
{
    std::vector<std::string> line = user_;
    line.insert(line.end(), {program, command, dir().string()});
    line.insert(line.end(), arguments.begin(), arguments.end());
    return run(line);
}

std::string FileSystem::enter(const std::string& command) const
{
    const Finished finished = control("enter", {"/bin/sh", "-c", command});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    return finished.out;
}

void FileSystem::enter_beside(const std::string& name, const std::string& command) const
{
    const std::string shell = R"(out=$1; shift; "$@" >"$out" 2>&1 &)";
    std::vector<std::string> line = user_;
    line.insert(line.end(), {"/bin/sh", "-c", shell, "sh", outside(name).string(), program, "enter", dir().string(),
                             "/bin/sh", "-c", command});
    REQUIRE(run(line).status == 0);
}

ServerCounts FileSystem::counts() const
{
    std::vector<std::string> line = user_;
    line.insert(line.end(),
                {GAGGLE_SOURCE "/scripts/sandbox-fs-server", "--ask", (dir() / "run/server.sock").string()});
    const Finished asked = run(line);
    INFO(asked.err);
    REQUIRE(asked.status == 0);
    ServerCounts counts;
    std::istringstream{asked.out} >> counts.mounts >> counts.metadata >> counts.data >> counts.held >> counts.clock_s;
    return counts;
}

std::vector<std::string> FileSystem::traces() const
{
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        const std::string name = entry.path().filename().string();
        if (std::isdigit(static_cast<unsigned char>(name.front())) == 0 || name == std::to_string(getpid())) {
            continue;
        }
        for (const char* file : {"cmdline", "mountinfo"}) {
            if (text_of_process_file(entry.path() / file).find(folder_.path().string()) != std::string::npos) {
                found.push_back(name + "/" + file);
            }
        }
    }
    return found;
}

}  // namespace gaggle::tests
