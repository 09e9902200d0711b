#include "worker/mounts.hpp"

#include "worker/words.hpp"

#include <optional>

namespace gaggle::worker {

namespace {

[[nodiscard]] bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/// "36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw,errors=continue"; the words before "-" vary.
std::optional<MountEntry> parse_mount(std::string_view line)
{
    const auto id = number_of<std::uint64_t>(take_word(line));
    take_word(line);  // its parent's id
    MountEntry mount;
    mount.device = take_word(line);
    take_word(line);  // which folder of the file system is mounted
    mount.point = unescaped(take_word(line));
    mount.options = take_word(line);
    std::string_view word = take_word(line);
    while (!word.empty() && word != "-") {
        word = take_word(line);
    }
    mount.type = take_word(line);
    mount.source = unescaped(take_word(line));
    mount.super_options = unescaped(take_word(line));
    if (!id || mount.type.empty() || !mount.point.starts_with('/')) {
        return std::nullopt;
    }
    mount.id = *id;
    return mount;
}

[[nodiscard]] bool lies_on(const std::string& path, const std::string& point)
{
    return path.starts_with(point) && (point.back() == '/' || path.size() == point.size() || path[point.size()] == '/');
}

}  // namespace

std::string unescaped(std::string_view text)
{
    std::string plain;
    plain.reserve(text.size());
    while (!text.empty()) {
        if (text.size() >= 4 && text[0] == '\\' && is_octal(text[1]) && is_octal(text[2]) && is_octal(text[3])) {
            plain += static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
            text.remove_prefix(4);
        } else {
            plain += text.front();
            text.remove_prefix(1);
        }
    }
    return plain;
}

std::vector<MountEntry> parse_mountinfo(std::string_view text)
{
    std::vector<MountEntry> mounts;
    while (!text.empty()) {
        if (std::optional<MountEntry> mount = parse_mount(take_until(text, '\n'))) {
            mounts.push_back(std::move(*mount));
        }
    }
    return mounts;
}

const MountEntry* find_mount(const std::vector<MountEntry>& mounts, const std::filesystem::path& path, std::uint64_t id)
{
    const MountEntry* best = nullptr;
    for (const MountEntry& mount : mounts) {
        if (id != 0 && mount.id == id) {
            return &mount;
        }
        if (lies_on(path.string(), mount.point) && (best == nullptr || mount.point.size() >= best->point.size())) {
            best = &mount;
        }
    }
    return best;
}

}  // namespace gaggle::worker
