#include "orchestrator/record_files.hpp"

#include "core/error.hpp"
#include "orchestrator/store/files.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>
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

namespace {

void empty_lists(record::Record& record)
{
    record::Record::lists(record, [](auto& list) { list.clear(); });
}

/// What `read` makes of the file; a trouble names it.
template <class Read>
record::Reading reading_of(const std::filesystem::path& file, Read&& read)
{
    record::Reading reading;
    try {
        reading = std::forward<Read>(read)();
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

/// Goes through a record file; `take` gets what is there of the record after each piece, and then its lists are emptied.
template <class Take>
record::Reading read_in_parts(const std::filesystem::path& file, Take&& take)
{
    store::PieceReader in{file};
    record::Scanner scanner;
    bool more = true;
    for (std::string_view piece = in.next(); more && !piece.empty(); piece = in.next()) {
        more = scanner.take(piece);
        if (std::optional<record::Record>& record = scanner.reading().record) {
            take(*record);
            empty_lists(*record);
        }
    }
    scanner.finish();
    return std::move(scanner.reading());
}

/// The `io` lines of a record, read ahead: they stand behind all interpreters.
class Ios {
public:
    explicit Ios(const std::filesystem::path& file) : in_(file) {}

    /// Those up to and including the interpreter's.
    std::vector<record::Io> until(const record::Interpreter& last)
    {
        const auto is_beyond = [&](const record::Io& one) {
            return std::tie(one.node, one.interpreter) > std::tie(last.node, last.index);
        };
        while (more_ && (ahead_.empty() || !is_beyond(ahead_.back()))) {
            read_piece();
        }
        const auto end = std::ranges::find_if(ahead_, is_beyond);
        std::vector<record::Io> found{ahead_.begin(), end};
        ahead_.erase(ahead_.begin(), end);
        return found;
    }

private:
    void read_piece()
    {
        const std::string_view piece = in_.next();
        more_ = !piece.empty() && scanner_.take(piece);
        if (std::optional<record::Record>& record = scanner_.reading().record) {
            std::ranges::copy(record->ios, std::back_inserter(ahead_));
            more_ = more_ && record->phases.empty();  // which come after them
            empty_lists(*record);
        }
    }

    store::PieceReader in_;
    record::Scanner scanner_;
    std::deque<record::Io> ahead_;
    bool more_ = true;
};

}  // namespace

record::Reading read_record(const std::filesystem::path& file)
{
    return reading_of(file, [&] { return record::read(store::read_file(file)); });
}

ExaminedFile examine_record(const std::filesystem::path& file, const std::vector<std::string>& imports)
{
    record::Examination examination{imports};
    ExaminedFile examined;
    examined.reading = reading_of(
        file, [&] { return read_in_parts(file, [&](const record::Record& part) { examination.take(part); }); });
    if (examined.reading.record) {
        examined.findings = examination.findings(examined.reading.record->attempt);
    }
    return examined;
}

void hand_out_record(const std::filesystem::path& file, const record::Reading& examined, const store::TakePart& take)
{
    Ios ios{file};
    const record::Reading again = reading_of(file, [&] {
        return read_in_parts(file, [&](record::Record& part) {
            part.ios = part.interpreters.empty() ? std::vector<record::Io>{} : ios.until(part.interpreters.back());
            take(part);
        });
    });
    if (again.closed != examined.closed || again.trouble != examined.trouble || again.record != examined.record) {
        throw Error{ExitCode::Store, file.string() + " changed while it was collected"};
    }
}

}  // namespace gaggle::collect
