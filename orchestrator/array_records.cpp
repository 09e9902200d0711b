#include "orchestrator/array_records.hpp"

#include "core/error.hpp"
#include "core/line.hpp"
#include "core/log.hpp"
#include "orchestrator/store/files.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

namespace gaggle::collect {

namespace {

/// How long a file may stay invisible here after it was written elsewhere: an NFS client keeps a folder's attributes
/// for up to a minute (acdirmax).
std::chrono::seconds visibility_delay(const std::filesystem::path& folder)
{
    struct statfs file_system {};
    const bool is_nfs = statfs(folder.c_str(), &file_system) == 0 && file_system.f_type == NFS_SUPER_MAGIC;
    return std::chrono::seconds{is_nfs ? 60 : 0};
}

/// The last line of a log, cut short; "" if there is none.
std::string last_line(const std::filesystem::path& log)
{
    constexpr std::streamoff most = 300;
    std::ifstream in{log, std::ios::binary | std::ios::ate};
    const std::streamoff size = in.is_open() ? std::streamoff{in.tellg()} : 0;
    in.seekg(std::max(std::streamoff{0}, size - most));
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    text.resize(text.find_last_not_of("\r\n") + 1);
    const std::size_t newline = text.rfind('\n');
    return newline == std::string::npos ? text : text.substr(newline + 1);
}

record::Reading unread(const std::string& trouble)
{
    record::Reading reading;
    reading.unread = true;
    reading.trouble = trouble;
    return reading;
}

}  // namespace

ArrayRecords::ArrayRecords(const store::ArrayRow& array) : array_(array), folder_(look_into(array.files.records)) {}

void ArrayRecords::warn_of_folder() const
{
    for (const std::filesystem::path& stranger : folder_.strangers) {
        log::warn(stranger.string() + ": left out: not the name of a record, TASK.RESTART.record");
    }
    if (!folder_.trouble.empty()) {
        log::warn(folder_.trouble);
    }
}

ArrayRecords::Found ArrayRecords::of(const store::AttemptRow& attempt)
{
    if (!folder_.trouble.empty()) {
        return {"", unread(folder_.trouble), {}, {}};
    }
    for (const std::filesystem::path& file : folder_.of_task[attempt.task]) {
        const bool is_judgeable = has_specs();
        auto [reading, findings] = examine_record(file, imports(attempt.task));
        if (reading.record && !is_of(reading.record->attempt, attempt, file)) {
            continue;
        }
        if (!reading.closed) {
            const bool has_path = reading.trouble.find(file.string()) != std::string::npos;
            log::warn(has_path ? reading.trouble : (file.parent_path() / reading.trouble).string());
        }
        if (reading.record && !is_judgeable) {
            return {"", unread(spec_trouble_), {}, {}};
        }
        store::HandOut rows;
        if (reading.record) {
            rows = [file, reading = reading](const store::TakePart& take) { hand_out_record(file, reading, take); };
        }
        return {file.filename().string(), std::move(reading), std::move(findings), std::move(rows)};
    }
    return {};
}

bool ArrayRecords::is_of(const record::Attempt& recorded, const store::AttemptRow& attempt,
                         const std::filesystem::path& file) const
{
    const auto words = [](const std::string& name, const std::string& token, unsigned repetition, unsigned nodes,
                          unsigned interpreters) {
        return fmt::format("{} (token {}, repetition {}, {} nodes with {} interpreters each)", name,
                           line::excerpt(token), repetition, nodes, interpreters);
    };
    const std::string found = words(record::file_name(recorded.task, recorded.restart), recorded.token,
                                    recorded.repetition, recorded.nodes, recorded.interpreters);
    const std::string wanted = words(file.filename().string(), array_.token, attempt.repetition, attempt.cell.nodes,
                                     attempt.cell.interpreters);
    if (found == wanted) {
        return true;
    }
    log::warn(fmt::format("{}: left out: it is the record {}, expected {}", file.string(), found, wanted));
    return false;
}

std::vector<std::string> ArrayRecords::imports(unsigned task) const
{
    for (const ArraySpec& spec : specs_) {
        if (std::ranges::find(spec.repetition_of, task, &std::pair<unsigned, unsigned>::first) !=
            spec.repetition_of.end()) {
            return spec.environment.imports;
        }
    }
    return {};
}

bool ArrayRecords::has_specs()
{
    if (specs_.empty() && spec_trouble_.empty()) {
        try {
            specs_ = store::read_specs(array_.files.spec);
        } catch (const Error& error) {  // this array's trouble, and not that of all others
            spec_trouble_ = error.what();
            log::warn(spec_trouble_);
        }
    }
    return !specs_.empty();
}

bool ArrayRecords::may_be_invisible(std::int64_t end_unix) const
{
    const std::chrono::seconds since =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()) -
        std::chrono::seconds{end_unix};
    return since < visibility_delay(array_.files.records);
}

std::string ArrayRecords::log_words(unsigned task) const
{
    const std::string line = last_line(array_.files.logs / plan::log_name(task, array_.job_id.value_or(0)));
    return line.empty() ? "" : "; its log ends: " + line;
}

}  // namespace gaggle::collect
