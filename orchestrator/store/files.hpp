#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

/// Files of the store that survive a crash: each is complete under its name or not there. All errors are Error(Store).
namespace gaggle::store {

/// Writes `bytes` to a temporary name beside `path`, fsyncs, renames. `mode` is subject to the umask: stores are
/// shared with colleagues. The name itself is only durable after sync_folder of its folder.
void write_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode);

/// The same with the bytes of another file.
void copy_file(const std::filesystem::path& from, const std::filesystem::path& to, mode_t mode);

/// Creates a folder and those above it where they are missing.
void make_folders(const std::filesystem::path& folder);

/// Makes the names in a folder durable.
void sync_folder(const std::filesystem::path& folder);

}  // namespace gaggle::store
