#include "orchestrator/record_files.hpp"

#include "core/error.hpp"
#include "orchestrator/store/files.hpp"

#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace gaggle::collect {

namespace {

/// The task and restart in a record file's name, if it is one.
std::optional<std::pair<unsigned, unsigned>> task_and_restart(const std::string& name)
{
    const char* const end = name.data() + name.size();
    unsigned task = 0;
    unsigned restart = 0;
    const auto first = std::from_chars(name.data(), end, task);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') {
        return std::nullopt;
    }
    if (std::from_chars(first.ptr + 1, end, restart).ec != std::errc{} || record::file_name(task, restart) != name) {
        return std::nullopt;
    }
    return std::pair{task, restart};
}

/// Hidden files are a file server's, or somebody's editor's.
bool is_stranger(const std::string& name)
{
    return !name.starts_with('.') && name.find(".record.tmp.") == std::string::npos;
}

}  // namespace

RecordFolder look_into(const std::filesystem::path& records)
{
    RecordFolder folder;
    std::map<unsigned, std::set<unsigned, std::greater<>>> restarts;
    std::error_code problem;
    // Incremented by hand: the range's ++ would throw.
    for (std::filesystem::directory_iterator entry{records, problem}, end; !problem && entry != end;
         entry.increment(problem)) {
        const std::string name = entry->path().filename().string();
        if (const auto found = task_and_restart(name)) {
            restarts[found->first].insert(found->second);
        } else if (is_stranger(name)) {
            folder.strangers.push_back(entry->path());
        }
    }
    if (problem) {
        folder.is_missing = problem == std::errc::no_such_file_or_directory;
        folder.trouble = system_error(ExitCode::Store, "read folder", records.string(), problem.value()).what();
    }
    for (const auto& [task, numbers] : restarts) {
        for (const unsigned restart : numbers) {
            folder.of_task[task].push_back(records / record::file_name(task, restart));
        }
    }
    return folder;
}

std::map<unsigned, std::filesystem::path> record_files(const store::ArrayRow& array)
{
    std::map<unsigned, std::filesystem::path> files;
    for (const auto& [task, candidates] : look_into(array.files.records).of_task) {
        files[task] = candidates.front();
    }
    return files;
}

record::Reading read_record(const std::filesystem::path& file)
{
    record::Reading reading;
    try {
        reading = record::read(store::read_file(file));
    } catch (const Error& error) {  // this file's trouble, and not that of all others
        reading.unread = true;
        reading.trouble = error.what();
        return reading;
    }
    if (!reading.trouble.empty()) {
        reading.trouble = file.filename().string() + ", " + reading.trouble;
    }
    return reading;
}

}  // namespace gaggle::collect
