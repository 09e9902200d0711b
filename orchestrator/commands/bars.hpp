#pragma once

#include "orchestrator/commands/progress.hpp"
#include "orchestrator/commands/terminal.hpp"

#include <string>
#include <vector>

namespace gaggle::commands {

/// A line per environment: its name, a bar of what completed (#), ended otherwise (x), runs or is recorded (>) and waits
/// (.), and the same in numbers. None is longer than the terminal is wide; colours take no room.
[[nodiscard]] std::vector<std::string> bars(const std::vector<EnvironmentProgress>& environments,
                                            const Terminal& terminal);

/// On a terminal, bars on standard output that are redrawn in place; elsewhere a line for each environment whose numbers
/// changed.
class ProgressBars : public Display {
public:
    explicit ProgressBars(std::string title) : title_(std::move(title)) {}

    void begin(const Progress& progress) override { show(progress, 0); }
    void show(const Progress& progress, std::size_t requests) override;
    void finish() override { drawn_ = 0; }

private:
    void draw(const Progress& progress, const Terminal& terminal, std::size_t requests);
    void print_changes(const Progress& progress);

    std::string title_;
    std::size_t drawn_ = 0;  ///< lines that stand above the cursor and are to be drawn over
    std::vector<EnvironmentProgress> printed_;
};

}  // namespace gaggle::commands
