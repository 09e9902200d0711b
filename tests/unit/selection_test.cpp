#include "orchestrator/selection.hpp"

#include "core/error.hpp"
#include "tests/catch.hpp"

#include <array>

namespace gaggle::tests {

namespace {

using gaggle::tests::has_text;
using selection::Range;
using selection::Term;

/// Two cells of three repetitions: job 12 (cell 1) and job 2 (cell 2); and one repetition of a trace, job 40 (cell 4).
std::vector<store::ElementRow> elements()
{
    std::vector<store::ElementRow> all;
    for (const unsigned cell : {1U, 2U}) {
        for (const unsigned task : {0U, 1U, 2U}) {
            store::ElementRow row;
            row.attempt.value = cell * 10 + task;
            row.cell = cell;
            row.nodes = cell;
            row.interpreters = 4;
            row.environment = "py:x";
            row.task = task;
            row.repetition = task + 1;
            row.job_id = cell == 1 ? 12 : 2;
            all.push_back(row);
        }
    }
    store::ElementRow trace = all.front();
    trace.attempt.value = 40;
    trace.cell = 4;
    trace.role = Role::trace;
    trace.job_id = 40;
    all.push_back(trace);
    return all;
}

std::vector<std::int64_t> chosen(const std::vector<std::string>& texts)
{
    std::vector<Term> terms;
    for (const std::string& text : texts) {
        terms.push_back(selection::parse_term(text));
    }
    std::vector<std::int64_t> attempts;
    for (const store::ElementRow& row : selection::select(elements(), terms)) {
        attempts.push_back(row.attempt.value);
    }
    return attempts;
}

template <class Work>
std::string complaint(Work&& work)
{
    try {
        static_cast<void>(work());
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::Usage);
        CHECK(std::string{error.what()}.find('\n') == std::string::npos);
        return error.what();
    }
    return "";
}

constexpr std::array some_states{AttemptState::Failed, AttemptState::OutOfMemory, AttemptState::Lost};

}  // namespace

TEST_CASE("a selection names cells, jobs and elements")
{
    using Attempts = std::vector<std::int64_t>;
    CHECK(chosen({}) == Attempts{10, 11, 12, 20, 21, 22, 40});
    CHECK(chosen({"1"}) == Attempts{10, 11, 12});
    CHECK(chosen({"2x4:py:x"}) == Attempts{20, 21, 22});
    CHECK(chosen({"1x4:py:x"}) == Attempts{10, 11, 12});
    CHECK(chosen({"1x4:py:x:trace"}) == Attempts{40});
    CHECK(chosen({"4"}) == Attempts{40});
    CHECK(chosen({"12"}) == Attempts{10, 11, 12});
    CHECK(chosen({"12_*"}) == Attempts{10, 11, 12});
    CHECK(chosen({"2_1"}) == Attempts{21});
    CHECK(chosen({"2_[1]"}) == Attempts{21});
    CHECK(chosen({"2_[0,2]"}) == Attempts{20, 22});
    CHECK(chosen({"12_[1-2]", "2_[1-7,9]", "12_1"}) == Attempts{11, 12, 21, 22});
    CHECK(selection::parse_term("123_[4-6,9]").tasks == std::vector<Range>{{4, 6}, {9, 9}});
}

TEST_CASE("a selection that is wrong, or names nothing, says so in one line")
{
    for (const char* text : {"",
                             "x",
                             "-1",
                             "1x",
                             "1x2",
                             "1x2:",
                             "x2:env",
                             "12_",
                             "12_[]",
                             "12_[",
                             "12_[1",
                             "12_[2-1]",
                             "12_[1,]",
                             "12_[,1]",
                             "12_[1-]",
                             "12_[1--2]",
                             "12_a",
                             "12_1-2",
                             "12_1,2",
                             "12_[1]x",
                             "12_[a]",
                             "12_**",
                             "12 ",
                             " 12",
                             "1.5",
                             "12_[1:2]",
                             "12_-1",
                             "py_conda",
                             "12_[1-2-3]",
                             "99999999999999999999",
                             "1_99999999999",
                             "12_[1;2]"}) {
        INFO(text);
        CHECK_THAT(complaint([&] { return selection::parse_term(text); }), has_text("selects nothing"));
    }
    for (const char* text : {"0", "3", "7_1", "12_3", "12_[4-9]", "1x4:other", "3x4:py:x"}) {
        INFO(text);
        CHECK_THAT(complaint([&] { return chosen({text}); }), has_text(std::string{"'"} + text + "'"));
    }
    CHECK_THAT(complaint([&] { return chosen({"2"}); }), has_text("2 is a cell and a job: say 2_* for the job"));
}

TEST_CASE("states are squeue's letters or long names, in any case")
{
    using States = std::vector<AttemptState>;
    CHECK(selection::parse_states("F", some_states) == States{AttemptState::Failed});
    CHECK(selection::parse_states("oom,FAILED,Lost", some_states) ==
          States{AttemptState::OutOfMemory, AttemptState::Failed, AttemptState::Lost});
    for (const char* text : {"", ",", "F,", ",F", "F OOM", "CD", "COMPLETED", "X", "F,X", "TO"}) {
        INFO(text);
        CHECK_THAT(complaint([&] { return selection::parse_states(text, some_states); }),
                   has_text("there are: F (FAILED), OOM (OUT_OF_MEMORY), LOST"));
    }
}

}  // namespace gaggle::tests
