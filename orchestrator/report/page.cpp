#include "core/embedded.hpp"
#include "core/error.hpp"
#include "orchestrator/report/report.hpp"

#include <span>

namespace gaggle::report {

std::span<const EmbeddedFile> page_files();

std::string page(std::string_view data)
{
    const std::string_view frame = page_files().front().text;
    constexpr std::string_view place = "%DATA%";
    const std::size_t at = frame.find(place);
    if (at == std::string_view::npos) {
        throw Error(ExitCode::Usage,
                    "this gaggle was built without npm and has no page; build it where there is npm, or use --text");
    }
    std::string whole;
    whole.reserve(frame.size() + data.size());
    return whole.append(frame.substr(0, at)).append(data).append(frame.substr(at + place.size()));
}

}  // namespace gaggle::report
