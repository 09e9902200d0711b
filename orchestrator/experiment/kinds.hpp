#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

/// Kinds of environment. A kind is an entry of the table in kinds.cpp: which keys it takes and how they become an
/// interpreter's command, its variables, and what a node does before and after. Users read about them in
/// docs/environments.md.
namespace gaggle::experiment {

/// How a kind's key is checked, and what it stands for (forms.cpp).
enum class Form {
    program,     ///< a name to search in PATH, or the path of an executable
    prefix,      ///< a folder with bin/python
    folder,      ///< a folder that is there
    new_folder,  ///< a folder that may come to be there
    squashfs,    ///< a SquashFS file
    container,   ///< a SIF, a SquashFS file or a folder
    root,        ///< a SquashFS file or a folder
    archive,     ///< a file that tar unpacks
    zip,         ///< a zip file
    in_image,    ///< a path inside the image
    inside,      ///< a program inside the container: a name, or an absolute path there
    text,        ///< what only the runtime can understand
    names,       ///< a list of names
    argv,        ///< a command with its arguments
    flags,       ///< arguments
    language,    ///< which probe
};

struct Key {
    std::string_view name;
    Form form;
    std::optional<std::string_view> fallback = {};  ///< without one the key is required
};

enum class FirstInPath { nothing, folder_of_the_interpreter };

/// What "{mount}" is on a node: an empty folder, where the node's worker mounts the image, or what `stage` puts there.
enum class Mount { none, image, staged };

/// Text in which "{key}" is that key's value. In `command` and `cached` a word that is nothing else becomes all of a
/// list's items; in shell commands each item is quoted. "{mount}" is left to the nodes, where it begins as an empty folder.
struct Kind {
    using Words = std::vector<std::string_view>;

    std::string_view name;
    std::vector<Key> keys;
    Words command;  ///< "{variables}": `variable_option` and "NAME=value" for each that is to get inside
    FirstInPath path = FirstInPath::nothing;
    Words cached = {};  ///< what a cache state is about; empty: the program
    Mount mount = Mount::none;
    std::string_view setup = {};    ///< a shell command, after the environment's own
    std::string_view stage = {};    ///< a shell command, before the environment's own
    std::string_view unstage = {};  ///< a shell command, after the environment's own
    std::vector<std::pair<std::string_view, std::string_view>> variables = {};
    /// A container: the interpreter's paths lie in what this key names. Its variables get there by an option of the
    /// runtime, or by variables with another name, or by themselves.
    std::string_view container = {};
    std::string_view variable_option = {};
    std::string_view variable_prefix = {};
    /// What `per = "node"` needs: that the runtime hands on descriptors 3 and 4 was seen, or is in its manual.
    enum class Descriptors { unknown, handed_on } descriptors = Descriptors::unknown;
};

[[nodiscard]] std::span<const Kind> kinds();

/// Its names, and those of the kinds that have "{mount}".
[[nodiscard]] std::vector<std::string_view> kind_names();
[[nodiscard]] std::vector<std::string_view> names_of_mounting_kinds();

}  // namespace gaggle::experiment
