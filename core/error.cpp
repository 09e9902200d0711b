#include "core/error.hpp"

#include <fmt/format.h>

#include <system_error>

namespace gaggle {

Error system_error(ExitCode code, std::string_view operation, std::string_view object, int error_number)
{
    return Error{code,
                 fmt::format("cannot {} {}: {}", operation, object, std::generic_category().message(error_number))};
}

}  // namespace gaggle
