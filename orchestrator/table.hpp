#pragma once

#include "core/names.hpp"
#include "orchestrator/store/store.hpp"

#include <string>
#include <string_view>

namespace gaggle::table {

enum class Format { table, csv, json, markdown, bcp };
inline constexpr Names<Format, 5> format_names{{"table", "csv", "json", "markdown", "bcp"}};
[[nodiscard]] constexpr const auto& names_of(Format /*value*/)
{
    return format_names;
}

/// The result set as text that ends in a newline.
/// table: for eyes; aligned, numbers to the right, NULL empty, line breaks and tabs as spaces.
/// csv: RFC 4180 with a header line; NULL is an empty field.
/// json: an array of objects, keys in column order; numbers as numbers, NULL as null. Of columns with one name the
/// second is called NAME_2, and so on.
/// markdown: a table of GitHub's; numbers to the right, NULL empty, line breaks as <br>, | and \ escaped.
/// bcp: the founding study's; fields separated by |, no header, NULL is an empty field. Throws Error(Usage) if a value
/// has a | or a line break in it, which the format cannot say.
[[nodiscard]] std::string render(const store::Table& table, Format format);

/// The rows as `render` has them as csv, without the header line.
[[nodiscard]] std::string csv_rows(const store::Table& table);

}  // namespace gaggle::table
