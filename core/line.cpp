#include "core/line.hpp"

#include <fmt/format.h>

namespace gaggle::line {

std::string excerpt(std::string_view text)
{
    constexpr std::size_t longest = 40;
    std::string out = "'";
    for (const char c : text.substr(0, longest)) {
        out += c >= ' ' && c <= '~' ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return out + (text.size() > longest ? "...'" : "'");
}

void append_escaped(std::string& out, std::string_view text)
{
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\\\"; break;
            case '\t': out += "\\t"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            default: out += c;
        }
    }
}

std::string unescaped(std::string_view field)
{
    if (field.find('\\') == std::string_view::npos) {
        return std::string{field};
    }
    std::string out;
    out.reserve(field.size());
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field[i] != '\\') {
            out += field[i];
            continue;
        }
        if (++i == field.size()) {
            throw Malformed("a field ends in the middle of an escape");
        }
        switch (field[i]) {
            case '\\': out += '\\'; break;
            case 't': out += '\t'; break;
            case 'n': out += '\n'; break;
            case 'r': out += '\r'; break;
            default: throw Malformed("unknown escape " + excerpt(field.substr(i - 1, 2)));
        }
    }
    return out;
}

void Writer::operator()(std::string_view text)
{
    out_ += '\t';
    append_escaped(out_, text);
}

std::string_view Reader::raw()
{
    if (exhausted_) {
        throw Malformed("the line ends after " + std::to_string(taken_) + " fields, more were expected");
    }
    const std::size_t tab = rest_.find('\t');
    const std::string_view field = rest_.substr(0, tab);
    exhausted_ = tab == std::string_view::npos;
    rest_ = exhausted_ ? std::string_view{} : rest_.substr(tab + 1);
    ++taken_;
    return field;
}

void Reader::finish() const
{
    if (!exhausted_) {
        throw Malformed("unexpected fields after field " + std::to_string(taken_));
    }
}

std::string_view tag_of(std::string_view line)
{
    return line.substr(0, line.find('\t'));
}

}  // namespace gaggle::line
