#include "worker/mount.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "worker/files.hpp"
#include "worker/probe.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/filesystem/path.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>

#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace gaggle::worker {

namespace process = boost::process::v2;

namespace {

/// The process dies when the worker does, however that ends.
struct DieWithParent {
    template <class Launcher>
    process::error_code on_exec_setup(Launcher&, const boost::filesystem::path&, const char* const*) const
    {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        return {};
    }
};

dev_t device_of(const std::filesystem::path& path)
{
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
        throw system_error(ExitCode::Usage, "look at", path.string(), errno);
    }
    return status.st_dev;
}

std::string find_squashfuse()
{
    for (const char* name : {"squashfuse_ll", "squashfuse"}) {
        std::string found = find_executable(name, "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
        if (found != name) {
            return found;
        }
    }
    throw Error{ExitCode::Usage,
                "cannot mount the image: neither squashfuse_ll nor squashfuse is installed on this node"};
}

}  // namespace

struct Mount::Server {
    process::process process;
    Descriptor messages;  ///< a memory file: what it prints
};

boost::asio::awaitable<std::unique_ptr<Mount>> Mount::make(boost::asio::any_io_executor executor,
                                                           std::filesystem::path image, std::filesystem::path point,
                                                           std::chrono::steady_clock::time_point deadline)
{
    const std::int64_t begin = clocks::monotonic_ns();
    const dev_t before = device_of(point);
    std::string program = find_squashfuse();
    Descriptor messages = make_memory_file("squashfuse");
    const std::vector<std::string> arguments{"-f", image.string(), point.string()};
    process::process server{executor, program, arguments, DieWithParent{},
                            process::process_stdio{nullptr, messages.get(), messages.get()}};
    std::unique_ptr<Mount> mount{
        new Mount{point, std::move(program), std::make_unique<Server>(Server{std::move(server), std::move(messages)})}};
    boost::asio::steady_timer pause{executor};
    while (device_of(point) == before) {
        process::error_code error;
        const bool running = mount->server_->process.running(error);
        if (!running || std::chrono::steady_clock::now() > deadline) {
            throw Error{ExitCode::Usage, "cannot mount " + image.string() +
                                             (running ? " before the deadline: " : ": ") +
                                             read_from_start(mount->server_->messages, 2000)};
        }
        pause.expires_after(std::chrono::milliseconds{1});
        co_await pause.async_wait(boost::asio::use_awaitable);
    }
    mount->duration_ns_ = clocks::monotonic_ns() - begin;
    co_return mount;
}

Mount::Mount(std::filesystem::path point, std::string program, std::unique_ptr<Server> server)
    : point_(std::move(point)), program_(std::move(program)), server_(std::move(server))
{
}

Mount::~Mount()
{
    // On SIGTERM squashfuse unmounts and ends; one that hangs is left behind by a lazy unmount.
    process::error_code error;
    server_->process.request_exit(error);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    while (server_->process.running(error) && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    if (server_->process.running(error)) {
        if (umount2(point_.c_str(), MNT_DETACH) != 0) {
            process::process helper{server_->process.get_executor(), "/bin/fusermount3", {"-u", "-z", point_.string()}};
            helper.wait(error);
        }
        server_->process.terminate(error);
    }
}

}  // namespace gaggle::worker
