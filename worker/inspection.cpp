#include "worker/inspection.hpp"

#include "core/embedded.hpp"
#include "core/error.hpp"
#include "worker/capture.hpp"
#include "worker/words.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace gaggle::worker {

namespace asio = boost::asio;

std::span<const EmbeddedFile> inspection_files();

namespace {

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

constexpr std::array<std::string_view, 6> fact_names{"build",  "implementation", "executable",
                                                     "prefix", "base_prefix",    "root_file_system"};

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
        const Captured said = co_await capture(std::move(executor), std::move(program), deadline);
        inspection = parse_inspection(said.output);
        inspection.trouble = said.trouble.empty() ? explained(inspection.trouble, said.error) : said.trouble;
    } catch (const Error& error) {
        inspection.trouble = error.what();
    }
    co_return inspection;
}

}  // namespace gaggle::worker
