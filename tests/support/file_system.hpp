#pragma once

#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::tests {

/// False, and says so where ctest sees it, if nothing can be mounted on this machine: no FUSE, no right to, or entered
/// by chroot. `user` is put before every command: nothing, or one that makes it another user's.
[[nodiscard]] bool mounts_here(const std::vector<std::string>& user = {});

/// What the server of scripts/sandbox-fs says of itself.
struct ServerCounts {
    int mounts = 0;
    int metadata = 0;  ///< requests
    int data = 0;      ///< requests
    int held = 0;      ///< requests
    double clock_s = 0;
};

/// A folder served by scripts/sandbox-fs, and stopped at the end. Fails the test if that does not come up.
class FileSystem {
public:
    /// `options` of sandbox-fs start; `user` as above.
    explicit FileSystem(const std::vector<std::string>& options = {}, std::vector<std::string> user = {});
    ~FileSystem();
    FileSystem(const FileSystem&) = delete;
    FileSystem& operator=(const FileSystem&) = delete;

    /// What is served, as it is on the server; the same path is where clients have it mounted.
    [[nodiscard]] std::filesystem::path shared() const { return folder_.path() / "shared"; }
    [[nodiscard]] std::filesystem::path dir() const { return folder_.path() / "fs"; }
    /// A place that all clients see and that is not served.
    [[nodiscard]] std::filesystem::path outside(const std::string& name) const { return folder_.path() / name; }
    std::filesystem::path write(const std::string& name, std::string_view text) const
    {
        return folder_.write("shared/" + name, text);
    }

    /// `sandbox-fs COMMAND DIR ARGUMENTS...`
    [[nodiscard]] Finished control(const std::string& command, const std::vector<std::string>& arguments = {}) const;
    /// A shell command as a client; must succeed. Gives what it printed.
    [[nodiscard]] std::string enter(const std::string& command) const;
    /// The same without waiting for it; what it printed gets into outside(name).
    void enter_beside(const std::string& name, const std::string& command) const;
    [[nodiscard]] ServerCounts counts() const;
    /// Processes and mounts of this machine in whose command line or path it is; this process's are not among them.
    [[nodiscard]] std::vector<std::string> traces() const;

private:
    TemporaryDirectory folder_;
    std::vector<std::string> user_;
};

}  // namespace gaggle::tests
