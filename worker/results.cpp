#include "worker/results.hpp"

#include "core/line.hpp"
#include "worker/words.hpp"

#include <utility>

namespace gaggle::worker {

bool Incoming::take(std::string_view text)
{
    const std::string_view tag = line::tag_of(text);
    bool is_bulky = false;
    record::Record::lists(few, [&]<class T>(std::vector<T>& /*list*/) {
        if constexpr (bulk_of<T> != Bulk::none) {
            if (tag == T::tag) {
                bulky[static_cast<std::size_t>(bulk_of<T>)].append(text) += '\n';
                is_bulky = true;
            }
        }
    });
    return is_bulky || record::take_line(few, text);
}

void Results::keep(const Incoming& incoming, Spill& spill)
{
    record::append(few, incoming.few);
    for (std::size_t i = 0; i < bulks; ++i) {
        if (!incoming.bulky[i].empty()) {
            bulky[i].push_back(spill.keep(incoming.bulky[i]));
        }
    }
}

void Results::keep_control(const std::string& name, const Incoming& incoming, Spill& spill)
{
    // A control's line is its name and then the fields of an interpreter's.
    std::string begin{record::Control::tag};
    line::Writer{begin}(name);
    std::string lines;
    std::string_view processes = incoming.bulky[static_cast<std::size_t>(Bulk::interpreters)];
    while (!processes.empty()) {
        lines += begin;
        lines += take_until(processes, '\n').substr(record::Interpreter::tag.size());
        lines += '\n';
    }
    if (!lines.empty()) {
        bulky[static_cast<std::size_t>(Bulk::controls)].push_back(spill.keep(std::move(lines)));
    }
}

void Results::for_each_line(Bulk bulk, const Spill& spill, const std::function<void(std::string_view)>& take) const
{
    for (const Spill::Extent& extent : bulky.at(static_cast<std::size_t>(bulk))) {
        const std::string kept = spill.read(extent);
        for (std::string_view lines = kept; !lines.empty();) {
            take(take_until(lines, '\n'));
        }
    }
}

record::Record Results::all(const Spill& spill) const
{
    record::Record read = few;
    record::Record::lists(read, [&]<class T>(std::vector<T>& list) {
        if constexpr (bulk_of<T> != Bulk::none) {
            for_each_line(bulk_of<T>, spill, [&](std::string_view text) { list.push_back(line::read<T>(text)); });
        }
    });
    return read;
}

}  // namespace gaggle::worker
