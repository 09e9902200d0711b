#pragma once

#include "core/line.hpp"
#include "tests/catch.hpp"
#include "tests/support/page_cache.hpp"
#include "tests/support/temporary.hpp"
#include "worker/cache.hpp"
#include "worker/files.hpp"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace gaggle::tests {

inline constexpr uid_t nobody = 65534;
inline const bool is_root = geteuid() == 0;

/// Runs `work` in a process of its own, so that it may change who and where it is.
inline record::Cache in_a_child(const std::function<record::Cache()>& work)
{
    worker::Pipe pipe = worker::make_pipe();
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        const std::string text = line::write(work());
        _exit(write(pipe.write_end.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    pipe.write_end.close();
    std::string text;
    std::array<char, 4096> chunk{};
    for (ssize_t got = 1; got > 0;) {
        got = read(pipe.read_end.get(), chunk.data(), chunk.size());
        text.append(chunk.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    int status = 0;
    waitpid(pid, &status, 0);
    REQUIRE(status == 0);
    text.pop_back();
    return line::read<record::Cache>(text);
}

/// As an ordinary user, whoever runs the test.
inline record::Cache as_user(const std::function<record::Cache()>& work)
{
    return in_a_child([&] {
        if (is_root && (setgroups(0, nullptr) != 0 || setresgid(nobody, nobody, nobody) != 0 ||
                        setresuid(nobody, nobody, nobody) != 0)) {
            _exit(2);
        }
        return work();
    });
}

/// A folder of the ordinary user's, and the page cache for this test alone.
struct Environment {
    TemporaryDirectory folder;
    PageCache page_cache;

    Environment() { give_to_user(folder.path()); }

    static void give_to_user(const std::filesystem::path& path)
    {
        if (is_root) {
            REQUIRE(chown(path.c_str(), nobody, nobody) == 0);
        }
    }

    [[nodiscard]] std::filesystem::path write(const std::string& name, std::size_t size) const
    {
        std::filesystem::path file = folder.write(name, std::string(size, 'x'));
        give_to_user(file);
        return file;
    }
};

inline std::chrono::steady_clock::time_point soon()
{
    return std::chrono::steady_clock::now() + std::chrono::seconds{120};
}

inline record::Cache bring(CacheState state, const std::filesystem::path& root)
{
    worker::CachePreparation cache{state, worker::find_files({root}, soon())};
    cache.prepare(soon());
    return cache.check(soon());
}

inline std::uint64_t page()
{
    return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace gaggle::tests
