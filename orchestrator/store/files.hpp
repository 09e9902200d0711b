#pragma once

#include "core/array_spec.hpp"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Files of the store that survive a crash: each is complete under its name or not there. All errors are Error(Store).
namespace gaggle::store {

/// Reads a regular file from its beginning.
class PieceReader {
public:
    explicit PieceReader(const std::filesystem::path& file);
    ~PieceReader();
    PieceReader(const PieceReader&) = delete;
    PieceReader& operator=(const PieceReader&) = delete;

    /// Its next bytes, good until the next call; empty at its end.
    [[nodiscard]] std::string_view next();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// All bytes of a regular file.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// What the workers of an array are told, a specification for each of its cells, at least one: what was submitted
/// counts, not what the experiment file says today.
[[nodiscard]] std::vector<ArraySpec> read_specs(const std::filesystem::path& file);

/// Writes `bytes` to a temporary name beside `path`, fsyncs, renames. `mode` is subject to the umask: stores are
/// shared with colleagues. The name itself is only durable after sync_folder of its folder. What could not be
/// written leaves nothing.
void write_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode);

/// The same with the bytes of another file.
void copy_file(const std::filesystem::path& from, const std::filesystem::path& to, mode_t mode);

/// Creates a folder and those above it where they are missing.
void make_folders(const std::filesystem::path& folder);

/// Makes the names in a folder durable.
void sync_folder(const std::filesystem::path& folder);

}  // namespace gaggle::store
