#include "tests/slurm/cluster.hpp"

#include "tests/catch.hpp"

#include <stdlib.h>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace gaggle::tests {

Cluster::Cluster(const std::vector<std::string>& options, Accounting accounting,
                 const std::filesystem::path& file_system)
{
    std::vector<std::string> command{GAGGLE_SANDBOX, "start", "--nodes", "4", "--option", "MessageTimeout=4"};
    for (const std::string& option : options) {
        command.insert(command.end(), {"--option", option});
    }
    if (accounting == Accounting::slurmdbd) {
        command.emplace_back("--accounting");
    }
    if (!file_system.empty()) {
        command.insert(command.end(), {"--file-system", file_system.string()});
    }
    command.push_back((folder_.path() / "c").string());
    const Finished started = run(command);
    INFO(started.err);
    REQUIRE(started.status == 0);
    const std::string line = started.out;  // export SLURM_CONF=/...
    const std::size_t value = line.find("SLURM_CONF=") + 11;
    const char* outer = getenv("SLURM_CONF");
    outer_conf_ = outer == nullptr ? "" : outer;
    setenv("SLURM_CONF", line.substr(value, line.find('\n') - value).c_str(), 1);
}

Cluster::~Cluster()
{
    setenv("SLURM_CONF", outer_conf_.c_str(), 1);
    // Not run(): when the shared one goes, at the end of the process, Catch is gone already.
    const std::string stop = std::string{GAGGLE_SANDBOX " stop "} + (folder_.path() / "c").string() + " 2>&1";
    static_cast<void>(!system(stop.c_str()));
}

Cluster& Cluster::running()
{
    static Cluster cluster;
    return cluster;
}

std::string Cluster::control(const std::string& command, const std::vector<std::string>& arguments) const
{
    std::vector<std::string> line{GAGGLE_SANDBOX, command, (folder_.path() / "c").string()};
    line.insert(line.end(), arguments.begin(), arguments.end());
    const Finished finished = run(line);
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    return finished.out;
}

int Cluster::pid(const std::string& daemon) const
{
    const std::string status = control("status");
    const std::size_t line = status.find(daemon + " ");
    REQUIRE(line != std::string::npos);
    return std::stoi(status.substr(status.find("pid ", line) + 4));
}

Campaign::Campaign(std::string_view text)
{
    write(text);
}

void Campaign::write(std::string_view text) const
{
    static_cast<void>(folder_.write("experiment.toml", "name = \"test\"\nseed = 1\n" + std::string{text}));
}

std::string Campaign::waiting_environment() const
{
    return R"(
[[environment]]
name = "waiting"
kind = "command"
language = "none"
command = ["/bin/sh", "-c", "touch )" +
           path("here.$$").string() + "; until [ -e " + path("go").string() + " ]; do sleep 0.05; done\"]\n";
}

std::vector<std::pair<std::string, std::string>> dirty_shell()
{
    return {{"GAGGLE_WORKER", GAGGLE_WORKER_PROGRAM},
            {"PYTHONPATH", "/leak"},
            {"PYTHONHOME", "/leak"},
            {"VIRTUAL_ENV", "/leak"},
            {"CONDA_PREFIX", "/leak"},
            {"LD_LIBRARY_PATH", "/leak"},
            {"SLURM_JOB_ID", "424242"},
            {"SLURM_NODELIST", "leak"},
            {"SLURM_CPU_BIND", "map_cpu:0"},
            {"SBATCH_EXPORT", "NONE"},
            {"SBATCH_JOB_NAME", "leak"},
            {"SBATCH_ARRAY_INX", "0-7"},
            {"WANTED", "inherited value"}};
}

Finished Campaign::gaggle(std::vector<std::string> arguments) const
{
    arguments.insert(arguments.begin(), {GAGGLE_PROGRAM, "--store", path("store").string()});
    return run(arguments, dirty_shell());
}

Finished Campaign::gaggle_ends(int status, const std::vector<std::string>& arguments) const
{
    Finished finished = gaggle(arguments);
    INFO("gaggle " << arguments.front() << ": " << finished.out << finished.err);
    REQUIRE(finished.status == status);
    return finished;
}

void Campaign::settle() const
{
    REQUIRE(eventually([&] {
        gaggle_ends(0, {"collect"});
        return value("SELECT sum(planned + pending + running + unverified) FROM cells") == "0";
    }));
}

void Campaign::check_repair() const
{
    const std::string ids = value("SELECT group_concat(id) FROM attempt");
    const std::string rows = "SELECT * FROM attempt WHERE id IN (" + ids +
                             "); SELECT gaggle.*, interpreter.* FROM gaggle LEFT JOIN interpreter "
                             "ON gaggle_id = gaggle.id WHERE attempt_id IN (" +
                             ids + ")";
    const std::string before = value(rows);
    gaggle_ends(0, {"resubmit", "--wait"});
    CHECK(value("SELECT sum(repetitions - completed) FROM cells") == "0");
    CHECK(value(rows) == before);
    CHECK(value("SELECT count(*) FROM overlaps") == "0");
}

std::string Campaign::value(const std::string& select) const
{
    const Finished finished = run({"sqlite3", (path("store") / "results.db").string(), select});
    INFO(select << ": " << finished.err);
    REQUIRE(finished.status == 0);
    return finished.out.substr(0, finished.out.find_last_not_of('\n') + 1);
}

std::vector<std::string> Campaign::jobs() const
{
    std::istringstream lines{value("SELECT slurm_job_id FROM array ORDER BY experiment_id, position")};
    std::vector<std::string> ids;
    for (std::string line; std::getline(lines, line);) {
        ids.push_back(line);
    }
    return ids;
}

std::size_t Campaign::count_files(const std::string& prefix) const
{
    const std::filesystem::directory_iterator files{folder_.path()};
    return static_cast<std::size_t>(std::count_if(begin(files), end(files), [&](const auto& entry) {
        return entry.path().filename().string().starts_with(prefix);
    }));
}

std::vector<int> workers(const Campaign& campaign, const std::string& role)
{
    const std::string argument = std::string(1, '\0') + role + std::string(1, '\0');
    std::vector<int> pids;
    const std::string worker = (campaign.path("store") / "bin").string();
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        const std::string name = entry.path().filename().string();
        int pid = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc{}) {
            continue;
        }
        const std::string command = read_text(entry.path() / "cmdline");
        if (command.starts_with(worker) && command.find(argument) != std::string::npos) {
            pids.push_back(pid);
        }
    }
    return pids;
}

std::string path_of(const std::string& program)
{
    const std::string found = run({"sh", "-c", "command -v " + program}).out;
    return found.substr(0, found.find('\n'));
}

std::string show_job(const std::string& element)
{
    const Finished shown = run({"scontrol", "-d", "show", "job", element});
    INFO(shown.err);
    REQUIRE(shown.status == 0);
    return shown.out;
}

std::size_t requests_for_jobs()
{
    const std::string diagnosis = run({"sdiag"}).out;
    const std::size_t at = diagnosis.find("REQUEST_JOB_USER_INFO");
    return at == std::string::npos ? 0 : std::stoul(diagnosis.substr(diagnosis.find("count:", at) + 6));
}

}  // namespace gaggle::tests
