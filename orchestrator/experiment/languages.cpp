#include "orchestrator/experiment/languages.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace gaggle::experiment {

namespace {

constexpr std::array<std::string_view, 9> names{"python", "R", "perl", "ruby", "node", "julia", "lua", "sh", "none"};

/// A name is parts between separators. A part begins with a letter or one of `first`, and goes on with letters, digits
/// and those of `further`.
struct Spelling {
    std::string_view language;
    std::string_view separator;  ///< "": a name has one part
    std::string_view first;
    std::string_view further;
    bool path;  ///< also an absolute path
    std::string_view expected;
};
constexpr std::array<Spelling, 7> spellings{{
    {"python", ".", "_", "_", false, "a module name such as \"numpy\" or \"xml.dom\""},
    {"R", "", "", ".", false, "the name of an R package such as \"data.table\""},
    {"perl", "::", "_", "_", false, "a Perl module such as \"POSIX\" or \"List::Util\""},
    {"ruby", "/", "_", "_-.", true, "what ruby's require takes: \"json\", \"net/http\" or an absolute path"},
    {"node", "/", "_@", "_-.:", true,
     "what node's require takes: \"express\", \"@scope/name\", \"node:fs\" or an absolute path"},
    {"julia", "", "_", "_", false, "the name of a Julia package such as \"LinearAlgebra\""},
    {"lua", ".", "_", "_-", false, "a Lua module such as \"lpeg\" or \"socket.http\""},
}};

struct NullArguments {
    std::string_view language;
    std::vector<std::string> arguments;
};
const std::array<NullArguments, 8> nothing{{
    {"python", {"-E", "-s", "-S", "-c", "pass"}},  // what -I does, which python 2 does not know
    {"R", {"--vanilla", "-e", "invisible()"}},
    {"perl", {"-e", "1"}},
    {"ruby", {"--disable=gems", "-e", "nil"}},
    {"node", {"-e", "0"}},
    {"julia", {"--startup-file=no", "-e", "nothing"}},
    {"lua", {"-e", ""}},
    {"sh", {"-c", ":"}},
}};

[[nodiscard]] bool is_part(std::string_view text, const Spelling& spelling)
{
    return !text.empty() && (is_letter(text.front()) || spelling.first.find(text.front()) != std::string_view::npos) &&
           std::ranges::all_of(text.substr(1), [&](char c) {
               return is_letter(c) || is_digit(c) || spelling.further.find(c) != std::string_view::npos;
           });
}

[[nodiscard]] bool has_only_parts(std::string_view name, const Spelling& spelling)
{
    for (std::size_t begin = 0; !spelling.separator.empty();) {
        const std::size_t end = name.find(spelling.separator, begin);
        if (end == std::string_view::npos) {
            return is_part(name.substr(begin), spelling);
        }
        if (!is_part(name.substr(begin, end - begin), spelling)) {
            return false;
        }
        begin = end + spelling.separator.size();
    }
    return is_part(name, spelling);
}

/// An absolute path of a file. Control characters would break the lines in which a probe says what it did, and some
/// shells' echo takes a backslash for the beginning of one.
[[nodiscard]] bool is_file(std::string_view name)
{
    return name.starts_with('/') && !name.ends_with('/') && std::ranges::none_of(name, [](char c) {
               return c == '\\' || std::iscntrl(static_cast<unsigned char>(c)) != 0;
           });
}

}  // namespace

std::span<const std::string_view> language_names()
{
    return names;
}

std::optional<std::vector<std::string>> null_arguments(std::string_view language)
{
    const auto* found = std::ranges::find(nothing, language, &NullArguments::language);
    return found == nothing.end() ? std::nullopt : std::optional{found->arguments};
}

std::string import_rule(std::string_view language, const std::string& name)
{
    if (language == "sh") {
        return is_file(name) ? "" : "the absolute path of a file to source, such as \"/etc/profile\"";
    }
    const auto* spelling = std::ranges::find(spellings, language, &Spelling::language);
    if (spelling == spellings.end() || has_only_parts(name, *spelling) || (spelling->path && is_file(name))) {
        return "";
    }
    return std::string{spelling->expected};
}

}  // namespace gaggle::experiment
