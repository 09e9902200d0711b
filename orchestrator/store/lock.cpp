#include "orchestrator/store/lock.hpp"

#include "core/error.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>

namespace gaggle::store {

namespace {

namespace fs = std::filesystem;

std::string holder_of(int descriptor)
{
    std::array<char, 512> text{};
    const ssize_t got = ::pread(descriptor, text.data(), text.size(), 0);
    std::string words{text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
    words.erase(words.find_last_not_of('\n') + 1);
    return words.empty() ? "another process" : words;
}

std::string myself()
{
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    return fmt::format("pid {} on host {} since {:%Y-%m-%dT%H:%M:%SZ}\n", ::getpid(), host.data(),
                       fmt::gmtime(std::time(nullptr)));
}

bool try_lock(int descriptor, const fs::path& file)
{
    struct flock request {};
    request.l_type = F_WRLCK;
    request.l_whence = SEEK_SET;
    if (::fcntl(descriptor, F_OFD_SETLK, &request) == 0) {
        return true;
    }
    if (errno == EAGAIN || errno == EACCES || errno == EINTR) {
        return false;
    }
    throw system_error(ExitCode::Store, "lock", file.string(), errno);
}

void wait_for_lock(int descriptor, const fs::path& store, const fs::path& file, std::chrono::milliseconds patience)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    // Polled: a blocking F_OFD_SETLKW can only be given a deadline by a signal.
    for (std::chrono::milliseconds pause{5}; !try_lock(descriptor, file);
         pause = std::min(pause * 2, std::chrono::milliseconds{250})) {
        if (std::chrono::steady_clock::now() + pause > deadline) {
            throw Error{ExitCode::Store, fmt::format("store {} is held by {}", store.string(), holder_of(descriptor))};
        }
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace

WriterLock::WriterLock(const fs::path& store, std::chrono::milliseconds patience)
{
    const fs::path file = store / "lock";
    descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) {
        throw system_error(ExitCode::Store, "write to the store: open", file.string(), errno);
    }
    try {
        wait_for_lock(descriptor_, store, file, patience);
    } catch (...) {
        ::close(descriptor_);
        throw;
    }
    // Only for people: a failure to write it changes nothing.
    const std::string words = myself();
    if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, words.data(), words.size(), 0) < 0) {
        errno = 0;
    }
}

WriterLock::~WriterLock()
{
    ::close(descriptor_);
}

std::string locking_trouble(const fs::path& folder)
{
    std::string name = (folder / ".gaggle-lock.XXXXXX").string();
    const int first = ::mkostemp(name.data(), O_CLOEXEC);
    if (first < 0) {
        return system_error(ExitCode::Store, "make a file in", folder.string(), errno).what();
    }
    const int second = ::open(name.c_str(), O_RDWR | O_CLOEXEC);
    std::string trouble;
    try {
        if (second < 0 || !try_lock(first, name)) {
            trouble = fmt::format("a file in {} cannot be locked", folder.string());
        } else if (try_lock(second, name)) {
            trouble = fmt::format("locks in {} keep nobody out", folder.string());
        }
    } catch (const Error& error) {
        trouble = error.what();
    }
    ::unlink(name.c_str());
    ::close(first);
    if (second >= 0) {
        ::close(second);
    }
    return trouble;
}

}  // namespace gaggle::store
