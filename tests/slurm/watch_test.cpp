#include "tests/catch.hpp"
#include "tests/slurm/cluster.hpp"

#include <algorithm>
#include <sstream>

using namespace gaggle::tests;
using gaggle::tests::has_text;

namespace {

/// A command in a real terminal of 100 × 20, which stays after its end.
class Screen {
public:
    explicit Screen(const std::string& command)
    {
        const Finished started = tmux({"-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "20",
                                       "env -u NO_COLOR " + command + "; echo status=$?; exec sleep 600"});
        INFO(started.err);
        REQUIRE(started.status == 0);
    }
    ~Screen() { static_cast<void>(tmux({"kill-server"})); }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    [[nodiscard]] std::string text() const { return tmux({"capture-pane", "-p"}).out; }
    [[nodiscard]] std::string coloured_text() const { return tmux({"capture-pane", "-p", "-e"}).out; }
    void press(const std::string& key) const { CHECK(tmux({"send-keys", key}).status == 0); }
    [[nodiscard]] bool shows(const std::string& words) const
    {
        const bool found = eventually([&] { return text().find(words) != std::string::npos; });
        INFO(text());
        CHECK(found);
        return found;
    }

private:
    [[nodiscard]] Finished tmux(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), {"tmux", "-S", (folder_.path() / "socket").string()});
        return run(arguments, {{"TERM", "xterm-256color"}, {"LC_ALL", "C.UTF-8"}});
    }

    TemporaryDirectory folder_;
};

std::size_t count_lines_with(const std::string& text, const std::string& words)
{
    std::size_t count = 0;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        count += line.find(words) != std::string::npos ? 1 : 0;
    }
    return count;
}

std::string watch_command(const Campaign& campaign)
{
    return GAGGLE_PROGRAM " --store " + campaign.path("store").string() + " watch";
}

}  // namespace

TEST_CASE("watch draws bars in place until all has ended, and says how often it asked")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    campaign.write("nodes = [1]\ninterpreters = [1]\nrepetitions = 2\n" + campaign.waiting_environment() +
                   std::string{sound_environment});
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 1; }));
    const std::size_t before = requests_for_jobs();
    const Screen screen{watch_command(campaign)};
    REQUIRE(screen.shows("0/2  1 running"));
    CHECK_THAT(screen.text(), has_text("waiting  [>>>") && has_text("experiment 1, test: ") &&
                                  has_text("asked slurmctld 1 time; ^C detaches"));
    CHECK_THAT(screen.coloured_text(), has_text("\x1b[33m>>>"));
    campaign.touch("go");
    REQUIRE(screen.shows("status=0"));
    const std::string text = screen.text();
    CHECK_THAT(text, has_text("sound    [####") && has_text("waiting  [####") && has_text("]  2/2\n"));
    CHECK_THAT(text, has_text("4 of 4 attempts ended: 4 COMPLETED; asked slurmctld " +
                              std::to_string(requests_for_jobs() - before) + " time"));
    CHECK(count_lines_with(text, "experiment 1, test") == 1);  // drawn over, not again and again
    CHECK(count_lines_with(text, "waiting  [") == 1);

    const Finished piped = campaign.gaggle_ends(0, {"watch", "test"});
    CHECK_THAT(piped.out, has_text(" waiting: 2/2\n") && has_text(" sound: 2/2\n") && !has_text("\x1b"));
    CHECK_THAT(piped.err, has_text("4 of 4 attempts ended"));
}

TEST_CASE("^C leaves a watch, and the jobs go on")
{
    static_cast<void>(Cluster::running());
    Campaign campaign;
    campaign.write("nodes = [1]\ninterpreters = [1]\n" + campaign.waiting_environment());
    campaign.gaggle_ends(0, {"submit", campaign.experiment()});
    REQUIRE(eventually([&] { return campaign.count_files("here.") == 1; }));
    const Screen screen{"env NO_COLOR=1 " + watch_command(campaign)};
    REQUIRE(screen.shows("0/1  1 running"));
    CHECK_THAT(screen.coloured_text(), !has_text("\x1b[33m>>>"));
    screen.press("C-c");
    REQUIRE(screen.shows("status=130"));
    CHECK_THAT(screen.text(), has_text("detached, the jobs go on"));
    CHECK_THAT(show_job(campaign.jobs()[0] + "_0"), has_text("JobState=RUNNING"));
    campaign.touch("go");
    campaign.gaggle_ends(0, {"wait"});
}
