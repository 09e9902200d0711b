#include "worker/exec.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace gaggle::worker {

std::vector<char*> pointers_to(const std::vector<std::string>& texts)
{
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const std::string& text : texts) {
        pointers.push_back(const_cast<char*>(text.c_str()));
    }
    pointers.push_back(nullptr);
    return pointers;
}

Descriptor out_of_the_way(const Descriptor& file)
{
    constexpr int above_all = 16;
    return Descriptor{fcntl(file.get(), F_DUPFD_CLOEXEC, above_all)};
}

void lead_own_group()
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
}

}  // namespace gaggle::worker
