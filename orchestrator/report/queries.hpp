#pragma once

#include "core/statistics.hpp"
#include "orchestrator/store/store.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gaggle::report {

/// What sql/report/NAME.sql says of these experiments; `parameters` are those it has beside :experiments.
[[nodiscard]] store::Table ask(const store::Store& store, std::string_view name,
                               const std::vector<store::ExperimentId>& experiments, store::Parameters parameters = {});

/// The number in a row of a result set; 0 where it is NULL. Throws if it is none.
[[nodiscard]] double number(const store::Table& table, std::size_t row, std::string_view column);

/// The text in a row of a result set; "" where it is NULL.
[[nodiscard]] const std::string& text_of(const store::Table& table, std::size_t row, std::string_view column);

/// One environment of one experiment: a colour, a symbol, a letter.
struct Series {
    std::string name;        ///< "py_conda"; "scaling: py_conda" where there are several experiments
    std::string experiment;  ///< id
    std::string environment;

    bool operator==(const Series&) const = default;
};

/// Of these experiments, in the order of their files. Experiments of one name are told apart by their ids: "scaling 3".
[[nodiscard]] std::vector<Series> series_of(const store::Store& store,
                                            const std::vector<store::ExperimentId>& experiments);

/// Overall times in seconds over a size, of one series; their law over nodes is by interpreters per node.
struct Times {
    std::vector<statistics::Pair> by_total;
    std::map<unsigned, std::vector<statistics::Pair>> by_nodes;
};

/// One of each series, in their order.
[[nodiscard]] std::vector<Times> times_of(const store::Table& overall, const std::vector<Series>& series);

}  // namespace gaggle::report
