#include "orchestrator/experiment/forms.hpp"

#include "orchestrator/experiment/languages.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <system_error>

namespace gaggle::experiment {

namespace {

using Path = std::filesystem::path;

[[nodiscard]] bool is_program(const Path& path)
{
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

[[nodiscard]] std::string program_trouble(const Path& path)
{
    return is_program(path) ? "" : fmt::format("no executable '{}'", path.string());
}

[[nodiscard]] std::string folder_trouble(const Path& path)
{
    std::error_code error;
    return std::filesystem::is_directory(path, error) ? "" : fmt::format("no folder '{}'", path.string());
}

[[nodiscard]] std::string prefix_trouble(const Path& prefix)
{
    if (prefix.string().find(':') != std::string::npos) {
        return fmt::format("a ':' in '{}', which PATH cannot hold", prefix.string());
    }
    if (std::string trouble = folder_trouble(prefix); !trouble.empty()) {
        return trouble;
    }
    std::error_code error;
    const Path python = prefix / "bin/python";
    if (!std::filesystem::exists(python, error)) {
        return fmt::format("no '{}'", python.string());
    }
    return is_program(python) ? "" : fmt::format("'{}', which is not executable", python.string());
}

/// Bytes that a kind of file has at a place.
struct Magic {
    std::size_t at;
    std::string_view bytes;
};
constexpr Magic squashfs_magic{0, "hsqs"};   // SQUASHFS_MAGIC, little-endian: linux/fs/squashfs/squashfs_fs.h
constexpr Magic sif_magic{32, "SIF_MAGIC"};  // behind the launch line: github.com/apptainer/sif, pkg/sif/sif.go
constexpr Magic zip_magic{0, "PK"};          // local file header: APPNOTE.TXT 4.3.7

/// A file that can be read, and begins as one of `magics` do; none: as it likes.
[[nodiscard]] std::string file_trouble(const Path& path, std::initializer_list<Magic> magics)
{
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        return fmt::format("no file '{}'", path.string());
    }
    std::ifstream file{path, std::ios::binary};
    if (!file.is_open()) {
        return fmt::format("'{}', which cannot be read", path.string());
    }
    std::string head(64, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    const bool known = magics.size() == 0 || std::ranges::any_of(magics, [&](const Magic& magic) {
                           return head.compare(magic.at, magic.bytes.size(), magic.bytes) == 0;
                       });
    return known ? "" : fmt::format("'{}', which is something else", path.string());
}

[[nodiscard]] std::string file_or_folder_trouble(const Path& path, std::initializer_list<Magic> magics)
{
    if (folder_trouble(path).empty()) {
        return "";
    }
    std::error_code error;
    return std::filesystem::exists(path, error) ? file_trouble(path, magics)
                                                : fmt::format("no file or folder '{}'", path.string());
}

/// A form that is a path of this machine. `trouble`: in the words after "found"; empty: none.
struct PathForm {
    Form form;
    std::string_view expected;
    std::string (*trouble)(const Path& path);
    std::string_view remedy;
};
constexpr std::array<PathForm, 9> path_forms{{
    {Form::program, "a program", program_trouble,
     "install it, name another, or give its name alone and load it with `setup`"},
    {Form::prefix, "a folder with bin/python", prefix_trouble,
     "make it there (python3 -m venv, conda create --prefix), or name another"},
    {Form::folder, "a folder", folder_trouble, "make it there, or name another"},
    {Form::new_folder, "a folder", [](const Path&) -> std::string { return ""; }, ""},
    {Form::squashfs, "a SquashFS image", [](const Path& path) { return file_trouble(path, {squashfs_magic}); },
     "make it there (mksquashfs TREE IMAGE), or name another"},
    {Form::container, "a SIF or SquashFS image, or a folder",
     [](const Path& path) {
         return file_or_folder_trouble(path, {sif_magic, squashfs_magic});
     },
     "make it there (apptainer build IMAGE.sif …), or name another"},
    {Form::root, "a SquashFS image or a folder",
     [](const Path& path) { return file_or_folder_trouble(path, {squashfs_magic}); },
     "make it there (mksquashfs TREE IMAGE), or name another"},
    {Form::archive, "an archive that tar unpacks", [](const Path& path) { return file_trouble(path, {}); },
     "make it there (tar -caf ARCHIVE -C PREFIX .), or name another"},
    {Form::zip, "a zip file", [](const Path& path) { return file_trouble(path, {zip_magic}); },
     "make it there (cd site-packages && zip -r ARCHIVE .), or name another"},
}};

[[nodiscard]] const PathForm& path_form(Form form)
{
    return *std::ranges::find(path_forms, form, &PathForm::form);
}

/// An absolute path, checked unless it comes to be on the nodes only.
[[nodiscard]] std::optional<std::string> path_of(const Field& field, const PathForm& form,
                                                 const Surroundings& surroundings, Problems& problems)
{
    auto text = text_of(field, problems);
    if (!text || (form.form == Form::program && text->find('/') == std::string::npos)) {
        return text;
    }
    std::string path = absolute_path(*text, surroundings).string();
    const std::string trouble = surroundings.staged ? "" : form.trouble(path);
    if (trouble.empty()) {
        return path;
    }
    if (surroundings.absent == nullptr) {
        problems.add(field.at(), field.name, form.expected, trouble);
        return std::nullopt;
    }
    surroundings.absent->push_back({.environment = "",
                                    .at = field.at(),
                                    .key = field.name,
                                    .words = fmt::format("expected {}, found {}", form.expected, trouble),
                                    .remedy = std::string{form.remedy}});
    return path;
}

[[nodiscard]] std::optional<std::string> path_in_image(const Field& field, Problems& problems)
{
    const auto inside = [](const std::string& text) { return Path{"/" + text}.lexically_normal(); };
    const auto text = text_of(field, problems, [&](const std::string& given) -> std::string {
        return inside(given).has_filename() ? "" : "a path inside the image, such as \"bin/python3\"";
    });
    return text ? std::optional{inside(*text).relative_path().string()} : std::nullopt;
}

[[nodiscard]] std::string inside_rule(const std::string& text)
{
    const bool is_path = text.find('/') != std::string::npos;
    return text.starts_with('-') || (is_path && !text.starts_with('/'))
               ? "the name of a program in the container, or its absolute path there"
               : "";
}

[[nodiscard]] std::string name_of_image_rule(const std::string& text)
{
    return text.starts_with('-') ? "an image as the runtime calls it" : "";
}

[[nodiscard]] std::string module_rule(const std::string& text)
{
    const bool is_name = !text.starts_with('-') && std::ranges::none_of(text, [](unsigned char c) {
        return std::isspace(c) != 0 || std::iscntrl(c) != 0;
    });
    return is_name ? "" : "the name of a module, such as \"python/3.11\"";
}

[[nodiscard]] std::optional<std::vector<std::string>> argv_of(const Field& field, const Surroundings& surroundings,
                                                              Problems& problems)
{
    auto argv = texts_of(field, problems, Emptiness::refused, Repeats::allowed);
    if (argv) {
        const Node& first = std::get<List>(field.node->value).front();
        const auto program = path_of({field.name, &first}, path_form(Form::program), surroundings, problems);
        if (!program) {
            return std::nullopt;
        }
        argv->front() = *program;
    }
    return argv;
}

/// Those whose value is one text.
[[nodiscard]] std::optional<std::string> single_of(const Field& field, Form form, const Surroundings& surroundings,
                                                   Problems& problems)
{
    switch (form) {
        case Form::in_image: return path_in_image(field, problems);
        case Form::inside: return text_of(field, problems, inside_rule);
        case Form::text: return text_of(field, problems, name_of_image_rule);
        case Form::language: return choice_of(field, language_names(), {}, problems);
        default: return path_of(field, path_form(form), surroundings, problems);
    }
}

}  // namespace

std::filesystem::path absolute_path(const std::string& text, const Surroundings& surroundings)
{
    std::filesystem::path path{text};
    if (text == "~" || text.starts_with("~/")) {
        path = std::filesystem::path{surroundings.shell("HOME").value_or("~")} /
               std::string_view{text}.substr(std::min<std::size_t>(2, text.size()));
    }
    path = (surroundings.folder / path).lexically_normal();
    return path.has_filename() ? path : path.parent_path();
}

std::optional<std::vector<std::string>> value_of(const Field& field, Form form, const Surroundings& surroundings,
                                                 Problems& problems)
{
    switch (form) {
        case Form::flags: return texts_of(field, problems, Emptiness::refused, Repeats::allowed);
        case Form::names: return texts_of(field, problems, Emptiness::refused, Repeats::refused, module_rule);
        case Form::argv: return argv_of(field, surroundings, problems);
        default: {
            const auto text = single_of(field, form, surroundings, problems);
            return text ? std::optional{std::vector{*text}} : std::nullopt;
        }
    }
}

}  // namespace gaggle::experiment
