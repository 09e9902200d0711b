#include "orchestrator/store/files.hpp"

#include "core/error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace gaggle::store {

namespace {

namespace fs = std::filesystem;

class Descriptor {
public:
    Descriptor(const fs::path& path, int flags, mode_t mode, std::string_view operation)
        : number_(::open(path.c_str(), flags | O_CLOEXEC, mode))
    {
        if (number_ < 0) {
            throw system_error(ExitCode::Store, operation, path.string(), errno);
        }
    }
    ~Descriptor() { ::close(number_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

void write_all(const Descriptor& out, std::string_view bytes, const fs::path& path)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(out.number(), bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            throw system_error(ExitCode::Store, "write", path.string(), errno);
        }
        bytes.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
}

/// Fills a temporary file with `fill`, then gives it its name.
template <class Fill>
void publish(const fs::path& path, mode_t mode, Fill&& fill)
{
    const fs::path partial = path.parent_path() / ("." + path.filename().string() + ".partial");
    {
        const Descriptor out{partial, O_WRONLY | O_CREAT | O_TRUNC, mode, "create"};
        std::forward<Fill>(fill)(out, partial);
        if (::fsync(out.number()) != 0) {
            throw system_error(ExitCode::Store, "write", partial.string(), errno);
        }
    }
    if (::rename(partial.c_str(), path.c_str()) != 0) {
        throw system_error(ExitCode::Store, "create", path.string(), errno);
    }
}

}  // namespace

void write_file(const fs::path& path, std::string_view bytes, mode_t mode)
{
    publish(path, mode, [&](const Descriptor& out, const fs::path& name) { write_all(out, bytes, name); });
}

void copy_file(const fs::path& from, const fs::path& to, mode_t mode)
{
    const Descriptor in{from, O_RDONLY, 0, "read"};
    publish(to, mode, [&](const Descriptor& out, const fs::path& name) {
        std::array<char, 1 << 16> buffer{};
        while (true) {
            const ssize_t got = ::read(in.number(), buffer.data(), buffer.size());
            if (got < 0 && errno != EINTR) {
                throw system_error(ExitCode::Store, "read", from.string(), errno);
            }
            if (got == 0) {
                return;
            }
            write_all(out, {buffer.data(), got < 0 ? 0 : static_cast<std::size_t>(got)}, name);
        }
    });
}

void make_folders(const fs::path& folder)
{
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem) {
        throw system_error(ExitCode::Store, "create folder", folder.string(), problem.value());
    }
}

void sync_folder(const fs::path& folder)
{
    const Descriptor opened{folder, O_RDONLY | O_DIRECTORY, 0, "open folder"};
    // EINVAL: a file system without a notion of it.
    if (::fsync(opened.number()) != 0 && errno != EINVAL) {
        throw system_error(ExitCode::Store, "write folder", folder.string(), errno);
    }
}

}  // namespace gaggle::store
