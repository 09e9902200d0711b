#include "worker/files.hpp"

#include "core/error.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <vector>

namespace gaggle::worker {

namespace {

void write_all(const Descriptor& file, std::string_view bytes, const std::string& name)
{
    while (!bytes.empty()) {
        const ssize_t written = write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            throw system_error(ExitCode::Store, "write", name, errno);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void sync(const Descriptor& file, const std::string& name)
{
    // EINVAL: this kind of file, or this file system's folders, cannot be synced; nothing more can be done.
    if (fsync(file.get()) != 0 && errno != EINVAL) {
        throw system_error(ExitCode::Store, "sync", name, errno);
    }
}

std::string scratch_folder()
{
    const char* folder = std::getenv("TMPDIR");
    return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept
{
    if (this != &other) {
        close();
        number_ = std::exchange(other.number_, -1);
    }
    return *this;
}

void Descriptor::close()
{
    if (number_ >= 0) {
        ::close(std::exchange(number_, -1));
    }
}

Pipe make_pipe()
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw system_error(ExitCode::Usage, "open", "a pipe", errno);
    }
    return {Descriptor{ends[0]}, Descriptor{ends[1]}};
}

Descriptor make_memory_file(const char* name)
{
    Descriptor file{memfd_create(name, MFD_CLOEXEC)};
    if (file.get() < 0) {
        throw system_error(ExitCode::Usage, "open", "a file in memory", errno);
    }
    return file;
}

std::string read_from_start(const Descriptor& file, std::size_t limit)
{
    std::string bytes;
    std::array<char, 16384> chunk{};
    while (bytes.size() < limit) {
        const ssize_t got = pread(file.get(), chunk.data(), std::min(chunk.size(), limit - bytes.size()),
                                  static_cast<off_t>(bytes.size()));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            break;
        }
        bytes.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return bytes;
}

std::string read_file(const std::filesystem::path& file)
{
    std::optional<std::string> bytes = try_read_file(file);
    if (!bytes) {
        throw system_error(ExitCode::Store, "open", file.string(), errno);
    }
    return std::move(*bytes);
}

std::optional<std::string> try_read_file(const std::filesystem::path& file)
{
    const Descriptor opened{open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (opened.get() < 0) {
        return std::nullopt;
    }
    return read_from_start(opened, std::string{}.max_size());
}

Descriptor make_unnamed_file()
{
    const std::string folder = scratch_folder();
    if (Descriptor file{open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)}; file.get() >= 0) {
        return file;
    }
    std::string name = folder + "/gaggle-XXXXXX";  // not every file system can do without a name
    Descriptor file{mkostemp(name.data(), O_CLOEXEC)};
    if (file.get() >= 0) {
        unlink(name.c_str());
    }
    return file;
}

Publication::Publication(std::filesystem::path file)
    : file_(std::move(file)), temporary_(file_.string() + ".tmp.XXXXXX")
{
    out_ = Descriptor{mkostemp(temporary_.data(), O_CLOEXEC)};
    if (out_.get() < 0) {
        throw system_error(ExitCode::Store, "create", temporary_, errno);
    }
    const mode_t mask = umask(0);
    umask(mask);
    fchmod(out_.get(), 0666 & ~mask);  // mkostemp's 0600 would hide records from the store's other readers
}

Publication::~Publication()
{
    if (!is_published_) {
        unlink(temporary_.c_str());
    }
}

void Publication::write(std::string_view bytes)
{
    write_all(out_, bytes, temporary_);
}

void Publication::publish()
{
    sync(out_, temporary_);
    out_.close();
    if (std::rename(temporary_.c_str(), file_.c_str()) != 0) {
        throw system_error(ExitCode::Store, "rename to", file_.string(), errno);
    }
    is_published_ = true;
    const Descriptor folder{open(file_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.get() >= 0) {
        sync(folder, file_.parent_path().string());
    }
}

void keep_inherited_descriptors_to_ourselves()
{
    std::vector<int> inherited;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        const std::string name = entry.path().filename().string();
        int number = -1;
        std::from_chars(name.data(), name.data() + name.size(), number);
        inherited.push_back(number);
    }
    for (const int number : inherited) {
        if (number > STDERR_FILENO) {
            fcntl(number, F_SETFD, FD_CLOEXEC);  // fails harmlessly for the iterator's own, closed by now
        }
    }
}

ScratchDirectory::ScratchDirectory()
{
    std::string name = scratch_folder() + "/gaggle-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
        throw system_error(ExitCode::Usage, "create the scratch folder", name, errno);
    }
    path_ = name;
}

ScratchDirectory::~ScratchDirectory()
{
    // Never into a file system that is still mounted there: rmdir of a mount point fails, which is right.
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{path_, ignored}) {
        std::filesystem::remove(entry.path(), ignored);
    }
    std::filesystem::remove(path_, ignored);
}

}  // namespace gaggle::worker
