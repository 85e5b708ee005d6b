// What a backup says about itself: MANIFEST.json (doc/format/backup.md).
//
// Written last and never again.  Its own SHA-256 stands in its last line, so
// that any changed bit in it is found as surely as one in the files it lists.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/message.h"
#include "base/result.h"
#include "fs/file_system.h"

namespace benchkeep::store {

inline constexpr int kManifestFormat = 1;
inline constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{256} << 20;

enum class BackupState {
  kGood,     // Restored right after it was made, and all was as it must be.
  kSuspect,  // Whole, but something about it needs an explanation.
  kBad,      // It cannot be relied on.
};
const char* BackupStateName(BackupState state);

// Why a backup is not good, in a form that any language can be made of.
struct BackupReason {
  std::string code;  // "shrunken", "busy_file", ...
  std::vector<std::string> args;
};
// In words; unknown codes of newer versions are shown as they are.
Message ReasonMessage(const BackupReason& reason);

// Which part of the store a file belongs to.
enum class Part { kMaster, kData, kConfig, kSettings };
const char* PartName(Part part);

// A file of the backup's folder.
struct BackupFile {
  std::string name;  // Below the folder: "config/keys.json".
  std::uint64_t bytes = 0;
  std::string sha256;
};

// A file of the store, as it was.
struct BackupMember {
  std::string path;  // Below the root of the store.
  Part part = Part::kData;
  std::string in;  // The BackupFile that is it, or the archive with it.
  std::uint64_t bytes = 0;
  std::string sha256;
  std::uint32_t mode = 0644;
  std::int64_t mtime_ns = 0;
  // How we know that it is one version: "lease", "two_copies" or "none".
  std::string evidence;

  bool operator==(const BackupMember&) const = default;
};

struct ModelTests {
  std::string name;
  std::uint64_t tests = 0;
};

// What a store holds, counted by reading it; absent parts were not there.
struct StoreCounts {
  struct Master {
    std::string version;
    std::uint64_t leaves = 0;
    std::uint64_t tests = 0;
    std::vector<ModelTests> models;
  };
  struct Results {
    std::string shape;
    std::uint64_t rows = 0;
    std::uint64_t tests = 0;
    std::vector<ModelTests> models;
  };
  std::optional<Master> master;
  std::optional<Results> results;
  std::uint64_t increments = 0;  // Files.
  std::uint64_t increment_rows = 0;
  std::uint64_t increments_unreadable = 0;
  // Different keys of results and increments together.
  std::optional<std::uint64_t> keys;

  // The tests of the leaves, or of the results where there are none.
  [[nodiscard]] std::uint64_t total_tests() const;
};
Json ToJson(const StoreCounts& counts);

struct BackupManifest {
  std::string id;
  std::uint64_t sequence = 0;  // Counts up, whatever the clock does.
  std::string origin;          // "create", "adopt", ...
  std::string label;
  std::string created_at;  // ISO, UTC.
  std::int64_t time = 0;   // The same, seconds since 1970.
  std::string host;
  std::string version;  // Of benchkeep.
  BackupState state = BackupState::kBad;
  std::vector<BackupReason> reasons;
  bool locked = true;  // The writers' lock files were held for the cut.
  std::vector<BackupFile> files;
  std::vector<BackupMember> members;
  StoreCounts counts;

  [[nodiscard]] std::uint64_t bytes() const;  // Of all files.
  [[nodiscard]] const BackupFile* FindFile(std::string_view name) const;
  [[nodiscard]] bool Has(Part part) const;
};

std::string ManifestText(const BackupManifest& manifest);

// kCorruption for anything that ManifestText would not write (a changed bit,
// names that lead out, members of files that are not listed), kTooNew for a
// newer format.  `path` is used in messages.
Result<BackupManifest> ParseManifest(std::string_view text,
                                     const fs::Path& path);

// Seconds since 1970 of "2026-01-31T23:59:59Z".
std::optional<std::int64_t> ParseIsoTime(std::string_view text);

}  // namespace benchkeep::store
