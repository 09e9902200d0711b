#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace gaggle::store {

/// The store's writer: an open-file-description lock on STORE/lock, held until destruction. It works between the
/// hosts of an NFS or a Lustre mounted with `flock`, dies with its process (and those that inherited the descriptor),
/// and excludes a second Store of the same process too. The file's text says who holds it.
class WriterLock {
public:
    /// Waits up to `patience`; then throws Error(Store) that names the holder.
    WriterLock(const std::filesystem::path& store, std::chrono::milliseconds patience);
    ~WriterLock();
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

/// Why WriterLock would not work in a folder; "" if it would. Makes a file there, and removes it. What it cannot tell is
/// whether locks reach other hosts.
[[nodiscard]] std::string locking_trouble(const std::filesystem::path& folder);

}  // namespace gaggle::store
