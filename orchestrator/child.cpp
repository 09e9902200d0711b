#include "orchestrator/child.hpp"

#include "core/error.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/optional.hpp>  // Boost 1.81's Process v2 uses these two without including them
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#include <boost/type_traits.hpp>
#include <cerrno>
#include <cstdlib>

namespace gaggle::child {

namespace asio = boost::asio;
namespace process = boost::process::v2;

namespace {

enum class Keep { first, last };

/// Reads a pipe to its end, however much comes; keeps a bounded part.
class Capture {
public:
    Capture(asio::io_context& context, Keep keep, std::size_t limit) : pipe_(context), keep_(keep), limit_(limit) {}

    [[nodiscard]] asio::readable_pipe& pipe() { return pipe_; }
    [[nodiscard]] const std::string& text() const { return text_; }

    void read_on()
    {
        pipe_.async_read_some(asio::buffer(chunk_), [this](boost::system::error_code error, std::size_t count) {
            text_.append(chunk_.data(), count);
            if (text_.size() > limit_) {
                text_ = keep_ == Keep::first ? text_.substr(0, limit_) : text_.substr(text_.size() - limit_);
            }
            if (!error) {
                read_on();
            }
        });
    }

private:
    asio::readable_pipe pipe_;
    Keep keep_;
    std::size_t limit_;
    std::string text_;
    std::array<char, 4096> chunk_{};
};

/// Gives a process its whole environment. (Process v2's own initialiser for this has no definition in Boost 1.81.)
class Environment {
public:
    explicit Environment(const std::vector<std::string>& variables)
    {
        for (const std::string& variable : variables) {
            pointers_.push_back(variable.c_str());
        }
        pointers_.push_back(nullptr);
    }

    boost::system::error_code on_setup(process::posix::default_launcher& launcher, const auto&,
                                       const char* const*) const
    {
        launcher.env = pointers_.data();
        return {};
    }

private:
    std::vector<const char*> pointers_;
};

/// Leaves a process one descriptor more than its standard ones, under the same number. (Process v2's own bind_fd
/// cannot: it returns nothing from a function that should, in Boost 1.81.)
class KeptOpen {
public:
    explicit KeptOpen(std::optional<int> descriptor) : descriptor_(descriptor) {}

    boost::system::error_code on_setup(process::posix::default_launcher& launcher, const auto&,
                                       const char* const*) const
    {
        if (descriptor_) {
            launcher.fd_whitelist.push_back(*descriptor_);
        }
        return {};
    }
    /// In the child, before exec.
    boost::system::error_code on_exec_setup(process::posix::default_launcher&, const auto&, const char* const*) const
    {
        if (descriptor_ && ::fcntl(*descriptor_, F_SETFD, 0) != 0) {
            return {errno, boost::system::system_category()};
        }
        return {};
    }

private:
    std::optional<int> descriptor_;
};

}  // namespace

Finished run(const std::filesystem::path& program, const std::vector<std::string>& arguments,
             const std::vector<std::string>& environment, std::optional<int> kept_open)
{
    asio::io_context context;
    Capture out{context, Keep::first, std::size_t{64} * 1024};
    Capture err{context, Keep::last, std::size_t{16} * 1024};
    boost::system::error_code failure;
    // By executor: given a context, Boost 1.81 forgets `failure` and throws.
    process::process started = process::default_process_launcher()(
        context.get_executor(), failure, program.string(), arguments,
        process::process_stdio{nullptr, out.pipe(), err.pipe()}, Environment{environment}, KeptOpen{kept_open});
    if (failure) {
        throw Error(ExitCode::Usage, "cannot run " + program.string() + ": " + failure.message());
    }
    out.read_on();
    err.read_on();
    context.run();
    started.wait();
    const int raw = started.native_exit_code();
    return {WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw), out.text(), err.text()};
}

std::optional<std::filesystem::path> find_program(const std::string& name)
{
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "/usr/bin:/bin" : path;
    while (true) {
        const std::size_t colon = rest.find(':');
        const std::filesystem::path folder{rest.substr(0, colon)};
        const std::filesystem::path candidate = (folder.empty() ? std::filesystem::path{"."} : folder) / name;
        std::error_code ignored;
        if (std::filesystem::is_regular_file(candidate, ignored) && access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
        if (colon == std::string_view::npos) {
            return std::nullopt;
        }
        rest.remove_prefix(colon + 1);
    }
}

std::string last_words(std::string_view text, std::string_view prefix, std::size_t limit)
{
    std::string words;
    while (!text.empty()) {
        const std::size_t newline = text.find('\n');
        std::string_view said = text.substr(0, newline);
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
        if (said.starts_with(prefix)) {
            said.remove_prefix(prefix.size());
        }
        if (said.find_first_not_of(" \t\r") != std::string_view::npos) {
            words.append(words.empty() ? "" : "; ").append(said);
        }
    }
    return words.size() > limit ? "…" + words.substr(words.size() - limit) : words;
}

}  // namespace gaggle::child
