#include "orchestrator/table.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace gaggle::table {

namespace {

/// Columns that a terminal needs for UTF-8 text: its code points. Wide characters are not worth a table here.
std::size_t width(std::string_view text)
{
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

std::string on_one_line(std::string text)
{
    std::replace_if(
        text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; },
        ' ');
    return text;
}

void append_row(std::string& out, const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                const std::vector<bool>& to_the_right)
{
    std::string row;
    for (std::size_t column = 0; column < cells.size(); ++column) {
        const std::string padding(widths[column] - width(cells[column]), ' ');
        row += column == 0 ? "" : "  ";
        row += to_the_right[column] ? padding + cells[column] : cells[column] + padding;
    }
    row.erase(row.find_last_not_of(' ') + 1);
    out += row + "\n";
}

std::string as_text(const store::Table& table)
{
    std::vector<std::vector<std::string>> rows{table.columns};
    for (const auto& row : table.rows) {
        std::vector<std::string>& cells = rows.emplace_back();
        for (const auto& value : row) {
            cells.push_back(on_one_line(value.value_or("")));
        }
    }
    std::vector<std::size_t> widths(table.columns.size(), 0);
    for (const auto& row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], width(row[column]));
        }
    }
    std::string out;
    for (const auto& row : rows) {
        append_row(out, row, widths, table.numeric);
    }
    return out;
}

std::string csv_field(const std::string& value)
{
    if (value.find_first_of("\",\r\n") == std::string::npos) {
        return value;
    }
    std::string quoted = "\"";
    for (const char byte : value) {
        quoted += byte == '"' ? "\"\"" : std::string(1, byte);
    }
    return quoted + "\"";
}

std::string as_csv(const store::Table& table)
{
    std::string out;
    for (const std::string& column : table.columns) {
        out += (out.empty() ? "" : ",") + csv_field(column);
    }
    return out + "\r\n" + csv_rows(table);
}

/// The number that SQLite wrote as `text`; its Inf, which JSON does not have, stays text.
nlohmann::ordered_json json_number(const std::string& text)
{
    const char* const end = text.data() + text.size();
    std::int64_t integer = 0;
    if (const auto parsed = std::from_chars(text.data(), end, integer); parsed.ec == std::errc{} && parsed.ptr == end) {
        return integer;
    }
    double real = 0;
    if (const auto parsed = std::from_chars(text.data(), end, real);
        parsed.ec == std::errc{} && parsed.ptr == end && std::isfinite(real)) {
        return real;
    }
    return text;
}

std::string markdown_field(const std::string& value)
{
    std::string field;
    for (const char byte : value) {
        switch (byte) {
            case '\r': break;
            case '\n': field += "<br>"; break;
            case '|':
            case '\\': field += '\\'; [[fallthrough]];
            default: field += byte;
        }
    }
    return field;
}

std::string as_markdown(const store::Table& table)
{
    std::string out = "|";
    std::string rule = "|";
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        out += " " + markdown_field(table.columns[column]) + " |";
        rule += table.numeric[column] ? " ---: |" : " --- |";
    }
    out += "\n" + rule + "\n";
    for (const auto& row : table.rows) {
        out += "|";
        for (const auto& value : row) {
            out += value ? " " + markdown_field(*value) + " |" : " |";
        }
        out += "\n";
    }
    return out;
}

std::string as_bcp(const store::Table& table)
{
    std::string out;
    for (const auto& row : table.rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            const std::string value = row[column].value_or("");
            if (value.find_first_of("|\r\n") != std::string::npos) {
                throw Error(ExitCode::Usage,
                            "--format bcp: a value of " + table.columns[column] + " has a | or a line break in it");
            }
            out += (column == 0 ? "" : "|") + value;
        }
        out += "\n";
    }
    return out;
}

std::vector<std::string> unique_names(const std::vector<std::string>& columns)
{
    std::vector<std::string> names;
    for (const std::string& column : columns) {
        std::string name = column;
        for (int number = 2; std::find(names.begin(), names.end(), name) != names.end(); ++number) {
            name = column + "_" + std::to_string(number);
        }
        names.push_back(name);
    }
    return names;
}

std::string as_json(const store::Table& table)
{
    const std::vector<std::string> names = unique_names(table.columns);
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const auto& row : table.rows) {
        nlohmann::ordered_json object = nlohmann::ordered_json::object();
        for (std::size_t column = 0; column < row.size(); ++column) {
            nlohmann::ordered_json& value = object[names[column]];
            if (row[column]) {
                value = table.numeric[column] ? json_number(*row[column]) : nlohmann::ordered_json(*row[column]);
            }
        }
        rows.push_back(std::move(object));
    }
    // A file name or a message of a program can hold any bytes: what is not UTF-8 is replaced, never an exception.
    return rows.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string csv_rows(const store::Table& table)
{
    std::string out;
    for (const auto& row : table.rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            out += column == 0 ? "" : ",";
            out += csv_field(row[column].value_or(""));
        }
        out += "\r\n";
    }
    return out;
}

std::string render(const store::Table& table, Format format)
{
    switch (format) {
        case Format::csv: return as_csv(table);
        case Format::json: return as_json(table);
        case Format::markdown: return as_markdown(table);
        case Format::bcp: return as_bcp(table);
        case Format::table: break;
    }
    return as_text(table);
}

}  // namespace gaggle::table
