#include "orchestrator/commands/likeness.hpp"

#include "orchestrator/commands/provenance.hpp"
#include "orchestrator/commands/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

namespace gaggle::commands {

namespace {

using Contents = std::map<std::string, std::string>;  ///< of a name

/// "NAME==VERSION".
Contents packages_of(const record::Inspection& said)
{
    Contents packages;
    for (const std::string& package : said.packages) {
        const std::size_t end = package.find("==");
        packages.emplace(package.substr(0, end), package.substr(std::min(end, package.size())));
    }
    return packages;
}

Contents files_of(const record::Record& record)
{
    Contents files;
    for (const record::File& file : record.file_contents) {
        files.emplace(file.path, file.content);
    }
    return files;
}

/// `of_both`: a name that both have with different contents, in words.
template <class OfBoth>
std::string different(std::string_view what, const Contents& one, const Contents& other, const std::string& other_name,
                      OfBoth of_both)
{
    constexpr std::size_t shown = 3;
    std::vector<std::string> words;
    for (const auto& [name, content] : one) {
        const auto found = other.find(name);
        if (found == other.end()) {
            words.push_back(fmt::format("{} is not in '{}'", name, other_name));
        } else if (found->second != content) {
            words.push_back(of_both(name, content, found->second));
        }
    }
    for (const auto& [name, content] : other) {
        if (!one.contains(name)) {
            words.push_back(fmt::format("{} is only in '{}'", name, other_name));
        }
    }
    if (words.empty()) {
        return "";
    }
    const std::size_t others = words.size() - std::min(shown, words.size());
    words.resize(words.size() - others);
    if (others > 0) {
        words.push_back(fmt::format("{} more", others));
    }
    return fmt::format("{}: {}", what, fmt::join(words, ", "));
}

/// Why it cannot be compared; "" if it can.
std::string unknown(const record::Record& record)
{
    if (record.inspections.empty() || record.inspections.front().packages_sha256.empty()) {
        return "the language says nothing of its packages";
    }
    if (record.files.empty()) {
        return "its files were not listed";
    }
    return record.files.front().trouble;
}

}  // namespace

std::string difference(const record::Record& one, const record::Record& other, const std::string& other_name)
{
    for (const record::Record* record : {&one, &other}) {
        if (const std::string why = unknown(*record); !why.empty()) {
            return fmt::format("not known{}: {}", record == &one ? "" : fmt::format(" of '{}'", other_name), why);
        }
    }
    const record::Inspection& here = one.inspections.front();
    const record::Inspection& there = other.inspections.front();
    std::vector<std::string> words;
    if (here.version != there.version) {
        words.push_back(fmt::format("interpreter: {}, {} in '{}'", here.version, there.version, other_name));
    }
    const auto versions = [&](const std::string& name, const std::string& own, const std::string& others) {
        return fmt::format("{}{}, {} in '{}'", name, own, others, other_name);
    };
    words.push_back(different("packages", packages_of(here), packages_of(there), other_name, versions));
    const auto contents = [](const std::string& path, const std::string& /*own*/, const std::string& /*others*/) {
        return fmt::format("{} differs", path);
    };
    words.push_back(different("files", files_of(one), files_of(other), other_name, contents));
    std::erase(words, "");
    return fmt::format("{}", fmt::join(words, "; "));
}

std::string summary_of_files(const record::Record& record)
{
    std::string text;
    for (const record::File& file : record.file_contents) {
        text += fmt::format("{}  {}\n", file.content, file.path);
    }
    return fmt::format("{}, SHA-256 {}", counted(record.file_contents.size(), "file"), sha256(text));
}

}  // namespace gaggle::commands
