#include "core/record.hpp"

#include "core/line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gaggle::record {

namespace {

struct Header {
    static constexpr std::string_view tag = "gaggle-record";
    int version = current_version;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.version);
    }
};

struct End {
    static constexpr std::string_view tag = "end";
    std::uint64_t lines = 0;
    std::uint64_t checksum = 0;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.lines);
        visit(self.checksum);
    }
};

/// FNV-1a, 64 bits (Fowler, Noll, Vo, http://www.isthe.com/chongo/tech/comp/fnv/), of all bytes so far: against tears
/// and bit rot, not against malice.
class Hash {
public:
    void add(std::string_view bytes)
    {
        for (const char byte : bytes) {
            value_ = (value_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
        }
    }
    [[nodiscard]] std::uint64_t value() const { return value_; }
    /// As a line carries it.
    [[nodiscard]] std::array<char, 8> check() const
    {
        std::array<char, 8> digits{};
        std::uint64_t folded = value_ ^ (value_ >> 32U);
        for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
            *digit = "0123456789abcdef"[folded & 0xfU];
            folded >>= 4U;
        }
        return digits;
    }

private:
    std::uint64_t value_ = 0xcbf29ce484222325U;
};

/// A record file under construction.
class Writer {
public:
    Writer() : bytes_(line::write(Header{})) { hash_.add(bytes_); }

    template <class Line>
    void add(const Line& one)
    {
        std::string text = line::write(one);
        text.pop_back();
        add_text(std::move(text));
    }
    /// A line without its newline.
    void add_text(std::string text)
    {
        text += '\t';  // the check follows
        hash_.add(text);
        const auto check = hash_.check();
        text.append(check.data(), check.size());
        text += '\n';
        hash_.add(std::string_view{text}.substr(text.size() - check.size() - 1));
        bytes_ += text;
        ++lines_;
    }
    void close() { add(End{.lines = lines_, .checksum = hash_.value()}); }
    [[nodiscard]] std::string take() { return std::exchange(bytes_, {}); }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }

private:
    std::string bytes_;
    Hash hash_;
    std::uint64_t lines_ = 1;
};

/// Takes a record file apart, line by line.
class Reader {
public:
    [[nodiscard]] std::uint64_t lines() const { return lines_; }

    /// `text`: the next line, without its newline. Throws Malformed.
    void take(std::string_view text, Reading& reading)
    {
        if (reading.closed) {
            throw line::Malformed("there is more after the closing line");
        }
        const std::uint64_t checksum = hash_.value();
        if (lines_ == 0) {
            version_ = version_of(text, reading);
            hash_.add(text);
        } else {
            reading.closed = take_fields(version_ == 1 ? plain(text) : checked(text), checksum, reading);
        }
        hash_.add("\n");
        ++lines_;
    }

private:
    static int version_of(std::string_view text, Reading& reading)
    {
        const int version = line::read<Header>(text).version;
        reading.unread = version > current_version;
        if (reading.unread) {
            throw line::Malformed(fmt::format("written by a newer gaggle (record version {}, this one reads up to {})",
                                              version, current_version));
        }
        if (version < 1) {
            throw line::Malformed(fmt::format("there is no record version {}", version));
        }
        return version;
    }

    std::string_view plain(std::string_view text)
    {
        hash_.add(text);
        return text;
    }

    /// The line without its check, which agrees.
    std::string_view checked(std::string_view text)
    {
        const std::size_t tab = text.rfind('\t');
        if (tab == std::string_view::npos) {
            throw line::Malformed("expected a line with a check, found " + line::excerpt(text));
        }
        hash_.add(text.substr(0, tab + 1));
        const auto expected = hash_.check();
        const std::string_view check = text.substr(tab + 1);
        if (check != std::string_view{expected.data(), expected.size()}) {
            throw line::Malformed("damaged or out of place: its check is " + line::excerpt(check) + ", expected '" +
                                  std::string{expected.data(), expected.size()} + "'");
        }
        hash_.add(check);
        return text.substr(0, tab);
    }

    /// True after the closing line.
    bool take_fields(std::string_view text, std::uint64_t checksum, Reading& reading) const
    {
        const std::string_view tag = line::tag_of(text);
        if (tag == Attempt::tag) {
            if (reading.record) {
                throw line::Malformed("a second 'attempt' line");
            }
            auto attempt = line::read<Attempt>(text);
            reading.record.emplace().attempt = std::move(attempt);
            return false;
        }
        if (!reading.record) {
            throw line::Malformed("expected an 'attempt' line, found " + line::excerpt(tag));
        }
        if (!take_line(*reading.record, text)) {
            const End end = line::read<End>(text);
            if (end.lines != lines_ || end.checksum != checksum) {
                reading.record.reset();
                throw line::Malformed(
                    "the closing line does not agree with what stands before it, of which nothing "
                    "can be trusted");
            }
            return true;
        }
        return false;
    }

    int version_ = current_version;
    std::uint64_t lines_ = 0;
    Hash hash_;
};

}  // namespace

bool take_line(Record& record, std::string_view text)
{
    const std::string_view tag = line::tag_of(text);
    bool taken = false;
    Record::lists(record, [&]<class T>(std::vector<T>& list) {
        if (tag == T::tag) {
            list.push_back(line::read<T>(text));
            taken = true;
        }
    });
    return taken;
}

void append(Record& record, const Record& more)
{
    Record::lists(record, [&]<class T>(std::vector<T>& target) {
        Record::lists(more, [&]<class Other>(const std::vector<Other>& source) {
            if constexpr (std::is_same_v<T, Other>) {
                target.insert(target.end(), source.begin(), source.end());
            }
        });
    });
}

struct LineWriter::Impl {
    std::function<void(std::string_view)> out;
    Writer writer{};

    void pass_on(std::size_t from)
    {
        if (writer.size() >= from) {
            out(writer.take());
        }
    }
};

LineWriter::LineWriter(std::function<void(std::string_view)> out)
    : impl_(std::make_unique<Impl>(Impl{.out = std::move(out)}))
{
}
LineWriter::~LineWriter() = default;

void LineWriter::add(std::string_view text)
{
    constexpr std::size_t at_once = std::size_t{256} << 10U;
    impl_->writer.add_text(std::string{text});
    impl_->pass_on(at_once);
}

void LineWriter::close()
{
    impl_->writer.close();
    impl_->pass_on(0);
}

std::string write(const Record& record)
{
    Writer writer;
    writer.add(record.attempt);
    Record::lists(record, [&](const auto& list) {
        for (const auto& one : list) {
            writer.add(one);
        }
    });
    writer.close();
    return writer.take();
}

struct Scanner::Impl {
    Reader reader;
    Reading reading;
    std::string begun;  ///< of a line whose end has not come

    void stop(const line::Malformed& problem)
    {
        reading.closed = false;
        reading.trouble = fmt::format("line {}: {}", reader.lines() + 1, problem.what());
    }
};

Scanner::Scanner() : impl_(std::make_unique<Impl>()) {}
Scanner::~Scanner() = default;

Reading& Scanner::reading()
{
    return impl_->reading;
}

bool Scanner::take(std::string_view bytes)
{
    if (!impl_->reading.trouble.empty()) {
        return false;
    }
    try {
        for (std::size_t newline = bytes.find('\n'); newline != std::string_view::npos; newline = bytes.find('\n')) {
            std::string_view text = bytes.substr(0, newline);
            if (!impl_->begun.empty()) {
                text = impl_->begun.append(text);
            }
            impl_->reader.take(text, impl_->reading);
            impl_->begun.clear();
            bytes.remove_prefix(newline + 1);
        }
        impl_->begun.append(bytes);
        return true;
    } catch (const line::Malformed& problem) {
        impl_->stop(problem);
        return false;
    }
}

void Scanner::finish()
{
    if (!impl_->reading.trouble.empty()) {
        return;
    }
    if (!impl_->begun.empty()) {
        impl_->stop(line::Malformed("the file ends in the middle of a line"));
    } else if (!impl_->reading.closed) {
        impl_->stop(line::Malformed("the closing line is missing"));
    }
}

Reading read(std::string_view bytes)
{
    Scanner scanner;
    scanner.take(bytes);
    scanner.finish();
    return std::move(scanner.reading());
}

std::string file_name(unsigned task, unsigned restart)
{
    return fmt::format("{}.{}.record", task, restart);
}

}  // namespace gaggle::record
