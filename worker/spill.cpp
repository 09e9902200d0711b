#include "worker/spill.hpp"

#include "core/error.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace gaggle::worker {

Spill::Extent Spill::keep(std::string text)
{
    const std::size_t size = text.size();
    if (kept_in_memory_ + size > in_memory_ && write(text)) {
        file_size_ += size;
        return {Extent::Place::file, file_size_ - size, size};
    }
    kept_in_memory_ += size;
    text.shrink_to_fit();
    texts_.push_back(std::move(text));
    return {Extent::Place::memory, texts_.size() - 1, size};
}

/// At the file's end; false if it cannot have all of it.
bool Spill::write(const std::string& text)
{
    if (is_file_usable_ && file_.get() < 0) {
        file_ = make_unnamed_file();
    }
    is_file_usable_ = is_file_usable_ && file_.get() >= 0;
    for (std::size_t done = 0; is_file_usable_ && done < text.size();) {
        const ssize_t written =
            pwrite(file_.get(), text.data() + done, text.size() - done, static_cast<off_t>(file_size_ + done));
        if (written < 0 && errno != EINTR) {
            is_file_usable_ = false;
        }
        done += written < 0 ? 0 : static_cast<std::size_t>(written);
    }
    return is_file_usable_;
}

std::string Spill::read(const Extent& extent) const
{
    if (extent.place == Extent::Place::memory) {
        return texts_.at(extent.begin);
    }
    std::string text(extent.size, '\0');
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t got =
            pread(file_.get(), text.data() + done, text.size() - done, static_cast<off_t>(extent.begin + done));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            throw system_error(ExitCode::Store, "read back", "results from a temporary file", got == 0 ? EIO : errno);
        }
        done += got < 0 ? 0 : static_cast<std::size_t>(got);
    }
    return text;
}

}  // namespace gaggle::worker
