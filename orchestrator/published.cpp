#include "orchestrator/published.hpp"

#include "core/error.hpp"
#include "core/line.hpp"
#include "core/read_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace gaggle::published {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> field_names{"interpreter", "n.per.node", "n.nodes", "n.total", "time.s"};

/// One line while it is taken apart.
class Fields {
public:
    Fields(const fs::path& file, std::size_t line, std::string_view text) : file_(file), line_(line), rest_(text) {}

    std::string_view next()
    {
        begin_ = end_;
        const std::size_t size = rest_.find('|', begin_);
        field_ = rest_.substr(begin_, size == std::string_view::npos ? size : size - begin_);
        const bool is_last = ++taken_ == field_names.size();
        if (is_last != (size == std::string_view::npos)) {
            begin_ = size == std::string_view::npos ? rest_.size() : size;
            throw Error(ExitCode::Usage,
                        fmt::format("{}expected five fields {}, found {}", place(), fmt::join(field_names, "|"),
                                    is_last ? "more" : fmt::format("{}", taken_)));
        }
        end_ = begin_ + field_.size() + 1;
        return field_;
    }

    unsigned count()
    {
        const std::string_view text = next();
        unsigned number = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || number == 0) {
            fail("a whole number from 1");
        }
        return number;
    }

    /// Seconds as nanoseconds: exact, which a double would not be.
    std::int64_t seconds()
    {
        const std::string_view text = next();
        const std::size_t point = text.find('.');
        std::string digits{text.substr(0, point)};
        const std::string_view decimals = point == std::string_view::npos ? "" : text.substr(point + 1);
        const bool is_decimal =
            !digits.empty() && decimals.size() <= 9 && (point == std::string_view::npos || !decimals.empty());
        digits.append(decimals).append(9 - std::min<std::size_t>(9, decimals.size()), '0');
        std::int64_t time = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), time);
        if (!is_decimal || read.ec != std::errc{} || read.ptr != digits.data() + digits.size() || time <= 0) {
            fail("seconds, greater than 0 and with at most nine decimals");
        }
        return time;
    }

    /// Says what the field taken last should have been.
    [[noreturn]] void fail(const std::string& expected) const
    {
        std::string shown;
        line::append_escaped(shown, field_);
        throw Error(ExitCode::Usage,
                    fmt::format("{}{}: expected {}, found '{}'", place(), field_names.at(taken_ - 1), expected, shown));
    }

private:
    [[nodiscard]] std::string place() const { return fmt::format("{}:{}:{}: ", file_.string(), line_, begin_ + 1); }

    const fs::path& file_;
    std::size_t line_;
    std::string_view rest_;
    std::string_view field_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t taken_ = 0;
};

store::ImportedTime parse_line(const fs::path& file, std::size_t number, std::string_view text)
{
    Fields fields{file, number, text};
    store::ImportedTime time{.environment = std::string{fields.next()}, .line = number};
    if (time.environment.empty()) {
        fields.fail("a name");
    }
    time.interpreters = fields.count();
    time.nodes = fields.count();
    const std::uint64_t total = std::uint64_t{time.interpreters} * time.nodes;
    if (fields.count() != total) {
        fields.fail(fmt::format("{} × {} = {}", time.interpreters, time.nodes, total));
    }
    time.time_ns = fields.seconds();
    return time;
}

}  // namespace

std::vector<store::ImportedTime> parse(std::string_view text, const fs::path& file)
{
    std::vector<store::ImportedTime> times;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        times.push_back(parse_line(file, times.size() + 1, line));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    if (times.empty()) {
        throw Error(ExitCode::Usage, fmt::format("{}:1:1: expected lines {}, found nothing", file.string(),
                                                 fmt::join(field_names, "|")));
    }
    return times;
}

store::Imported read_files(const std::vector<fs::path>& files)
{
    store::Imported imported;
    imported.name = "published";
    for (const fs::path& file : files) {
        const std::string name = file.filename().string();
        const bool is_overall = name.starts_with("overall");
        if (!is_overall && !name.starts_with("individual")) {
            throw Error(ExitCode::Usage,
                        fmt::format("{}: expected a name that begins with overall (a time per attempt) "
                                    "or individual (a time per node)",
                                    file.string()));
        }
        std::vector<store::ImportedTime>& times = is_overall ? imported.overall : imported.individual;
        if (!times.empty()) {
            throw Error(ExitCode::Usage, fmt::format("{}: expected one file of {} times, found a second", file.string(),
                                                     is_overall ? "overall" : "individual"));
        }
        std::string bytes = read_bytes(file, ExitCode::Usage);
        times = parse(bytes, file);
        imported.original_files +=
            (imported.original_files.empty() ? "" : " ") + fs::absolute(file).lexically_normal().string();
        imported.kept.emplace(name, std::move(bytes));
    }
    return imported;
}

}  // namespace gaggle::published
