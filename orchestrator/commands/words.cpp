#include "orchestrator/commands/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gaggle::commands {

std::string cell_name(const store::CellRow& cell)
{
    return plan::cell_name(cell.nodes, cell.interpreters, cell.environment, cell.role);
}

std::string cell_name(const store::ElementRow& element)
{
    return plan::cell_name(element.nodes, element.interpreters, element.environment, element.role);
}

std::string array_name(const store::ArrayRow& array)
{
    const store::CellRow& first = array.cells.front();
    return array.cells.size() == 1 ? cell_name(first) : plan::shape_name(first.nodes, array.cells.size());
}

std::string ranges(std::vector<unsigned> numbers)
{
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    std::string text;
    for (std::size_t first = 0; first < numbers.size();) {
        std::size_t last = first;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) {
            ++last;
        }
        text += text.empty() ? "" : ",";
        text += first == last ? fmt::format("{}", numbers[first]) : fmt::format("{}-{}", numbers[first], numbers[last]);
        first = last + 1;
    }
    return text.empty() ? "-" : text;
}

std::string array_words(const store::ArrayRow& array)
{
    std::vector<unsigned> repetitions;
    for (const store::TaskRow& task : array.tasks) {
        repetitions.push_back(task.repetition);
    }
    return fmt::format("{}\tblock {}\trepetitions {}", array_name(array), array.block + 1, ranges(repetitions));
}

std::string array_line(const store::ArrayRow& array)
{
    return fmt::format("{}\t{}", array.job_id ? std::to_string(*array.job_id) : "-", array_words(array));
}

std::string counted(std::size_t count, const std::string& thing)
{
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

}  // namespace gaggle::commands
