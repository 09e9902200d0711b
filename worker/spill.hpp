#pragma once

#include "worker/files.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gaggle::worker {

/// Text that is wanted again later, more of it than memory should hold: what comes after the first `in_memory` bytes goes
/// to an unnamed file in TMPDIR or /tmp. Where that cannot be written memory holds it after all.
class Spill {
public:
    static constexpr std::size_t most_in_memory = std::size_t{192} << 20U;

    explicit Spill(std::size_t in_memory = most_in_memory) : in_memory_(in_memory) {}

    /// Where a text went.
    struct Extent {
        enum class Place { memory, file } place = Place::memory;
        std::uint64_t begin = 0;  ///< which text in memory, or byte of the file
        std::size_t size = 0;     ///< bytes
    };
    [[nodiscard]] Extent keep(std::string text);
    /// Throws Error if the file cannot be read.
    [[nodiscard]] std::string read(const Extent& extent) const;

private:
    [[nodiscard]] bool write(const std::string& text);

    std::size_t in_memory_;
    std::size_t kept_in_memory_ = 0;
    std::vector<std::string> texts_;
    Descriptor file_;
    std::uint64_t file_size_ = 0;
    bool is_file_usable_ = true;
};

}  // namespace gaggle::worker
