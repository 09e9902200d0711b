#include "core/record.hpp"

#include "core/examination.hpp"
#include "core/line.hpp"
#include "tests/catch.hpp"

#include <algorithm>

namespace record = gaggle::record;
using gaggle::tests::has_text;

namespace {

/// Two nodes with two interpreters each, one import.
record::Record sample()
{
    record::Record made;
    made.attempt.token = "t";
    made.attempt.task = 4;
    made.attempt.repetition = 9;
    made.attempt.nodes = 2;
    made.attempt.interpreters = 2;
    made.attempt.host = "h";
    for (unsigned node = 0; node < 2; ++node) {
        record::Gaggle gaggle;
        gaggle.node = node;
        gaggle.name = "n" + std::to_string(node);
        gaggle.outcome = record::GaggleOutcome::Completed;
        made.gaggles.push_back(gaggle);
        made.caches.push_back({.node = node,
                               .asked = gaggle::CacheState::cold,
                               .method = "drop_caches",
                               .files = 1,
                               .bytes = 2,
                               .resident_before = 2,
                               .resident_after = node,
                               .verified = node == 0,
                               .reason = node == 0 ? "" : "mapped",
                               .not_covered = "",
                               .duration_ns = 3});
        made.probes.push_back({node, "CLOCK_MONOTONIC", 1, "3.11.2"});
        made.facts.push_back({node, record::Subject::node, {{"kernel_release", "6.1"}, {"hypervisor", ""}}});
        made.counters.push_back({node, "nfs /a: mounted anew\nnfs /b: no longer there"});
        made.counter_changes.push_back({node, "nfs /c", "GETATTR operations", 3});
        for (unsigned index = 0; index < 2; ++index) {
            record::Interpreter one;
            one.node = node;
            one.index = index;
            one.exit_ns = 100;
            made.interpreters.push_back(one);
            made.ios.push_back({node, index, 1, 2, 3, 4, 5, 6, 7});
            for (const char* name : {"spawn", "exec", "ready", "import json", "exit"}) {
                made.phases.push_back({node, index, name, 10, 20});
            }
        }
    }
    made.inspections.push_back({1, "3.11.2", {{"prefix", "/usr"}}, "ab", {"a==1", "b==2"}, "it did not say all"});
    return made;
}

}  // namespace

TEST_CASE("a record survives its file")
{
    record::Record made = sample();
    made.attempt.note = "a\nb\tc";
    made.interpreters[1].error = "ModuleNotFoundError: no\\where";
    record::Trace& trace = made.traces.emplace_back();
    trace.calls = {{record::CallKind::open, 5, 4, 3, 0}, {record::CallKind::read, 2, 0, 0, 1}};
    trace.directories = {{"/a\tb", 4, 3}};
    trace.status = 9;
    trace.trouble = "half";
    made.import_times.push_back({1, {{"json.decoder", 1, 20, 30}, {"json", 0, 5, 35}}, ""});
    const record::Reading reading = record::read(record::write(made));
    REQUIRE(reading.record);
    CHECK(*reading.record == made);
    CHECK(reading.closed);
    CHECK(reading.trouble.empty());
}

TEST_CASE("a record that comes in pieces is the same record")
{
    const record::Record made = sample();
    const std::string bytes = record::write(made);
    for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{100}, bytes.size()}) {
        record::Scanner scanner;
        record::Record together;
        std::size_t most = 0;
        for (std::size_t begin = 0; begin < bytes.size(); begin += size) {
            CHECK(scanner.take(std::string_view{bytes}.substr(begin, size)));
            if (std::optional<record::Record>& part = scanner.reading().record) {
                together.attempt = part->attempt;
                record::append(together, *part);
                most = std::max(most, part->phases.size());
                record::Record::lists(*part, [](auto& list) { list.clear(); });
            }
        }
        scanner.finish();
        CHECK(scanner.reading().closed);
        CHECK(together == made);
        CHECK((size == bytes.size() || most < made.phases.size()));
    }
}

TEST_CASE("a record written line by line is the same file")
{
    const record::Record made = sample();
    std::string bytes;
    record::LineWriter writer{[&](std::string_view more) { bytes += more; }};
    const auto add = [&](const auto& one) {
        std::string text = gaggle::line::write(one);
        text.pop_back();
        writer.add(text);
    };
    add(made.attempt);
    record::Record::lists(made, [&](const auto& list) { std::ranges::for_each(list, add); });
    writer.close();
    CHECK(bytes == record::write(made));
}

TEST_CASE("what is said of a record does not depend on the parts that it comes in")
{
    record::Record made = sample();
    made.interpreters[2].status = 3;
    made.phases.pop_back();  // "exit" of the last
    made.gaggles[1].outcome = record::GaggleOutcome::Died;
    const record::Findings whole = record::examine(made, {"json"});
    CHECK(whole.verdict.failed == 1);
    CHECK_THAT(whole.verdict.reason, has_text("interpreter 1 of node 1 exited with 0 but did not time 'exit'"));
    record::Examination examination{{"json"}};
    record::Record part;
    part.attempt = made.attempt;
    record::Record::lists(made, [&]<class T>(std::vector<T>& list) {
        for (const T& one : list) {
            record::Record::lists(part, [&]<class Other>(std::vector<Other>& target) {
                if constexpr (std::is_same_v<T, Other>) {
                    target.assign(1, one);
                } else {
                    target.clear();
                }
            });
            examination.take(part);
        }
    });
    const record::Findings parts = examination.findings(made.attempt);
    CHECK(parts.verdict.reason == whole.verdict.reason);
    CHECK(parts.verdict.complete == whole.verdict.complete);
    CHECK(parts.contradiction == whole.contradiction);
}

TEST_CASE("what is not a record of ours says so")
{
    CHECK_THAT(record::read("").trouble, has_text("the closing line is missing"));
    CHECK_THAT(record::read("hello\n").trouble, has_text("line 1: expected a 'gaggle-record' line, found 'hello'"));
    CHECK_THAT(record::read("gaggle-record\t0\n").trouble, has_text("line 1: there is no record version 0"));
    const record::Reading newer = record::read("gaggle-record\t6\nwhatever\n");
    CHECK(newer.unread);
    CHECK(newer.trouble == "line 1: written by a newer gaggle (record version 6, this one reads up to 5)");
    CHECK_THAT(record::read(record::write(sample()) + "x\n").trouble, has_text("more after the closing line"));
    CHECK_THAT(record::read(record::write(sample()) + record::write(sample())).trouble,
               has_text("more after the closing line"));
}

TEST_CASE("a verdict names what is missing and what failed")
{
    record::Record made = sample();
    const std::vector<std::string> imports{"json"};
    SECTION("all well")
    {
        const record::Verdict verdict = record::judge(made, imports);
        CHECK(verdict.complete);
        CHECK(verdict.failed == 0);
        CHECK(verdict.reason.empty());
    }
    SECTION("a failed interpreter is complete, and failed")
    {
        made.interpreters[3].status = 1;
        made.interpreters[3].error = "import json: ImportError: x";
        const record::Verdict verdict = record::judge(made, imports);
        CHECK(verdict.complete);
        CHECK(verdict.failed == 1);
        CHECK(verdict.reason ==
              "1 of 4 interpreters failed; interpreter 1 on n1: Exited 1: import json: ImportError: x");
    }
    SECTION("a node that died")
    {
        made.gaggles[1].outcome = record::GaggleOutcome::Died;
        made.gaggles[1].reason = "gone";
        made.interpreters.resize(2);
        const record::Verdict verdict = record::judge(made, imports);
        CHECK_FALSE(verdict.complete);
        CHECK(verdict.reason == "node n1 Died: gone; 2 of 4 interpreters have a result");
    }
    SECTION("tracing that was forbidden, and what it found to have failed, are told and fail nothing")
    {
        made.traces.emplace_back().trouble = "this system forbids tracing";
        made.import_times.emplace_back().trouble = "exit code 2";
        const record::Verdict forbidden = record::judge(made, imports);
        CHECK(forbidden.complete);
        CHECK(forbidden.failed == 0);
        CHECK(forbidden.reason == "system calls: this system forbids tracing; import times: exit code 2");
        made.traces[0].trouble.clear();
        made.traces[0].status = 256;
        made.traces[0].error = "no disk";
        made.import_times.clear();
        CHECK(record::judge(made, imports).complete);
        CHECK(record::judge(made, imports).reason == "the traced interpreter ended with exit code 1: no disk");
    }
    SECTION("an import that nobody timed")
    {
        const record::Verdict verdict = record::judge(made, {"json", "numpy"});
        CHECK_FALSE(verdict.complete);
        CHECK_THAT(verdict.reason, has_text("did not time 'import numpy'"));
    }
}
