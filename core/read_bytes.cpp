#include "core/read_bytes.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>

namespace gaggle {

std::string read_bytes(const std::filesystem::path& file, ExitCode code)
{
    errno = 0;
    std::ifstream in{file, std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    if (!in.is_open() || in.bad()) {
        throw system_error(code, "read", file.string(), errno == 0 ? EIO : errno);
    }
    return bytes;
}

}  // namespace gaggle
