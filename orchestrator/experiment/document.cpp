#include "orchestrator/experiment/document.hpp"

#include "orchestrator/experiment/checks.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <algorithm>
#include <type_traits>
#include <utility>

namespace gaggle::experiment {

namespace {

/// Cuts values out of the text by their place in it.
class Source {
public:
    explicit Source(std::string_view text)
    {
        for (std::size_t start = 0; start <= text.size();) {
            const std::size_t end = std::min(text.find('\n', start), text.size());
            lines_.push_back(text.substr(start, end - start));
            start = end + 1;
        }
    }

    [[nodiscard]] std::string of(const toml::source_region& region) const
    {
        if (region.begin.line == 0 || region.begin.line > lines_.size()) {
            return {};
        }
        const std::string_view line = lines_[region.begin.line - 1];
        const std::size_t begin = byte_of(line, region.begin.column);
        const std::size_t end = region.end.line == region.begin.line ? byte_of(line, region.end.column) : line.size();
        return std::string{line.substr(begin, std::max(begin, end) - begin)};
    }

private:
    [[nodiscard]] static std::size_t byte_of(std::string_view line, std::size_t column)
    {
        std::size_t byte = 0;
        for (std::size_t passed = 1; passed < column && byte < line.size(); ++passed) {
            ++byte;
            while (byte < line.size() && (static_cast<unsigned char>(line[byte]) & 0xC0U) == 0x80U) {
                ++byte;
            }
        }
        return byte;
    }

    std::vector<std::string_view> lines_;
};

[[nodiscard]] Position position_of(const toml::source_region& region)
{
    return {std::max(region.begin.line, 1U), std::max(region.begin.column, 1U)};
}

[[nodiscard]] Node convert(const toml::node& from, const Source& source)
{
    Node node{position_of(from.source()), source.of(from.source()), Instant{}};
    from.visit([&](const auto& value) {
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, toml::table>) {
            Table table;
            for (const auto& [key, item] : value) {
                table.push_back({std::string{key.str()}, position_of(key.source()), convert(item, source)});
            }
            std::ranges::stable_sort(table, {}, &Entry::at);
            node.value = std::move(table);
        } else if constexpr (std::is_same_v<Value, toml::array>) {
            List list;
            for (const auto& item : value) {
                list.push_back(convert(item, source));
            }
            node.value = std::move(list);
        } else if constexpr (toml::is_string<Value> || toml::is_integer<Value> || toml::is_floating_point<Value> ||
                             toml::is_boolean<Value>) {
            node.value = value.get();
        }
    });
    return node;
}

[[nodiscard]] std::string shortened(std::string text)
{
    constexpr std::size_t longest = 60;
    if (text.size() > longest) {
        text.resize(longest);
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) {
            text.pop_back();  // not into the middle of a code point
        }
        if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80U) != 0) {
            text.pop_back();
        }
        text += "…";
    }
    return text;
}

}  // namespace

const Entry* find(const Table& table, std::string_view key)
{
    const auto found = std::ranges::find(table, key, &Entry::key);
    return found == table.end() ? nullptr : &*found;
}

std::string describe(const Node& node)
{
    const std::string source = shortened(node.source);
    if (const auto* list = std::get_if<List>(&node.value)) {
        return list->empty() ? "an empty list" : "a list";
    }
    if (std::holds_alternative<Table>(node.value)) {
        return "a table";
    }
    if (const auto* text = std::get_if<std::string>(&node.value)) {
        return text->empty() ? "an empty string" : "the string " + source;
    }
    if (std::holds_alternative<std::int64_t>(node.value)) {
        return "the integer " + source;
    }
    if (std::holds_alternative<double>(node.value)) {
        return "the float " + source;
    }
    if (std::holds_alternative<bool>(node.value)) {
        return "the boolean " + source;
    }
    return "the date or time " + source;
}

Node parse_toml(std::string_view text, const std::filesystem::path& file)
{
    try {
        return convert(toml::parse(text), Source{text});
    } catch (const toml::parse_error& error) {
        Problems problems;
        problems.add(position_of(error.source()), "not TOML: " + std::string{error.description()});
        problems.throw_if_any(file);
        return {};
    }
}

}  // namespace gaggle::experiment
