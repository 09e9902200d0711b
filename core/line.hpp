#pragma once

#include "core/error.hpp"
#include "core/names.hpp"

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The one text encoding of everything that the two programs tell each other: a line is a tag and its
/// fields, separated by tabs, ended by a newline. Inside a field `\` is written `\\`, tab `\t`, newline
/// `\n`, carriage return `\r`. Integers are decimal, a truth is 0 or 1. A list is its length and then its items. Record files,
/// array specifications and the protocol between coordinator and nodes are all made of such lines.
///
/// A type that can be a line lists its fields once, for both directions:
///
///     static constexpr std::string_view tag = "phase";
///     template <class Self, class Visit> static void fields(Self& self, Visit&& visit) { visit(self.name); }
namespace gaggle::line {

/// A line that is not what its reader expected; `what()` says which field and why.
class Malformed : public Error {
public:
    explicit Malformed(const std::string& message) : Error(ExitCode::Store, message) {}
};

/// `text` for an error message, whatever bytes it has: quoted, its first 40 bytes, those that are not printable ASCII
/// as \xNN.
[[nodiscard]] std::string excerpt(std::string_view text);

void append_escaped(std::string& out, std::string_view text);
[[nodiscard]] std::string unescaped(std::string_view field);

/// Appends fields to a line under construction.
class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    void operator()(std::string_view text);
    void operator()(const std::string& text) { (*this)(std::string_view{text}); }
    template <std::integral T>
    void operator()(const T& number)
    {
        (*this)(std::string_view{std::to_string(number)});
    }
    template <class E>
    requires std::is_enum_v<E>
    void operator()(const E& value) { (*this)(to_string(value)); }
    template <class A, class B>
    void operator()(const std::pair<A, B>& both)
    {
        (*this)(both.first);
        (*this)(both.second);
    }
    template <class T>
    void operator()(const std::vector<T>& items)
    {
        (*this)(items.size());
        for (const T& item : items) {
            (*this)(item);
        }
    }
    template <class T>
    requires requires { T::tag; }
    void operator()(const T& nested) { T::fields(nested, *this); }

private:
    std::string& out_;
};

/// Takes the fields of one line in order; throws Malformed.
class Reader {
public:
    /// `text`: one line without its newline. Must outlive the reader.
    explicit Reader(std::string_view text) : rest_(text) {}

    [[nodiscard]] std::string_view raw();
    void operator()(std::string& text) { text = unescaped(raw()); }
    template <std::integral T>
    void operator()(T& number)
    {
        const std::string_view field = raw();
        const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
        if (error != std::errc{} || end != field.data() + field.size()) {
            throw Malformed("field " + std::to_string(taken_) + ": expected an integer in range, found " +
                            excerpt(field));
        }
    }
    void operator()(bool& value)
    {
        unsigned number = 0;
        (*this)(number);
        if (number > 1) {
            throw Malformed("field " + std::to_string(taken_) + ": expected 0 or 1, found " + std::to_string(number));
        }
        value = number == 1;
    }
    template <class E>
    requires std::is_enum_v<E>
    void operator()(E& value)
    {
        std::string text;
        (*this)(text);
        if (!from_string(text, value)) {
            throw Malformed("field " + std::to_string(taken_) + ": unknown value " + excerpt(text));
        }
    }
    template <class A, class B>
    void operator()(std::pair<A, B>& both)
    {
        (*this)(both.first);
        (*this)(both.second);
    }
    template <class T>
    void operator()(std::vector<T>& items)
    {
        std::size_t count = 0;
        (*this)(count);
        if (count > rest_.size() + 1) {  // each item takes at least its tab
            throw Malformed("field " + std::to_string(taken_) + ": a list of " + std::to_string(count) +
                            " items is longer than its line");
        }
        items.resize(count);
        for (T& item : items) {
            (*this)(item);
        }
    }
    template <class T>
    requires requires { T::tag; }
    void operator()(T& nested) { T::fields(nested, *this); }

    /// Throws Malformed if fields are left.
    void finish() const;

private:
    std::string_view rest_;
    std::size_t taken_ = 0;
    bool exhausted_ = false;
};

/// The tag of a line: everything before its first tab.
[[nodiscard]] std::string_view tag_of(std::string_view line);

/// `value` as one line, newline included.
template <class T>
[[nodiscard]] std::string write(const T& value)
{
    std::string out{T::tag};
    T::fields(value, Writer{out});
    out += '\n';
    return out;
}

/// The T in `line` (no newline); throws Malformed when the tag or a field is not T's.
template <class T>
[[nodiscard]] T read(std::string_view line)
{
    Reader reader{line};
    if (const std::string_view tag = reader.raw(); tag != T::tag) {
        throw Malformed("expected a '" + std::string{T::tag} + "' line, found " + excerpt(tag));
    }
    T value;
    T::fields(value, reader);
    reader.finish();
    return value;
}

}  // namespace gaggle::line
