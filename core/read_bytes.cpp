#include "core/read_bytes.hpp"

#include <array>
#include <cerrno>
#include <fstream>

namespace gaggle {

std::string read_bytes(const std::filesystem::path& file, ExitCode code)
{
    errno = 0;
    std::ifstream in{file, std::ios::binary};
    std::string bytes;
    std::array<char, 1 << 16> buffer{};
    while (in.read(buffer.data(), buffer.size()), in.gcount() > 0) {
        bytes.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (!in.is_open() || in.bad()) {
        throw system_error(code, "read", file.string(), errno == 0 ? EIO : errno);
    }
    return bytes;
}

}  // namespace gaggle
