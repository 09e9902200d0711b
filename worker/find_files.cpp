#include "worker/find_files.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

namespace gaggle::worker {

namespace {

using Identity = std::pair<dev_t, ino_t>;

/// One search: every folder and file is visited once, whatever links lead to it.
class Search {
public:
    explicit Search(std::chrono::steady_clock::time_point deadline) : deadline_(deadline) {}

    /// No link leads from a root to a folder above it.
    void shut_out_ancestors(const std::vector<std::filesystem::path>& roots)
    {
        std::set<Identity> own;
        for (const std::filesystem::path& root : roots) {
            struct stat status {};
            if (stat(root.c_str(), &status) == 0) {
                own.emplace(status.st_dev, status.st_ino);
            }
        }
        for (const std::filesystem::path& root : roots) {
            std::error_code error;
            std::filesystem::path above = std::filesystem::canonical(root, error);
            while (!error && above.has_relative_path()) {
                above = above.parent_path();
                struct stat status {};
                if (stat(above.c_str(), &status) == 0 && !own.contains({status.st_dev, status.st_ino})) {
                    visited_.emplace(status.st_dev, status.st_ino);
                }
            }
        }
    }

    void add_root(const std::filesystem::path& root)
    {
        struct stat status {};
        if (stat(root.c_str(), &status) != 0) {
            add_trouble(root.string() + ": " + std::generic_category().message(errno));
            return;
        }
        visit(root.string(), status);
        while (!folders_.empty() && !ended_) {
            const std::string folder = std::move(folders_.back());
            folders_.pop_back();
            list(folder);
        }
    }

    [[nodiscard]] FoundFiles take() { return std::move(found_); }

private:
    void list(const std::string& folder)
    {
        std::error_code error;
        for (std::filesystem::directory_iterator entry{folder, error}, end; !error && entry != end && !ended_;
             entry.increment(error)) {
            struct stat status {};
            if (stat(entry->path().c_str(), &status) == 0) {
                visit(entry->path().string(), status);
            }
            if (std::chrono::steady_clock::now() >= deadline_) {
                stop("the deadline passed");
            }
        }
        if (error && error != std::errc::no_such_file_or_directory) {
            add_trouble(folder + ": " + error.message());
        }
    }

    void visit(std::string path, const struct stat& status)
    {
        if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
            return;
        }
        if (!visited_.emplace(status.st_dev, status.st_ino).second) {
            return;
        }
        if (S_ISDIR(status.st_mode)) {
            folders_.push_back(std::move(path));
        } else if (found_.paths.size() == FoundFiles::most) {
            stop("there are more than " + std::to_string(FoundFiles::most) + " files");
        } else {
            found_.paths.push_back(std::move(path));
        }
    }

    void stop(const std::string& why)
    {
        ended_ = true;
        add_trouble("the search for files ended early: " + why);
    }

    void add_trouble(const std::string& what)
    {
        if (found_.trouble.empty()) {
            found_.trouble = what;
        }
    }

    std::chrono::steady_clock::time_point deadline_;
    FoundFiles found_;
    std::set<Identity> visited_;
    std::vector<std::string> folders_;
    bool ended_ = false;
};

}  // namespace

FoundFiles find_files(const std::vector<std::filesystem::path>& roots, std::chrono::steady_clock::time_point deadline)
{
    Search search{deadline};
    search.shut_out_ancestors(roots);
    for (const std::filesystem::path& root : roots) {
        search.add_root(root);
    }
    return search.take();
}

}  // namespace gaggle::worker
