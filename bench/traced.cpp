// bench-traced COMMAND [ARGUMENT ...]: runs a command under the worker's tracer, in this folder and environment, and
// prints "KIND COUNT FAILED ENOENT BYTES" for each kind of call. What bench/trace times against strace.
#include "worker/probe.hpp"
#include "worker/trace.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>

int main(int argc, char** argv)
{
    using namespace gaggle::worker;
    if (argc < 2) {
        std::cerr << "usage: bench-traced COMMAND [ARGUMENT ...]\n";
        return 2;
    }
    const char* path = std::getenv("PATH");
    Program program;
    program.executable = find_executable(argv[1], path != nullptr ? path : "/usr/bin:/bin");
    program.arguments.assign(argv + 2, argv + argc);
    for (char** variable = environ; *variable != nullptr; ++variable) {
        program.environment.emplace_back(*variable);
    }
    program.directory = std::filesystem::current_path().string();

    boost::asio::io_context context{1};
    Trace trace;
    boost::asio::co_spawn(context, trace_program(context.get_executor(), program, std::chrono::minutes{10}),
                          [&](const std::exception_ptr& error, Trace result) {
                              if (error) {
                                  std::rethrow_exception(error);
                              }
                              trace = std::move(result);
                          });
    context.run();
    for (const CallCount& count : trace.calls) {
        std::cout << gaggle::to_string(count.kind) << ' ' << count.count << ' ' << count.failed << ' ' << count.enoent
                  << ' ' << count.bytes << '\n';
    }
    if (!trace.trouble.empty()) {
        std::cerr << "bench-traced: " << trace.trouble << '\n';
        return 1;
    }
    return trace.status == 0 ? 0 : 1;
}
