#include "worker/listing.hpp"

#include "core/error.hpp"
#include "core/line.hpp"
#include "core/record.hpp"
#include "worker/files.hpp"
#include "worker/words.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>
#include <vector>

namespace gaggle::worker {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view end_line = "end";

struct stat status_of(const fs::path& path)
{
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) {
        throw system_error(ExitCode::Usage, "look at", path.string(), errno);
    }
    return status;
}

std::string sha256_of(const fs::path& path)
{
    const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0) {
        throw system_error(ExitCode::Usage, "open", path.string(), errno);
    }
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    std::vector<unsigned char> chunk(std::size_t{1} << 20U);
    for (;;) {
        const ssize_t got = read(file.get(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            throw system_error(ExitCode::Usage, "read", path.string(), errno);
        }
        if (got == 0) {
            break;
        }
        crypto_hash_sha256_update(&state, chunk.data(), static_cast<std::size_t>(got));
    }
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256_final(&state, hash.data());
    std::array<char, 2 * crypto_hash_sha256_BYTES + 1> text{};
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    return text.data();
}

std::string content_of(const fs::path& path)
{
    const mode_t mode = status_of(path).st_mode;
    if (S_ISLNK(mode)) {
        return "-> " + fs::read_symlink(path).string();
    }
    return S_ISREG(mode) ? sha256_of(path) : "special";
}

/// Relative, everything but folders.
std::vector<std::string> paths_under(const fs::path& folder)
{
    const dev_t file_system = status_of(folder).st_dev;
    std::vector<std::string> paths;
    for (auto found = fs::recursive_directory_iterator{folder}; found != fs::recursive_directory_iterator{}; ++found) {
        if (found->is_symlink() || !found->is_directory()) {
            paths.push_back(found->path().lexically_relative(folder).string());
        } else if (status_of(found->path()).st_dev != file_system) {
            found.disable_recursion_pending();
        }
    }
    std::ranges::sort(paths);
    return paths;
}

}  // namespace

void print_files(const fs::path& folder)
{
    const fs::path real = fs::canonical(folder);
    for (const std::string& path : paths_under(real)) {
        std::cout << line::write(record::File{.node = 0, .path = path, .content = content_of(real / path)});
    }
    std::cout << end_line << "\n" << std::flush;
    if (!std::cout) {
        throw Error{ExitCode::Usage, "cannot print the files of " + folder.string()};
    }
}

std::string file_lines_of(std::string_view output, unsigned node)
{
    std::string lines;
    while (!output.empty()) {
        const std::string_view text = take_until(output, '\n');
        if (text == end_line) {
            return lines;
        }
        if (line::tag_of(text) == record::File::tag) {
            auto file = line::read<record::File>(text);
            file.node = node;
            lines += line::write(file);
        }
    }
    throw Error{ExitCode::Usage, "the list of its files has no end"};
}

}  // namespace gaggle::worker
