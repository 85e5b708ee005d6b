// Diagnose: what is wrong with a store, where, and which command cures it.
//
// Only looks: takes no lock of ours, changes nothing.  What could not be looked
// at is a finding, too, never taken for sound.  A sound store has no finding
// above kInfo.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/master_audit.h"
#include "store/store.h"

namespace benchkeep::ops {

struct DiagnoseOptions {
  bool deep = false;  // Decode every page of every Parquet file.
  bool all = false;   // Else at most kFindingsPerCode of each code.
  std::uint64_t memory_bytes = 0;  // 0: the default.
};
inline constexpr std::size_t kFindingsPerCode = 10;

// Where a document ends or goes wrong.
struct DocumentDamage {
  std::string file;  // Below the root.
  std::uint64_t offset = 0;
  std::uint64_t line = 0;  // From 1.
  std::uint64_t column = 0;
  std::string pointer;  // The innermost container cut.
  std::uint64_t bytes = 0;
  // What the part before it still holds.
  std::int64_t tests_left = 0;
  std::uint64_t cells_left = 0;
};

// One cell that the master database and the results count differently.
struct CellDifference {
  std::string cell;
  std::optional<std::int64_t> master;   // Absent: not there.
  std::optional<std::int64_t> results;  // Same.
};

struct CellComparison {
  std::uint64_t equal = 0;
  std::uint64_t different = 0;
  std::uint64_t only_master = 0;
  std::uint64_t only_results = 0;
  std::vector<CellDifference> differences;  // The first kMaxDifferences.
};
inline constexpr std::size_t kMaxDifferences = 100;

// A copy of the master database, for the list.
struct CopyState {
  std::string name;
  std::string kind;  // backup, by_hand
  bool good = false;
  Message problem;
  std::int64_t tests = 0;
  std::string last_updated;
};

struct DiagnoseReport {
  bool deep = false;
  std::optional<store::MasterAudit> master;  // Absent: none, or unreadable.
  std::string master_version;
  std::optional<DocumentDamage> damage;
  std::optional<CellComparison> cells;  // Absent: not both sides are there.
  std::vector<CopyState> copies;
  std::uint64_t files_decoded = 0;  // With `deep`.
  std::uint64_t rows_decoded = 0;
  // How often each code was found; `findings` may hold fewer.
  std::map<std::string, std::uint64_t> counts;
  Findings findings;
};

Result<DiagnoseReport> Diagnose(const store::Store& store,
                                const DiagnoseOptions& options,
                                Progress& progress);

// True when nothing above kInfo was found.
bool IsSound(const DiagnoseReport& report);

}  // namespace benchkeep::ops
