#pragma once

#include "core/array_spec.hpp"
#include "core/record.hpp"
#include "orchestrator/record_files.hpp"
#include "orchestrator/store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gaggle::collect {

/// What the files of one array say of its attempts, while it is collected. Warns of what it passes over.
class ArrayRecords {
public:
    /// Looks into the array's folder of records, once. `array` must outlive this.
    explicit ArrayRecords(const store::ArrayRow& array);

    /// Warns of files that are no records by their names, or that the folder cannot be looked into.
    void warn_of_folder() const;
    /// There is no folder of records.
    [[nodiscard]] bool is_missing() const { return folder_.is_missing; }

    struct Found {
        std::string file;                        ///< its name, "" if there is none
        std::optional<record::Reading> reading;  ///< of its record only the attempt
        record::Findings findings;
        store::HandOut rows;  ///< all of the record; empty without one
    };
    /// The record of this attempt's last start; each file that is passed over is named.
    [[nodiscard]] Found of(const store::AttemptRow& attempt);
    /// Whether what an element wrote that ended then (whole seconds, Unix time) may not be seen from here yet.
    [[nodiscard]] bool may_be_invisible(std::int64_t end_unix) const;
    /// Where there is no record, the log may say why: "; its log ends: …", or "".
    [[nodiscard]] std::string log_words(unsigned task) const;

private:
    /// A copy under another name, or of another store, is not.
    [[nodiscard]] bool is_of(const record::Attempt& recorded, const store::AttemptRow& attempt,
                             const std::filesystem::path& file) const;
    bool has_specs();
    /// That the task's interpreters were told to do; empty without specifications.
    [[nodiscard]] std::vector<std::string> imports(unsigned task) const;

    const store::ArrayRow& array_;
    RecordFolder folder_;
    std::vector<ArraySpec> specs_;  ///< empty: not read yet, or not readable
    std::string spec_trouble_;
};

}  // namespace gaggle::collect
