#pragma once

#include "core/array_spec.hpp"
#include "core/line.hpp"
#include "core/record.hpp"
#include "tests/catch.hpp"
#include "tests/process/parent_of.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary.hpp"

#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gaggle::tests {

/// One attempt of `gaggle-worker coordinate`, with "nodes" that are processes unless a test says otherwise.
struct Attempt {
    TemporaryDirectory folder;
    ArraySpec spec;
    Finished finished;
    record::Reading reading;

    Attempt()
    {
        spec.token = "token";
        spec.experiment = "test";
        spec.nodes = 1;
        spec.interpreters = 1;
        spec.repetition_of = {{0, 7}};
        spec.environment.name = "plain";
        spec.environment.kind = "system";
        spec.environment.language = "python";
        spec.environment.command = {"/usr/bin/python3", "-I"};
        spec.environment.imports = {"json"};
    }

    /// A shell script instead of a probed interpreter.
    void use_script(const std::string& script)
    {
        spec.environment = {};
        spec.environment.name = "script";
        spec.environment.kind = "command";
        spec.environment.language = "none";
        spec.environment.command = {"/bin/sh", "-c", script};
        spec.environment.variables = {{"FOLDER", folder.path().string()}};
    }

    [[nodiscard]] std::vector<std::string> command(bool local = true)
    {
        std::vector<std::string> words{
            GAGGLE_WORKER_BINARY, "coordinate",           "--spec", folder.write("spec", line::write(spec)).string(),
            "--records",          folder.path().string(), "--task", "0"};
        if (local) {
            words.emplace_back("--local");
        }
        return words;
    }

    void read_record() { reading = record::read(read_text(folder.path() / record::file_name(0, 0))); }

    void run(const std::vector<std::pair<std::string, std::string>>& variables = {}, bool local = true)
    {
        finished = tests::run(command(local), variables);
        CAPTURE(finished.err);
        read_record();
        REQUIRE(reading.closed);
    }

    /// Runs it beside the test, which may meddle, and waits for its end.
    template <class Meddle>
    void run_and(Meddle meddle)
    {
        std::vector<std::string> words = command();
        std::thread beside{[&] { finished = tests::run(words); }};
        meddle();
        beside.join();
        read_record();
    }

    [[nodiscard]] std::string reason() const { return record::judge(*reading.record, spec.environment.imports).reason; }
    [[nodiscard]] bool there(const std::string& name) const { return std::filesystem::exists(folder.path() / name); }
    [[nodiscard]] int pid_in(const std::string& name) const { return std::stoi(read_text(folder.path() / name)); }
};

}  // namespace gaggle::tests
