#include "worker/inspection.hpp"

#include "core/embedded.hpp"
#include "core/error.hpp"
#include "worker/files.hpp"
#include "worker/marks.hpp"
#include "worker/words.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/filesystem/path.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

namespace gaggle::worker {

namespace process = boost::process::v2;
namespace asio = boost::asio;

std::span<const EmbeddedFile> inspection_files();

namespace {

constexpr std::size_t most_output = 8U << 20U;

/// How an inspecting program is handed to an interpreter: `file` of worker/probes after `option`.
struct Inspector {
    std::string_view language;
    std::string_view file;
    std::string_view option;
};
constexpr std::array<Inspector, 8> inspectors{{{"python", "inspect.py", "-c"},
                                               {"R", "inspect.R", "-e"},
                                               {"perl", "inspect.pl", "-e"},
                                               {"ruby", "inspect.rb", "-e"},
                                               {"node", "inspect.js", "-e"},
                                               {"julia", "inspect.jl", "-e"},
                                               {"lua", "inspect.lua", "-e"},
                                               {"sh", "inspect.sh", "-c"}}};

constexpr std::array<std::string_view, 5> fact_names{"build", "implementation", "executable", "prefix", "base_prefix"};

std::string sha256_of_lines(const std::vector<std::string>& lines)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (const std::string& line : lines) {
        const std::string text = line + "\n";
        crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    }
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256_final(&state, hash.data());
    std::array<char, 2 * crypto_hash_sha256_BYTES + 1> text{};
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    return text.data();
}

/// In a process group of its own, whose first process dies with the worker.
struct ProcessGroup {
    template <class Launcher>
    process::error_code on_exec_setup(Launcher&, const boost::filesystem::path&, const char* const*) const
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
        return {};
    }
};

/// One of its output streams, read without waiting.
struct Output {
    Pipe pipe = make_pipe();
    std::string text;

    Output() { fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK); }

    void drain()
    {
        std::array<char, 16384> chunk{};
        while (text.size() <= most_output) {
            const ssize_t got = read(pipe.read_end.get(), chunk.data(), chunk.size());
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0) {
                return;
            }
            text.append(chunk.data(), static_cast<std::size_t>(got));
        }
    }
};

process::process start(const asio::any_io_executor& executor, const Program& program, Output& out, Output& err)
{
    std::vector<const char*> environment;
    environment.reserve(program.environment.size() + 1);
    for (const std::string& variable : program.environment) {
        environment.push_back(variable.c_str());
    }
    environment.push_back(nullptr);
    process::default_process_launcher launcher;
    launcher.env = environment.data();
    process::error_code error;
    process::process started =
        launcher(executor, error, program.executable, program.arguments, ProcessGroup{},
                 process::process_start_dir{program.directory},
                 process::process_stdio{nullptr, out.pipe.write_end.get(), err.pipe.write_end.get()});
    if (error) {
        throw Error{ExitCode::Usage, "cannot start " + program.executable + ": " + error.message()};
    }
    out.pipe.write_end.close();
    err.pipe.write_end.close();
    return started;
}

/// How it ended, in words; "" if well.
std::string ending(int status)
{
    if (WIFSIGNALED(status)) {
        return "killed by signal " + std::to_string(WTERMSIG(status));
    }
    return WEXITSTATUS(status) == 0 ? "" : "exit code " + std::to_string(WEXITSTATUS(status));
}

/// The trouble in words, with the first of what it said on its standard error.
std::string explained(const std::string& trouble, std::string_view standard_error)
{
    const std::string words = trouble.empty() ? "" : telling_line(standard_error);
    return words.empty() ? trouble : trouble + ": " + words;
}

}  // namespace

Inspection parse_inspection(std::string_view output)
{
    Inspection inspection;
    std::optional<std::size_t> count;
    bool ended = false;
    while (!output.empty() && !ended) {
        const bool whole = output.find('\n') != std::string_view::npos;
        std::string_view value = take_until(output, '\n');
        const std::string_view key = take_until(value, '\t');
        if (!whole) {
            break;
        }
        if (key == "version") {
            inspection.version = value;
        } else if (key == "package") {
            inspection.packages.emplace_back(value);
        } else if (key == "packages") {
            count = number_of<std::size_t>(value);
        } else if (std::ranges::find(fact_names, key) != fact_names.end()) {
            inspection.facts.push_back({std::string{key}, std::string{value}});
        }
        ended = key == "end" && value.empty();
    }
    if (!ended || (count && *count != inspection.packages.size())) {
        inspection.trouble = "it did not say all of what it is";
        count.reset();
    }
    if (count) {
        std::ranges::sort(inspection.packages);
        inspection.packages_sha256 = sha256_of_lines(inspection.packages);
    } else {
        inspection.packages.clear();
    }
    return inspection;
}

std::optional<Program> inspection_program(Program command, std::string_view language)
{
    const auto* const inspector = std::ranges::find(inspectors, language, &Inspector::language);
    if (inspector == inspectors.end()) {
        return std::nullopt;
    }
    const std::span<const EmbeddedFile> files = inspection_files();
    const auto file = std::ranges::find(files, inspector->file, &EmbeddedFile::name);
    command.arguments.emplace_back(inspector->option);
    command.arguments.emplace_back(file->text);
    return command;
}

asio::awaitable<Inspection> inspect(asio::any_io_executor executor, Program program,
                                    std::chrono::steady_clock::time_point deadline)
{
    Inspection inspection;
    try {
        Output out;
        Output err;
        process::process running = start(executor, program, out, err);
        asio::steady_timer pause{executor};
        std::string stopped;
        process::error_code error;
        while (running.running(error)) {
            out.drain();
            err.drain();
            if (std::chrono::steady_clock::now() >= deadline) {
                stopped = "it did not end in time";
            } else if (out.text.size() > most_output || err.text.size() > most_output) {
                stopped = "it prints without end";
            }
            if (!stopped.empty()) {
                kill(-running.id(), SIGKILL);
                running.wait(error);
                break;
            }
            pause.expires_after(std::chrono::milliseconds{5});
            co_await pause.async_wait(asio::use_awaitable);
        }
        out.drain();
        err.drain();
        inspection = parse_inspection(out.text);
        const std::string how = stopped.empty() ? ending(running.native_exit_code()) : stopped;
        inspection.trouble = explained(how.empty() ? inspection.trouble : how, err.text);
    } catch (const Error& error) {
        inspection.trouble = error.what();
    }
    co_return inspection;
}

}  // namespace gaggle::worker
