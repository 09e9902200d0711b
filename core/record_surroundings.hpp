#pragma once

#include "core/names.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Lines of a record file (core/record.hpp): what was so beside the interpreters.
namespace gaggle::record {

/// What Facts are about: the node itself, or the files of the environment as they lie there.
enum class Subject { node, paths };
inline constexpr Names<Subject, 2> subject_names{{"node", "paths"}};
[[nodiscard]] constexpr const auto& names_of(Subject /*value*/)
{
    return subject_names;
}

/// Names and values, as worker/provenance.hpp has them: those of two nodes are equal when the nodes are.
struct Facts {
    static constexpr std::string_view tag = "facts";

    unsigned node = 0;
    Subject subject = Subject::node;
    std::vector<std::pair<std::string, std::string>> facts;  ///< "": not known

    bool operator==(const Facts&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.subject);
        visit(self.facts);
    }
};

/// A node compared its file systems' counters just before the release and after its last exit.
struct Counters {
    static constexpr std::string_view tag = "counters";

    unsigned node = 0;
    std::string left_out;  ///< what is not known and why, "SOURCE: WHY" each, in lines; "": all is known

    bool operator==(const Counters&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.left_out);
    }
};

/// By how much one counter changed; worker/counters.hpp has the names.
struct Counter {
    static constexpr std::string_view tag = "counter";

    unsigned node = 0;
    std::string source;
    std::string name;
    std::int64_t value = 0;  ///< never 0

    bool operator==(const Counter&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.source);
        visit(self.name);
        visit(self.value);
    }
};

/// What the environment's interpreter says of itself, asked after everything that is measured (worker/inspection.hpp).
struct Inspection {
    static constexpr std::string_view tag = "inspection";

    unsigned node = 0;
    std::string version;  ///< "": not known
    std::vector<std::pair<std::string, std::string>> facts;
    std::string packages_sha256;        ///< "": the list is not known
    std::vector<std::string> packages;  ///< "NAME==VERSION", sorted by bytes
    std::string trouble;                ///< why not all is known; "" if it is

    bool operator==(const Inspection&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.version);
        visit(self.facts);
        visit(self.packages_sha256);
        visit(self.packages);
        visit(self.trouble);
    }
};

/// All files under the folder that the environment's interpreter calls its prefix, as seen where it runs; only in
/// records of `gaggle check`.
struct Files {
    static constexpr std::string_view tag = "files";

    unsigned node = 0;
    std::string folder;
    std::string trouble;  ///< why not all are known; "" if they are

    bool operator==(const Files&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.folder);
        visit(self.trouble);
    }
};

/// One of them.
struct File {
    static constexpr std::string_view tag = "file";

    unsigned node = 0;
    std::string path;     ///< relative to the folder; sorted by bytes
    std::string content;  ///< its SHA-256, hexadecimal; of a symbolic link "-> TARGET"; of others "special"

    bool operator==(const File&) const = default;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit)
    {
        visit(self.node);
        visit(self.path);
        visit(self.content);
    }
};

}  // namespace gaggle::record
