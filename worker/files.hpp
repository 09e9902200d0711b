#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gaggle::worker {

/// An open file descriptor, closed at the end.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { close(); }

    [[nodiscard]] int get() const { return number_; }
    /// Gives the number away; the caller closes it.
    [[nodiscard]] int release() { return std::exchange(number_, -1); }
    void close();

private:
    int number_ = -1;
};

/// Both ends close-on-exec. Throws Error.
struct Pipe {
    Descriptor read_end;
    Descriptor write_end;
};
[[nodiscard]] Pipe make_pipe();

/// An unnamed file in memory, close-on-exec: what is written there never waits for a reader. Throws Error.
[[nodiscard]] Descriptor make_memory_file(const char* name);

/// All bytes of an open file from its beginning, at most `limit`.
[[nodiscard]] std::string read_from_start(const Descriptor& file, std::size_t limit);

/// Throws Error naming the file.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

/// For files that may well be missing, as in /proc and /sys. Nothing when it cannot be opened: errno says why.
[[nodiscard]] std::optional<std::string> try_read_file(const std::filesystem::path& file);

/// A file in TMPDIR or /tmp that nobody else sees, gone when it is closed; close-on-exec. None (-1) if it cannot be made.
[[nodiscard]] Descriptor make_unnamed_file();

/// A file under construction, beside the name that it gets when it is published (fsync, rename, fsync of the folder): a
/// reader sees all of it or nothing. Without that it goes, and what had the name stays. Throws Error naming the file.
class Publication {
public:
    explicit Publication(std::filesystem::path file);
    ~Publication();
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;

    void write(std::string_view bytes);
    void publish();

private:
    std::filesystem::path file_;
    std::string temporary_;
    Descriptor out_;
    bool is_published_ = false;
};

/// Marks every descriptor above 2 that this process was born with close-on-exec, so that no child inherits it.
void keep_inherited_descriptors_to_ourselves();

/// A folder of this process's own in TMPDIR or /tmp, removed with everything in it (not through mount points).
class ScratchDirectory {
public:
    ScratchDirectory();
    ~ScratchDirectory();
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace gaggle::worker
