// Whether a backup is good.

#include "ops/backup_judge.h"

#include <algorithm>

#include "store/backup_extract.h"
#include "store/scratch_folder.h"

namespace benchkeep::ops {
namespace {

using store::BackupReason;

void Shrunken(const char* code, std::uint64_t before, std::uint64_t now,
              std::vector<BackupReason>& reasons) {
  if (now >= before) return;
  reasons.push_back({code, {std::to_string(before), std::to_string(now)}});
}

bool HasReason(const std::vector<BackupReason>& reasons, const char* code) {
  return std::any_of(
      reasons.begin(), reasons.end(),
      [code](const BackupReason& reason) { return reason.code == code; });
}

}  // namespace

void CompareWithBefore(const store::StoreCounts& before,
                       store::BackupManifest& manifest) {
  const store::StoreCounts& now = manifest.counts;
  std::vector<BackupReason>& reasons = manifest.reasons;
  if (before.master && !HasReason(reasons, "master_unreadable")) {
    if (now.master) {
      Shrunken("shrunken_master", before.master->tests, now.master->tests,
               reasons);
    } else {
      reasons.push_back({"master_missing", {}});
    }
  }
  if (HasReason(reasons, "results_unreadable")) return;
  const bool had = before.results || before.increments > 0;
  const bool has = now.results || now.increments > 0;
  if (had && !has) {
    reasons.push_back({"results_missing", {}});
  } else if (before.keys && now.keys) {
    // Neither merging nor removing duplicates makes a key go away.
    Shrunken("shrunken_results", *before.keys, *now.keys, reasons);
  } else if (before.results && now.results) {
    Shrunken("shrunken_results", before.results->tests, now.results->tests,
             reasons);
  }
}

const store::BackupEntry* LastGood(const std::vector<store::BackupEntry>& all) {
  const auto found =
      std::find_if(all.begin(), all.end(), [](const store::BackupEntry& entry) {
        return entry.good() && entry.manifest &&
               entry.manifest->origin != "adopt";
      });
  return found == all.end() ? nullptr : &*found;
}

store::BackupState StateOf(const std::vector<BackupReason>& reasons) {
  for (const char* bad : {"master_unreadable", "results_unreadable",
                          "restore_differs", "damaged"}) {
    if (HasReason(reasons, bad)) return store::BackupState::kBad;
  }
  return reasons.empty() ? store::BackupState::kGood
                         : store::BackupState::kSuspect;
}

Result<TestRestore> RestoreForTest(const store::Store& store,
                                   const fs::Path& folder,
                                   const store::BackupManifest& manifest,
                                   std::uint64_t memory_bytes,
                                   Progress& progress) {
  TestRestore out;
  BENCHKEEP_ASSIGN(const store::ScratchFolder scratch,
                   store::ScratchFolder::Create(store));
  const fs::Path root = scratch.path() / "store";
  BENCHKEEP_TRY(store.file_system().MakeDirs(root, 0700));
  store::Parts parts;
  BENCHKEEP_ASSIGN(const std::vector<store::Damage> damage,
                   store::ExtractBackup(store.file_system(), folder, manifest,
                                        parts, root, progress));
  for (const store::Damage& one : damage) {
    out.reasons.push_back({"restore_differs", {one.what.English()}});
  }
  if (!damage.empty()) return out;
  progress.Stage(Say(N_("counting what was restored")), 0);
  BENCHKEEP_ASSIGN(CountedStore counted,
                   CountStore(store.Elsewhere(root), memory_bytes, progress));
  out.counts = std::move(counted.counts);
  out.reasons = std::move(counted.problems);
  // Nobody needs to know where the scratch folder was.
  const std::string prefix = root.string() + "/";
  for (BackupReason& reason : out.reasons) {
    for (std::string& arg : reason.args) {
      for (std::size_t at = arg.find(prefix); at != std::string::npos;
           at = arg.find(prefix)) {
        arg.erase(at, prefix.size());
      }
    }
  }
  return out;
}

}  // namespace benchkeep::ops
