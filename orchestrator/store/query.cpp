#include "core/embedded.hpp"
#include "orchestrator/store/durations.hpp"
#include "orchestrator/store/functions.hpp"
#include "orchestrator/store/impl.hpp"
#include "orchestrator/store/schema.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace gaggle::store {

std::span<const EmbeddedFile> query_files();
std::span<const EmbeddedFile> bcp_files();
std::span<const EmbeddedFile> report_files();
std::span<const EmbeddedFile> export_files();

namespace {

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

/// The connection is read-only and prepare_one lets only statements pass that write no database; what those could
/// still do is denied here: attach other files, leave a transaction open, change settings.
int allow_reading(void* /*unused*/, int action, const char* name, const char* argument, const char* /*database*/,
                  const char* /*trigger*/)
{
    constexpr std::array<std::string_view, 8> about_the_schema{"table_info",       "table_xinfo",    "table_list",
                                                               "index_list",       "index_info",     "index_xinfo",
                                                               "foreign_key_list", "compile_options"};
    switch (action) {
        case SQLITE_ATTACH:
        case SQLITE_DETACH:
        case SQLITE_TRANSACTION:
        case SQLITE_SAVEPOINT: return SQLITE_DENY;
        case SQLITE_PRAGMA:
            return argument == nullptr || std::ranges::find(about_the_schema, name) != about_the_schema.end()
                       ? SQLITE_OK
                       : SQLITE_DENY;
        default: return SQLITE_OK;
    }
}

/// What is wrong with the SQL is the user's (Usage), what is wrong with the file is the store's.
[[noreturn]] void fail(sqlite3* database, int code, const std::filesystem::path& file)
{
    const std::string words = sqlite3_errmsg(database);
    switch (code & 0xff) {
        case SQLITE_AUTH:
        case SQLITE_READONLY: throw Error{ExitCode::Usage, "SQL: only reading is allowed here (" + words + ")"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_IOERR:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FULL:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL: throw Error{ExitCode::Store, fmt::format("cannot read {}: {}", file.string(), words)};
        default: throw Error{ExitCode::Usage, "SQL: " + words};
    }
}

/// The only statement in `sql`.
Statement prepare_one(sqlite3* database, std::string_view sql, const std::filesystem::path& file)
{
    Statement only;
    while (!sql.empty()) {
        sqlite3_stmt* prepared = nullptr;
        const char* rest = nullptr;
        if (const int code = sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &prepared, &rest);
            code != SQLITE_OK) {
            fail(database, code, file);
        }
        Statement statement{prepared};  // none: only a comment or blanks
        if (statement && only) {
            throw Error{ExitCode::Usage, "SQL: one statement at a time"};
        }
        if (statement) {
            only = std::move(statement);
        }
        sql.remove_prefix(static_cast<std::size_t>(rest - sql.data()));
    }
    if (!only) {
        throw Error{ExitCode::Usage, "SQL: there is no statement"};
    }
    if (sqlite3_stmt_readonly(only.get()) == 0) {
        throw Error{ExitCode::Usage, "SQL: only reading is allowed here"};
    }
    return only;
}

/// The whole of `text` as a number of this type; empty if it is none.
template <typename T>
std::optional<T> number(const std::string& text)
{
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

void bind(sqlite3_stmt* statement, int index, const std::string& value)
{
    if (const auto integer = number<std::int64_t>(value)) {
        sqlite3_bind_int64(statement, index, *integer);
    } else if (const auto real = number<double>(value)) {
        sqlite3_bind_double(statement, index, *real);
    } else {
        sqlite3_bind_text(statement, index, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    }
}

void bind_all(sqlite3_stmt* statement, const Parameters& parameters)
{
    for (const auto& [name, value] : parameters) {
        const int index = sqlite3_bind_parameter_index(statement, (":" + name).c_str());
        if (index == 0) {
            throw Error{ExitCode::Usage,
                        fmt::format("SQL: {}={}: there is no :{} in the statement", name, value, name)};
        }
        bind(statement, index, value);
    }
    for (int index = 1; index <= sqlite3_bind_parameter_count(statement); ++index) {
        const char* const name = sqlite3_bind_parameter_name(statement, index);
        if (name == nullptr || *name != ':') {
            throw Error{ExitCode::Usage, "SQL: a parameter must be named, as :environment"};
        }
        if (!parameters.contains(name + 1)) {
            throw Error{ExitCode::Usage, fmt::format("SQL: {} has no value; give it as {}=VALUE", name, name + 1)};
        }
    }
}

void take_row(sqlite3_stmt* statement, Table& table)
{
    auto& row = table.rows.emplace_back();
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
        const int type = sqlite3_column_type(statement, column);
        if (type == SQLITE_NULL) {
            row.emplace_back();
            continue;
        }
        if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
            table.numeric[static_cast<std::size_t>(column)] = false;
        }
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
        row.emplace_back(text == nullptr ? std::string{} : std::string{text, size});
    }
}

std::string_view first_comment(std::string_view text)
{
    const std::string_view line = text.substr(0, text.find('\n'));
    return line.starts_with("-- ") ? line.substr(3) : std::string_view{};
}

std::vector<CannedQuery> described(std::span<const EmbeddedFile> files)
{
    std::vector<CannedQuery> all;
    for (const EmbeddedFile& file : files) {
        all.push_back({file.name.substr(0, file.name.rfind('.')), first_comment(file.text), file.text});
    }
    return all;
}

/// Denies an SQL statement of the user's what allow_reading does not allow, while it is prepared and runs.
class OnlyReading {
public:
    explicit OnlyReading(sqlite3* database) : database_(database)
    {
        sqlite3_set_authorizer(database_, allow_reading, nullptr);
    }
    ~OnlyReading() { sqlite3_set_authorizer(database_, nullptr, nullptr); }
    OnlyReading(const OnlyReading&) = delete;
    OnlyReading& operator=(const OnlyReading&) = delete;

private:
    sqlite3* database_;
};

}  // namespace

Connection& Store::Impl::read_only()
{
    if (!lock) {
        return *connection;
    }
    if (!reader) {
        guarded("read", [&] { connect_reader(reader, Store::lock_patience); });
    }
    return *reader;
}

void Store::query_in_parts(std::string_view sql, const Parameters& parameters, std::size_t most_rows,
                           const std::function<void(const Table& part)>& take) const
{
    sqlite3* const database = impl_->read_only().database().getHandle();
    const OnlyReading only_reading{database};
    const Statement statement = prepare_one(database, sql, impl_->database_file());
    bind_all(statement.get(), parameters);
    Table part;
    for (int column = 0; column < sqlite3_column_count(statement.get()); ++column) {
        part.columns.emplace_back(sqlite3_column_name(statement.get(), column));
    }
    part.numeric.assign(part.columns.size(), true);
    int code = sqlite3_step(statement.get());
    for (; code == SQLITE_ROW; code = sqlite3_step(statement.get())) {
        if (part.rows.size() == most_rows) {
            take(part);
            part.rows.clear();
            part.numeric.assign(part.columns.size(), true);
        }
        take_row(statement.get(), part);
    }
    if (code != SQLITE_DONE) {
        fail(database, code, impl_->database_file());
    }
    take(part);
}

Table Store::query(std::string_view sql, const Parameters& parameters) const
{
    Table table;
    query_in_parts(sql, parameters, std::numeric_limits<std::size_t>::max(),
                   [&](const Table& whole) { table = whole; });
    return table;
}

const std::vector<CannedQuery>& canned_queries()
{
    static const std::vector<CannedQuery> queries = described(query_files());
    return queries;
}

const std::vector<CannedQuery>& bcp_queries()
{
    static const std::vector<CannedQuery> queries = described(bcp_files());
    return queries;
}

const std::vector<CannedQuery>& report_queries()
{
    static const std::vector<CannedQuery> queries = described(report_files());
    return queries;
}

const std::vector<CannedQuery>& views()
{
    static const std::vector<CannedQuery> views = described(view_files());
    return views;
}

std::string_view exports_query()
{
    return export_files().front().text;
}

}  // namespace gaggle::store
