#include "orchestrator/commands/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace gaggle::commands {

std::optional<Terminal> terminal_at(int descriptor)
{
    const char* const type = std::getenv("TERM");
    if (isatty(descriptor) != 1 || type == nullptr || std::string_view{type} == "dumb") {
        return std::nullopt;
    }
    Terminal terminal;
    winsize size{};
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 && size.ws_row > 1) {
        terminal.columns = size.ws_col;
        terminal.rows = size.ws_row;
    }
    const char* const no_colour = std::getenv("NO_COLOR");
    terminal.has_colours = no_colour == nullptr || *no_colour == '\0';
    return terminal;
}

}  // namespace gaggle::commands
