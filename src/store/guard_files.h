// Files of the guard: a copy and a note about it, by one id.
//
// The copy is there before its note, and goes after it: a note always has had
// its copy, and a copy without a note is what a crash left.

#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "fs/file_system.h"

namespace benchkeep::store {

// What every note has: the version that was copied, and when.
Json GuardJson(const fs::FileInfo& source, TimePoint kept);
fs::FileInfo GuardSource(const Json& json);
std::int64_t GuardNanos(TimePoint time);
TimePoint GuardTime(std::int64_t nanoseconds);

// Replaces the note, durably.
Status WriteGuardNote(fs::FileSystem& file_system, const fs::Path& folder,
                      const std::string& id, const Json& note);
// A first note, without waiting for the disk: readers see all of it or nothing,
// and one that a power cut has torn is as good as none.
Status WriteFirstGuardNote(fs::FileSystem& file_system, const fs::Path& folder,
                           const std::string& id, const Json& note);

// Notes by id, in the order of ids; damaged ones are left out.  Empty when
// there is no such folder.
Result<std::vector<std::pair<std::string, Json>>> ReadGuardNotes(
    fs::FileSystem& file_system, const fs::Path& folder);

// Removes note and copy (the name of the copy ends in `data`).
Status RemoveGuarded(fs::FileSystem& file_system, const fs::Path& folder,
                     const std::string& id, const char* data);

// Removes files of ids that are not `known` and an hour old.
Status RemoveGuardLeftovers(fs::FileSystem& file_system, const fs::Path& folder,
                            const std::set<std::string>& known, TimePoint now);

}  // namespace benchkeep::store
