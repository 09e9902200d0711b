#include "orchestrator/store/files.hpp"

#include "core/error.hpp"
#include "core/line.hpp"
#include "core/spec_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
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

/// A file under construction: without a name of its own in the end, it goes.
class Partial {
public:
    explicit Partial(const fs::path& path) : path_(path.parent_path() / ("." + path.filename().string() + ".partial"))
    {
    }
    ~Partial()
    {
        if (!path_.empty()) {
            ::unlink(path_.c_str());
        }
    }
    Partial(const Partial&) = delete;
    Partial& operator=(const Partial&) = delete;

    [[nodiscard]] const fs::path& path() const { return path_; }
    void rename_to(const fs::path& path)
    {
        if (::rename(path_.c_str(), path.c_str()) != 0) {
            throw system_error(ExitCode::Store, "create", path.string(), errno);
        }
        path_.clear();
    }

private:
    fs::path path_;
};

/// Fills a temporary file with `fill`, then gives it its name.
template <class Fill>
void publish(const fs::path& path, mode_t mode, Fill&& fill)
{
    Partial file{path};
    const fs::path& partial = file.path();
    {
        const Descriptor out{partial, O_WRONLY | O_CREAT | O_TRUNC, mode, "create"};
        std::forward<Fill>(fill)(out, partial);
        if (::fsync(out.number()) != 0) {
            throw system_error(ExitCode::Store, "write", partial.string(), errno);
        }
    }
    file.rename_to(path);
}

}  // namespace

struct PieceReader::Impl {
    explicit Impl(const fs::path& file) : path(file), in(file, O_RDONLY | O_NONBLOCK, 0, "read") {}

    fs::path path;
    Descriptor in;  ///< not blocking: a pipe must not hold us up
    std::array<char, 1 << 16> buffer{};
};

PieceReader::PieceReader(const fs::path& file) : impl_(std::make_unique<Impl>(file))
{
    struct stat status {};
    if (::fstat(impl_->in.number(), &status) == 0 && !S_ISREG(status.st_mode)) {
        throw Error{ExitCode::Store, "cannot read " + file.string() + ": it is not a regular file"};
    }
}

PieceReader::~PieceReader() = default;

std::string_view PieceReader::next()
{
    while (true) {
        const ssize_t got = ::read(impl_->in.number(), impl_->buffer.data(), impl_->buffer.size());
        if (got >= 0) {
            return {impl_->buffer.data(), static_cast<std::size_t>(got)};
        }
        if (errno != EINTR) {
            throw system_error(ExitCode::Store, "read", impl_->path.string(), errno);
        }
    }
}

std::string read_file(const fs::path& path)
{
    PieceReader file{path};
    std::string bytes;
    for (std::string_view piece = file.next(); !piece.empty(); piece = file.next()) {
        bytes.append(piece);
    }
    return bytes;
}

std::vector<ArraySpec> read_specs(const fs::path& file)
{
    const std::string text = read_file(file);
    try {
        return parse_specs(text);
    } catch (const line::Malformed& problem) {
        throw Error{ExitCode::Store,
                    fmt::format("{} is not an array specification: {}", file.string(), problem.what())};
    }
}

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
