#pragma once

#include "core/record.hpp"
#include "worker/spill.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace gaggle::worker {

/// The lists of a record that have lines for each process: what there may be millions of.
enum class Bulk { interpreters, ios, phases, controls, none };
inline constexpr std::size_t bulks = 4;
template <class T>
inline constexpr Bulk bulk_of = std::is_same_v<T, record::Interpreter> ? Bulk::interpreters
                                : std::is_same_v<T, record::Io>        ? Bulk::ios
                                : std::is_same_v<T, record::Phase>     ? Bulk::phases
                                : std::is_same_v<T, record::Control>   ? Bulk::controls
                                                                       : Bulk::none;

/// Lines of a record while they come in: those of bulky lists as they are, unread.
struct Incoming {
    record::Record few;  ///< the lists that are not bulky
    std::array<std::string, bulks> bulky{};

    /// A line without its newline; false if it is of no list. Throws line::Malformed.
    [[nodiscard]] bool take(std::string_view text);
};

/// One node's results.
struct Results {
    record::Record few;                                     ///< the lists that are not bulky
    std::array<std::vector<Spill::Extent>, bulks> bulky{};  ///< lines

    void keep(const Incoming& incoming, Spill& spill);
    /// The processes of a control called `name`.
    void keep_control(const std::string& name, const Incoming& incoming, Spill& spill);

    /// Calls `take` with each line of a bulky list, without its newline.
    void for_each_line(Bulk bulk, const Spill& spill, const std::function<void(std::string_view text)>& take) const;
    /// All of them, read. Throws line::Malformed.
    [[nodiscard]] record::Record all(const Spill& spill) const;
};

}  // namespace gaggle::worker
