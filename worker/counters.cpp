#include "worker/counters.hpp"

#include "worker/mounts.hpp"
#include "worker/words.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <set>
#include <span>
#include <system_error>

namespace gaggle::worker {

namespace {

using Numbers = std::vector<std::uint64_t>;

/// The columns of a per-op line (net/sunrpc/stats.c, _print_rpc_iostats); older kernels lack the last.
constexpr std::array<std::string_view, 9> operation_columns{"operations",    "transmissions",  "major timeouts",
                                                            "bytes sent",    "bytes received", "queue ms",
                                                            "round trip ms", "execute ms",     "errors"};
constexpr std::size_t fewest_operation_columns = 8;

/// include/linux/nfs_iostat.h, enum nfs_stat_eventcounters; kernels from before pNFS lack the last two.
constexpr std::array<std::string_view, 27> event_names{
    "inoderevalidate", "dentryrevalidate", "datainvalidate", "attrinvalidate", "vfsopen",      "vfslookup",
    "vfsaccess",       "vfsupdatepage",    "vfsreadpage",    "vfsreadpages",   "vfswritepage", "vfswritepages",
    "vfsgetdents",     "vfssetattr",       "vfsflush",       "vfsfsync",       "vfslock",      "vfsrelease",
    "congestionwait",  "setattrtrunc",     "extendwrite",    "sillyrename",    "shortread",    "shortwrite",
    "delay",           "pnfs_read",        "pnfs_write"};

/// Likewise, enum nfs_stat_bytecounters.
constexpr std::array<std::string_view, 8> byte_names{"normalreadbytes",    "normalwrittenbytes", "directreadbytes",
                                                     "directwrittenbytes", "serverreadbytes",    "serverwrittenbytes",
                                                     "readpages",          "writepages"};

std::string words(std::initializer_list<std::string_view> parts)
{
    std::string text;
    for (const std::string_view part : parts) {
        text += text.empty() ? "" : " ";
        text += part;
    }
    return text;
}

/// All words of a line as numbers; nothing if one is not a number.
std::optional<Numbers> numbers_of(std::string_view line)
{
    Numbers numbers;
    for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
        const auto number = number_of<std::uint64_t>(word);
        if (!number) {
            return std::nullopt;
        }
        numbers.push_back(*number);
    }
    return numbers;
}

void note_unreadable(CounterSource& source, std::string_view line)
{
    source.trouble.push_back("unreadable line '" + std::string{trimmed(line).substr(0, 100)} + "'");
}

/// "device SERVER:/PATH mounted on POINT with fstype nfs4 statvers=1.1": nothing for other file systems.
std::optional<CounterSource> parse_device(std::string_view line)
{
    std::array<std::string_view, 9> word;
    for (std::string_view& one : word) {
        one = take_word(line);
    }
    if (word[0] != "device" || word[2] != "mounted" || word[3] != "on" || word[5] != "with" || word[6] != "fstype" ||
        (word[7] != "nfs" && word[7] != "nfs4")) {
        return std::nullopt;
    }
    CounterSource source;
    source.name = "nfs " + unescaped(word[4]);
    source.identity = words({unescaped(word[1]), word[7]});
    if (word[8] != "statvers=1.1" && word[8] != "statvers=1.0") {
        source.trouble.push_back("unknown format '" + std::string{word[8].substr(0, 100)} + "'");
    }
    return source;
}

/// `least` columns must be there; more than there are names for are of a later kernel's.
void add_columns(CounterSource& source, std::string_view operation, std::span<const std::string_view> names,
                 std::size_t least, std::string_view line, std::string_view columns)
{
    const std::optional<Numbers> numbers = numbers_of(columns);
    if (!numbers || numbers->size() < least) {
        note_unreadable(source, line);
        return;
    }
    for (std::size_t i = 0; i < std::min(numbers->size(), names.size()); ++i) {
        source.counters.emplace_back(operation.empty() ? std::string{names[i]} : words({operation, names[i]}),
                                     (*numbers)[i]);
    }
}

/// One line of a mount's statistics. `in_operations`: after "per-op statistics".
void parse_nfs_line(CounterSource& source, std::string_view line, bool& in_operations)
{
    std::string_view rest = line;
    const std::string_view key = take_word(rest);
    if (in_operations) {
        if (key.size() > 1 && key.ends_with(':')) {
            add_columns(source, key.substr(0, key.size() - 1), operation_columns, fewest_operation_columns, line, rest);
        } else if (!key.empty()) {
            note_unreadable(source, line);
        }
    } else if (key == "age:") {
        source.age_s = number_of<std::int64_t>(trimmed(rest)).value_or(0);
    } else if (key == "events:") {
        add_columns(source, "", event_names, 1, line, rest);
    } else if (key == "bytes:") {
        add_columns(source, "", byte_names, byte_names.size(), line, rest);
    } else {
        in_operations = trimmed(line) == "per-op statistics";
    }
}

/// "OP COUNT samples [UNIT] MIN MAX SUM SUMSQ", where the last or the last four may be missing. A sum of squares of
/// microseconds overflows; least and greatest are not counters.
bool parse_lustre_line(CounterSource& source, std::string_view line)
{
    const std::string_view operation = take_word(line);
    const auto count = number_of<std::uint64_t>(take_word(line));
    const bool samples = take_word(line) == "samples";
    std::string_view unit = take_word(line);
    const std::optional<Numbers> values = numbers_of(line);
    if (!count || !samples || unit.size() < 3 || unit.front() != '[' || unit.back() != ']' || !values ||
        (!values->empty() && values->size() < 3)) {
        return false;
    }
    unit = unit.substr(1, unit.size() - 2);
    source.counters.emplace_back(words({operation, "samples"}), *count);
    if (!values->empty()) {
        source.counters.emplace_back(words({operation, unit}), (*values)[2]);
    }
    return true;
}

/// Which of Lustre's parameter files are counters.
struct LustreStats {
    std::string_view kind;
    std::string_view file;
};
constexpr std::array<LustreStats, 4> lustre_stats{
    {{"llite", "stats"}, {"mdc", "md_stats"}, {"mdc", "stats"}, {"osc", "stats"}}};
constexpr std::array<std::string_view, 3> lustre_folders{"proc/fs/lustre", "sys/fs/lustre", "sys/kernel/debug/lustre"};

/// The folder's name without the address that ends it ("scratch-ffff9440f1003000"): the same on every node.
std::string_view without_instance(std::string_view folder)
{
    const std::size_t dash = folder.rfind('-');
    const std::string_view last = dash == std::string_view::npos ? std::string_view{} : folder.substr(dash + 1);
    const bool address = last.size() >= 8 && last.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return address ? folder.substr(0, dash) : folder;
}

/// The names in a folder, sorted; none when it cannot be listed, `error` then says why.
std::vector<std::string> list(const std::filesystem::path& folder, std::error_code& error)
{
    std::vector<std::string> names;
    std::filesystem::directory_iterator entry{folder, error};
    for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
        names.push_back(entry->path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

void read_lustre(CounterSnapshot& snapshot, const std::filesystem::path& root, const LustreStats& stats)
{
    const std::size_t had = snapshot.lustre.size();
    std::string refused;
    std::set<std::string> taken;
    for (const std::string_view place : lustre_folders) {
        const std::filesystem::path folder = root / place / stats.kind;
        std::error_code error;
        for (const std::string& name : list(folder, error)) {
            std::string path = std::string{stats.kind} + "/" + name + "/" + std::string{stats.file};
            if (std::ranges::find(snapshot.lustre, path, &CounterSnapshot::LustreFile::path) != snapshot.lustre.end()) {
                continue;
            }
            std::optional<std::string> text = try_read_file(folder / name / stats.file);
            if (!text) {
                error = errno == ENOENT || errno == ENOTDIR ? error : std::error_code{errno, std::generic_category()};
                continue;
            }
            const std::string_view shown = taken.insert(std::string{without_instance(name)}).second
                                               ? without_instance(name)
                                               : std::string_view{name};  // mounted twice
            snapshot.lustre.push_back({words({stats.kind, shown, stats.file}), std::move(path), std::move(*text)});
        }
        if (error && error != std::errc::no_such_file_or_directory) {
            refused += " (/" + std::string{place} + ": " + error.message() + ")";
        }
    }
    if (snapshot.lustre.size() == had) {
        snapshot.trouble.push_back("lustre " + words({stats.kind, stats.file}) + ": cannot be read" + refused);
    }
}

/// The NFS sources of a snapshot, one per file system: mount points that share one share its counters.
std::vector<CounterSource> nfs_sources(const CounterSnapshot& snapshot)
{
    std::map<std::string, std::string> devices;
    for (const MountEntry& mount : parse_mountinfo(snapshot.mountinfo)) {
        devices["nfs " + mount.point] = mount.device;
    }
    std::set<std::string> seen;
    std::vector<CounterSource> sources = parse_mountstats(snapshot.mountstats);
    std::erase_if(sources, [&](const CounterSource& source) {
        const auto device = devices.find(source.name);
        return device != devices.end() && !seen.insert(device->second).second;
    });
    return sources;
}

std::vector<CounterSource> all_sources(const CounterSnapshot& snapshot)
{
    std::vector<CounterSource> sources = nfs_sources(snapshot);
    for (const CounterSnapshot::LustreFile& file : snapshot.lustre) {
        sources.push_back(parse_lustre_stats("lustre " + file.name, file.path, file.text));
    }
    return sources;
}

const CounterSource* find(const std::vector<CounterSource>& sources, const std::string& name)
{
    const auto found = std::ranges::find(sources, name, &CounterSource::name);
    return found == sources.end() ? nullptr : &*found;
}

/// What changed in one source; whatever cannot be known goes to `left_out`.
void add_changes(CounterChanges& changes, const CounterSource& before, const CounterSource& after)
{
    const std::map<std::string, std::uint64_t> earlier{before.counters.begin(), before.counters.end()};
    std::string fell;
    std::string missing;
    for (const auto& [name, value] : after.counters) {
        const auto found = earlier.find(name);
        if (found == earlier.end() && !(before.zeros_are_left_out && before.trouble.empty())) {
            missing += (missing.empty() ? "" : ", ") + name;
            continue;
        }
        const std::uint64_t was = found == earlier.end() ? 0 : found->second;
        if (value < was) {
            fell += (fell.empty() ? "" : ", ") + name;
        } else if (value > was) {
            changes.changed.push_back({after.name, name, static_cast<std::int64_t>(value - was)});
        }
    }
    if (!fell.empty()) {
        changes.left_out.push_back(after.name + ": fell: " + fell);
    }
    if (!missing.empty()) {
        changes.left_out.push_back(after.name + ": not known before: " + missing);
    }
}

}  // namespace

std::vector<CounterSource> parse_mountstats(std::string_view text)
{
    std::vector<CounterSource> sources;
    bool in_mount = false;
    bool in_operations = false;
    while (!text.empty()) {
        const std::string_view line = take_until(text, '\n');
        if (line.starts_with("device ") || line.starts_with("no device ")) {
            std::optional<CounterSource> source = parse_device(line);
            in_mount = source.has_value() && source->trouble.empty();
            in_operations = false;
            if (source) {
                std::erase_if(sources, [&](const CounterSource& other) { return other.name == source->name; });
                sources.push_back(std::move(*source));
            }
        } else if (in_mount) {
            parse_nfs_line(sources.back(), line, in_operations);
        }
    }
    return sources;
}

CounterSource parse_lustre_stats(std::string name, std::string identity, std::string_view text)
{
    CounterSource source;
    source.name = std::move(name);
    source.identity = std::move(identity);
    source.zeros_are_left_out = true;
    while (!text.empty()) {
        const std::string_view line = take_until(text, '\n');
        std::string_view rest = line;
        const std::string_view key = take_word(rest);
        if (key == "start_time") {
            source.identity = words({source.identity, take_word(rest)});
        } else if (!key.empty() && key != "snapshot_time" && key != "elapsed_time" &&
                   !parse_lustre_line(source, line)) {
            note_unreadable(source, line);
        }
    }
    return source;
}

CounterSnapshot read_counters(const std::filesystem::path& root)
{
    CounterSnapshot snapshot;
    for (const auto& [text, file] : {std::pair{&snapshot.mountinfo, "proc/self/mountinfo"},
                                     std::pair{&snapshot.mountstats, "proc/self/mountstats"}}) {
        if (std::optional<std::string> read = try_read_file(root / file)) {
            *text = std::move(*read);
        } else {
            snapshot.trouble.push_back(
                words({"/" + std::string{file} + ":", std::error_code{errno, std::generic_category()}.message()}));
        }
    }
    if (snapshot.mountinfo.find(" - lustre ") != std::string::npos) {
        for (const LustreStats& stats : lustre_stats) {
            read_lustre(snapshot, root, stats);
        }
    }
    return snapshot;
}

CounterChanges difference(const CounterSnapshot& before, const CounterSnapshot& after)
{
    CounterChanges changes;
    changes.left_out = after.trouble;
    for (const std::string& trouble : before.trouble) {
        if (std::ranges::find(after.trouble, trouble) == after.trouble.end()) {
            changes.left_out.push_back("before: " + trouble);
        }
    }
    const std::vector<CounterSource> earlier = all_sources(before);
    const std::vector<CounterSource> later = all_sources(after);
    for (const CounterSource& source : later) {
        const CounterSource* was = find(earlier, source.name);
        for (const std::string& trouble : source.trouble) {
            changes.left_out.push_back(source.name + ": " + trouble);
        }
        if (was == nullptr) {
            changes.left_out.push_back(source.name + ": not there before");
        } else if (was->identity != source.identity || source.age_s < was->age_s) {
            changes.left_out.push_back(source.name + ": mounted anew or reset in between");
        } else {
            add_changes(changes, *was, source);
        }
    }
    for (const CounterSource& source : earlier) {
        if (find(later, source.name) == nullptr) {
            changes.left_out.push_back(source.name + ": no longer there");
        }
    }
    return changes;
}

std::optional<ProcessIo> parse_process_io(std::string_view text)
{
    ProcessIo io;
    const std::array<std::pair<std::string_view, std::int64_t*>, 7> fields{
        {{"rchar", &io.rchar},
         {"wchar", &io.wchar},
         {"syscr", &io.syscr},
         {"syscw", &io.syscw},
         {"read_bytes", &io.read_bytes},
         {"write_bytes", &io.write_bytes},
         {"cancelled_write_bytes", &io.cancelled_write_bytes}}};
    std::set<std::string_view> found;
    while (!text.empty()) {
        std::string_view line = take_until(text, '\n');
        const std::string_view name = take_until(line, ':');
        const auto number = number_of<std::int64_t>(trimmed(line));
        const auto* const field = std::ranges::find(fields, name, &std::pair<std::string_view, std::int64_t*>::first);
        if (field != fields.end() && number) {
            *field->second = *number;
            found.insert(name);
        }
    }
    return found.size() == fields.size() ? std::optional{io} : std::nullopt;
}

ProcessIoFile::ProcessIoFile(pid_t pid, const std::filesystem::path& root)
    : file_(open((root / "proc" / std::to_string(pid) / "io").c_str(), O_RDONLY | O_CLOEXEC))
{
}

std::optional<ProcessIo> ProcessIoFile::read() const
{
    constexpr std::size_t longest = 4096;
    return parse_process_io(read_from_start(file_, longest));
}

}  // namespace gaggle::worker
