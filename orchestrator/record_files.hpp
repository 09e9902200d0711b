#pragma once

#include "core/examination.hpp"
#include "core/record.hpp"
#include "orchestrator/store/store.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

/// The record files of an array, as they lie in its folder.
namespace gaggle::collect {

/// What stands in an array's folder of records.
struct RecordFolder {
    std::map<unsigned, std::vector<std::filesystem::path>> of_task;  ///< the last restart's first
    std::vector<std::filesystem::path> strangers;  ///< neither a record by name nor one that is being written
    std::string trouble;                           ///< why the folder cannot be looked into, else ""
    bool is_missing = false;                       ///< the trouble is that there is none
};
[[nodiscard]] RecordFolder look_into(const std::filesystem::path& records);

/// Each task of an array that has a record file, with the file of its last restart. Cheap: one look into a folder.
[[nodiscard]] std::map<unsigned, std::filesystem::path> record_files(const store::ArrayRow& array);

/// A record file whose results are never in memory all at once.
struct ExaminedFile {
    record::Reading reading;    ///< of the record only its attempt; of a trouble as read_record has it
    record::Findings findings;  ///< of what could be read
};
/// Never throws, as read_record. `imports`: those that each interpreter should have timed.
[[nodiscard]] ExaminedFile examine_record(const std::filesystem::path& file, const std::vector<std::string>& imports);

/// Reads it once more and hands it out: `take` gets the attempt with the next lines, each interpreter together with its
/// `io` line. Throws Error(Store) if it is not what it was when it was examined.
void hand_out_record(const std::filesystem::path& file, const record::Reading& examined, const store::TakePart& take);

/// All of it. Never throws: what cannot be read now is unread. Its trouble begins with the file's name.
[[nodiscard]] record::Reading read_record(const std::filesystem::path& file);

}  // namespace gaggle::collect
