#include "orchestrator/experiment/kinds.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace gaggle::experiment {

namespace {

const Key flags_key{"flags", Form::flags, ""};
const Key options_key{"options", Form::flags, ""};
const Key python_inside{"python", Form::inside, "python3"};
const Key python_in_tree{"python", Form::in_image, "bin/python3"};

/// In a new folder of its own, which "{mount}" then leads to, so that nothing that is there already is touched.
constexpr std::string_view unpack_archive =
    "mkdir -p {to} && new=$(mktemp -d {to}/gaggle.XXXXXX) && rmdir \"{mount}\" && ln -s \"$new\" \"{mount}\" && "
    "tar -xf {archive} -C \"$new\"";
constexpr std::string_view copy_folder =
    "mkdir -p {to} && new=$(mktemp -d {to}/gaggle.XXXXXX) && rmdir \"{mount}\" && ln -s \"$new\" \"{mount}\" && "
    "cp -a {prefix}/. \"$new\"";
constexpr std::string_view remove_new_folder = "new=$(readlink \"{mount}\") && rm -rf \"$new\"";

/// ch-run makes a folder in /var/tmp for its mount, once per node and user, and fails if another ch-run has just done so.
constexpr std::string_view own_mount_point = "--mount={mount}";

/// Set-up, steps and interpreters start in the same folder.
constexpr std::string_view run_in_session = "exec \"$0\" --run-in-session \"$(cat session)\" \"$@\"";

Kind prefix_of(std::string_view name)
{
    return {.name = name,
            .keys = {{"prefix", Form::prefix}, flags_key},
            .command = {"{prefix}/bin/python", "{flags}"},
            .path = FirstInPath::folder_of_the_interpreter,
            .cached = {"{prefix}"}};
}

Kind apptainer(std::string_view name, std::string_view variable_prefix)
{
    return {
        .name = name,
        .keys = {{"runtime", Form::program, name}, {"image", Form::container}, python_inside, options_key, flags_key},
        .command = {"{runtime}", "exec", "{options}", "{image}", "{python}", "{flags}"},
        .cached = {"{image}"},
        .container = "image",
        .variable_prefix = variable_prefix,
        .descriptors = Kind::Descriptors::handed_on};
}

/// Descriptors 3 and 4 are the probe's (worker/gate.hpp).
Kind podman(std::string_view name)
{
    return {.name = name,
            .keys = {{"runtime", Form::program, name}, {"image", Form::text}, python_inside, options_key, flags_key},
            .command = {"{runtime}", "run", "--rm", "--preserve-fds=2", "{variables}", "{options}", "{image}",
                        "{python}", "{flags}"},
            .container = "image",
            .variable_option = "--env",
            .descriptors = Kind::Descriptors::handed_on};
}

const std::array<Kind, 17> all_kinds{
    {{.name = "system", .keys = {{"python", Form::program, "python3"}, flags_key}, .command = {"{python}", "{flags}"}},
     prefix_of("venv"),
     prefix_of("conda"),
     {.name = "module",
      .keys = {{"modules", Form::names}, {"python", Form::program, "python3"}, flags_key},
      .command = {"{python}", "{flags}"},
      .setup = "module load {modules}"},
     {.name = "squashfs",
      .keys = {{"image", Form::squashfs}, {"python", Form::in_image}, flags_key},
      .command = {"{mount}/{python}", "{flags}"},
      .path = FirstInPath::folder_of_the_interpreter,
      .cached = {"{image}", "{mount}"},
      .mount = Mount::image},
     {.name = "tarball",
      .keys = {{"archive", Form::archive}, {"to", Form::new_folder, "/tmp"}, python_in_tree, flags_key},
      .command = {"{mount}/{python}", "{flags}"},
      .path = FirstInPath::folder_of_the_interpreter,
      .cached = {"{mount}"},
      .mount = Mount::staged,
      .stage = unpack_archive,
      .unstage = remove_new_folder},
     {.name = "copy",
      .keys = {{"prefix", Form::folder}, {"to", Form::new_folder, "/dev/shm"}, python_in_tree, flags_key},
      .command = {"{mount}/{python}", "{flags}"},
      .path = FirstInPath::folder_of_the_interpreter,
      .cached = {"{mount}"},
      .mount = Mount::staged,
      .stage = copy_folder,
      .unstage = remove_new_folder},
     {.name = "zipimport",
      .keys = {{"archive", Form::zip}, {"python", Form::program, "python3"}, flags_key},
      .command = {"{python}", "{flags}"},
      .cached = {"{archive}"},
      .variables = {{"PYTHONPATH", "{archive}"}}},
     apptainer("apptainer", "APPTAINERENV_"),
     apptainer("singularity", "SINGULARITYENV_"),
     {.name = "charliecloud",
      .keys = {{"runtime", Form::program, "ch-run"}, {"image", Form::root}, python_inside, options_key, flags_key},
      .command = {"{runtime}", own_mount_point, "{options}", "{image}", "--", "{python}", "{flags}"},
      .cached = {"{image}"},
      .container = "image",
      .descriptors = Kind::Descriptors::handed_on},
     podman("podman"),
     podman("podman-hpc"),
     {.name = "shifter",
      .keys = {{"runtime", Form::program, "shifter"}, {"image", Form::text}, python_inside, options_key, flags_key},
      .command = {"{runtime}", "--image={image}", "{options}", "{python}", "{flags}"},
      .container = "image"},
     {.name = "enroot",
      .keys = {{"runtime", Form::program, "enroot"}, {"image", Form::text}, python_inside, options_key, flags_key},
      .command = {"{runtime}", "start", "{variables}", "{options}", "{image}", "{python}", "{flags}"},
      .container = "image",
      .variable_option = "--env"},
     {.name = "spindle",
      .keys = {{"runtime", Form::program, "spindle"}, {"python", Form::program, "python3"}, options_key, flags_key},
      .command = {"/bin/sh", "-c", run_in_session, "{runtime}", "{python}", "{flags}"},
      .stage = "{runtime} {options} --no-mpi --start-session > session",
      .unstage = "{runtime} --end-session \"$(cat session)\""},
     {.name = "command",
      .keys = {{"command", Form::argv}, {"language", Form::language, "python"}},
      .command = {"{command}"}}}};

}  // namespace

std::span<const Kind> kinds()
{
    return all_kinds;
}

std::vector<std::string_view> kind_names()
{
    std::vector<std::string_view> names;
    std::ranges::transform(all_kinds, std::back_inserter(names), &Kind::name);
    return names;
}

std::vector<std::string_view> names_of_mounting_kinds()
{
    std::vector<std::string_view> names;
    for (const Kind& kind : all_kinds) {
        if (kind.mount != Mount::none) {
            names.push_back(kind.name);
        }
    }
    return names;
}

}  // namespace gaggle::experiment
