#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gaggle::tests {

/// A new empty folder, removed with everything in it at the end of the test.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Writes a file in it, folders included; returns its path.
    std::filesystem::path write(const std::filesystem::path& name, std::string_view text) const;

private:
    std::filesystem::path path_;
};

/// What could be read of it, "" if nothing.
[[nodiscard]] std::string read_text(const std::filesystem::path& file);

}  // namespace gaggle::tests
