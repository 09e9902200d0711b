#include "tests/process/attempt.hpp"

#include <algorithm>

using namespace gaggle;
using namespace gaggle::tests;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string value(const Pairs& facts, const std::string& name)
{
    const auto found = std::ranges::find(facts, name, &Pairs::value_type::first);
    INFO(name);
    REQUIRE(found != facts.end());
    return found->second;
}

Pairs facts_of(const record::Record& got, unsigned node, record::Subject subject)
{
    for (const record::Facts& one : got.facts) {
        if (one.node == node && one.subject == subject) {
            return one.facts;
        }
    }
    FAIL("no facts of node " << node);
    return {};
}

/// What a shell command prints, without its last newline.
std::string printed(const std::string& command)
{
    std::string text = run({"/bin/sh", "-c", command}).out;
    if (!text.empty()) {
        text.pop_back();
    }
    return text;
}

/// "" where df does not know either: inside chroot(1) the root's own mount is not listed.
std::string file_system_of(const std::string& path)
{
    const std::string type = printed("df --output=fstype " + path + " | tail -n 1");
    return type == "-" ? "" : type;
}

}  // namespace

TEST_CASE("a record says what its nodes are, and on what the environment lies")
{
    Attempt attempt;
    attempt.spec.nodes = 2;
    attempt.spec.start = GENERATE(Start::Synchronised, Start::AsLaunched);
    attempt.spec.environment.command = {"python3", "-I"};
    attempt.run();
    REQUIRE(attempt.finished.status == 0);
    const record::Record& got = *attempt.reading.record;
    REQUIRE(got.facts.size() == 4);
    for (const record::Subject subject : {record::Subject::node, record::Subject::paths}) {
        CHECK(facts_of(got, 0, subject) == facts_of(got, 1, subject));
    }
    CHECK(value(facts_of(got, 1, record::Subject::node), "kernel_release") == printed("uname -r"));
    const Pairs paths = facts_of(got, 1, record::Subject::paths);
    const std::string python = printed("PATH=/usr/local/bin:/usr/bin:/bin command -v python3");
    CHECK(value(paths, "interpreter_path") == python);
    CHECK(value(paths, "interpreter_real_path") == printed("readlink -f " + python));
    CHECK(value(paths, "interpreter_file_system") == file_system_of(python));
    REQUIRE(got.counters.size() == 2);
    CHECK(got.counters[1].node == 1);
}

TEST_CASE("paths in an image are told from its mount point, which is another each time")
{
    Attempt attempt;
    std::filesystem::permissions(attempt.folder.write("tree/hello", "#!/bin/sh\n"), std::filesystem::perms::owner_all);
    const std::string image = (attempt.folder.path() / "image.sqfs").string();
    REQUIRE(tests::run({"mksquashfs", (attempt.folder.path() / "tree").string(), image, "-quiet"}).status == 0);
    attempt.spec.environment = {"image", "squashfs", "none", {"{mount}/hello"}, {}, image, {}};
    attempt.run();
    REQUIRE(attempt.finished.status == 0);
    const Pairs paths = facts_of(*attempt.reading.record, 0, record::Subject::paths);
    CHECK(value(paths, "interpreter_path") == "{mount}/hello");
    CHECK(value(paths, "interpreter_mount_point") == "{mount}");
    CHECK(value(paths, "mount_path") == "{mount}");
    CHECK_THAT(value(paths, "mount_file_system"), has_text("fuse"));
    CHECK(value(paths, "image_path") == image);
    CHECK(value(paths, "image_bytes") == printed("stat -c %s " + image));
}

TEST_CASE("what each interpreter and its children read and wrote is its own, from the gate on")
{
    Attempt attempt;
    attempt.spec.interpreters = 2;
    // The first to make the folder reads and writes 1000 times more.
    attempt.use_script(
        "if mkdir $FOLDER/first 2>/dev/null; then dd if=/dev/zero of=/dev/null bs=1000 count=1000 2>/dev/null; fi");
    attempt.run();
    REQUIRE(attempt.finished.status == 0);
    std::vector<record::Io> ios = attempt.reading.record->ios;
    REQUIRE(ios.size() == 2);
    std::ranges::sort(ios, {}, &record::Io::read_calls);
    CHECK(ios[0].read_calls < 100);
    CHECK(ios[0].read_bytes < 100'000);
    CHECK(ios[1].read_calls - ios[0].read_calls >= 1000);
    CHECK(ios[1].read_calls - ios[0].read_calls < 1100);
    CHECK(ios[1].read_bytes - ios[0].read_bytes >= 1'000'000);
    CHECK(ios[1].read_bytes - ios[0].read_bytes < 1'100'000);
    CHECK(ios[1].write_calls - ios[0].write_calls > 900);
    CHECK(ios[1].write_bytes - ios[0].write_bytes > 900'000);
}

TEST_CASE("as launched, what was read and written is known too")
{
    Attempt attempt;
    attempt.spec.start = Start::AsLaunched;
    attempt.use_script("dd if=/dev/zero of=/dev/null bs=1000 count=1000 2>/dev/null");
    attempt.run();
    REQUIRE(attempt.reading.record->ios.size() == 1);
    CHECK(attempt.reading.record->ios[0].read_calls >= 1000);
    CHECK(attempt.reading.record->ios[0].read_bytes >= 1'000'000);
}

TEST_CASE("exits are told apart although all are reaped together")
{
    Attempt attempt;
    attempt.spec.interpreters = 3;
    // Each waits for the one before it to be gone: a zombie has no command line.
    attempt.use_script(
        "n=0; until mkdir $FOLDER/$n 2>/dev/null; do n=$((n+1)); done; echo $$ > $FOLDER/pid.$n; "
        "if [ $n -gt 0 ]; then until p=$(cat $FOLDER/pid.$((n-1)) 2>/dev/null) && [ -n \"$p\" ]; do sleep 0.01; done; "
        "while [ -n \"$(tr -d '\\0' < /proc/$p/cmdline 2>/dev/null)\" ]; do sleep 0.01; done; sleep 0.05; fi");
    attempt.run();
    REQUIRE(attempt.finished.status == 0);
    std::vector<std::int64_t> exits;
    for (const record::Interpreter& one : attempt.reading.record->interpreters) {
        exits.push_back(one.exit_ns);
    }
    REQUIRE(exits.size() == 3);
    std::ranges::sort(exits);
    CHECK(exits[1] - exits[0] >= 40'000'000);
    CHECK(exits[2] - exits[1] >= 40'000'000);
}

TEST_CASE("one node's interpreter says what it is")
{
    Attempt attempt;
    attempt.spec.nodes = 2;
    attempt.run();
    const record::Record& got = *attempt.reading.record;
    REQUIRE(got.inspections.size() == 1);
    const record::Inspection& one = got.inspections[0];
    CHECK(one.node == 0);
    CHECK(one.trouble.empty());
    CHECK("Python " + one.version == printed("/usr/bin/python3 --version"));
    CHECK(value(one.facts, "prefix") == printed("/usr/bin/python3 -c 'import sys; print(sys.prefix)'"));
    CHECK(value(one.facts, "prefix_file_system") == file_system_of("/usr"));
    CHECK(value(one.facts, "root_file_system") == file_system_of("/"));
    std::string list;
    for (const std::string& package : one.packages) {
        list += package + "\n";
    }
    CHECK(one.packages_sha256 + "  -" == printed("sha256sum < " + attempt.folder.write("list", list).string()));
}

TEST_CASE("an interpreter is asked last of all, and one that does not answer fails nothing")
{
    Attempt attempt;
    attempt.spec.environment.command = {
        "/bin/sh", "-c",
        "echo run >> $FOLDER/log; [ $(wc -l < $FOLDER/log) -gt 1 ] && { echo 'no more' >&2; exit 3; }; "
        "exec /usr/bin/python3 -I \"$0\" \"$@\""};
    attempt.spec.environment.variables = {{"FOLDER", attempt.folder.path().string()}};
    attempt.spec.environment.controls = {{"null", {"/bin/sh", "-c", "echo control >> $FOLDER/log"}}};
    attempt.run();
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.reason().empty());
    CHECK(read_text(attempt.folder.path() / "log") == "run\ncontrol\nrun\n");
    REQUIRE(attempt.reading.record->inspections.size() == 1);
    CHECK(attempt.reading.record->inspections[0].trouble == "exit code 3: no more");
    CHECK(attempt.reading.record->inspections[0].version.empty());
    CHECK(attempt.reading.record->counters.size() == 1);
}

TEST_CASE("a command without a language is not asked")
{
    Attempt attempt;
    attempt.use_script("true");
    attempt.run();
    CHECK(attempt.finished.status == 0);
    CHECK(attempt.reading.record->inspections.empty());
}
