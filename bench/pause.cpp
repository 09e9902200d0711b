// bench-pause: stops the process that started it for 0.1 s, in which nothing runs. For `hyperfine --prepare`, whose own way
// to pause is a program, which ends just before what is measured begins.
#include <signal.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>

namespace {

void sleep_ms(long milliseconds)
{
    const timespec pause{0, milliseconds * 1'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
}

}  // namespace

int main()
{
    const pid_t parent = getppid();
    std::string name;
    std::getline(std::ifstream{"/proc/" + std::to_string(parent) + "/comm"}, name);
    if (name != "hyperfine") {
        return 2;  // not a shell, which would stay stopped
    }
    const pid_t waker = fork();
    if (waker == 0) {
        sleep_ms(100);
        kill(parent, SIGCONT);
        sleep_ms(60);  // its own end is none before what is measured
        _exit(0);
    }
    return waker > 0 && kill(parent, SIGSTOP) == 0 ? 0 : 1;
}
