// Increments that somebody deleted before they were merged.

#include "ops/guarded_increments.h"

#include <algorithm>
#include <set>

#include "fs/sha256.h"
#include "ops/past_looks.h"
#include "store/guard_files.h"

namespace benchkeep::ops {
namespace {

// True while the version, or a later one in the same file, is there or was just
// claimed: then nothing is lost.
Result<bool> IsThere(const store::Store& store,
                     const store::KeptIncrement& kept, const Claims& claims) {
  const bool claimed = std::any_of(
      claims.usable.begin(), claims.usable.end(),
      [&](const Claim& claim) { return claim.info.SameState(kept.source); });
  if (claimed) return true;
  const Result<fs::FileInfo> now =
      store.file_system().Info(store.layout().increments() / kept.name);
  if (!now.ok() && now.error().code != Code::kNotFound) {
    return Unexpected(now.error());
  }
  return now.ok() && now->SameFile(kept.source) && !kept.deleted;
}

TimePoint Oldest(const std::vector<store::KeptIncrement>& all) {
  std::int64_t oldest = all.front().source.mtime_ns;
  for (const store::KeptIncrement& one : all) {
    oldest = std::min(oldest, one.source.mtime_ns);
  }
  return store::GuardTime(oldest);
}

std::string FreeName(const Claims& claims, const store::KeptIncrement& kept) {
  const auto taken = [&](const std::string& name) {
    return std::any_of(
               claims.usable.begin(), claims.usable.end(),
               [&](const Claim& claim) { return claim.file.name == name; }) ||
           std::any_of(claims.broken.begin(), claims.broken.end(),
                       [&](const BrokenIncrement& broken) {
                         return broken.name == name;
                       });
  };
  if (!taken(kept.name)) return kept.name;
  const fs::Path name(kept.name);
  return name.stem().string() + ".kept-" + kept.id + name.extension().string();
}

// True when `later` is a later form of the same file, with its rows and more:
// the guard was about to let go of the earlier one.
bool Supersedes(const store::KeptIncrement& later,
                const store::KeptIncrement& earlier) {
  return later.source.SameFile(earlier.source) && later.name == earlier.name &&
         later.deleted == earlier.deleted && later.rows >= earlier.rows;
}

}  // namespace

Result<std::vector<store::KeptIncrement>> TakeGuarded(const store::Store& store,
                                                      store::Transaction* txn,
                                                      Claims& claims) {
  std::vector<store::KeptIncrement> taken;
  BENCHKEEP_ASSIGN(const std::vector<store::KeptIncrement> all,
                   store::Guard(store).Increments());
  std::vector<store::KeptIncrement> gone;
  for (const store::KeptIncrement& kept : all) {
    BENCHKEEP_ASSIGN(const bool there, IsThere(store, kept, claims));
    if (!there) gone.push_back(kept);
  }
  if (gone.empty()) return taken;
  BENCHKEEP_ASSIGN(const PastLooks past, PastLooks::Read(store, Oldest(gone)));
  if (txn != nullptr) BENCHKEEP_TRY(txn->TakeFrom(store.layout().increments()));
  const bool adds_up =
      store.settings().summary_mode == store::SummaryMode::kAccumulate;
  std::vector<store::KeptIncrement> whole;
  std::reverse(gone.begin(), gone.end());  // The later forms first.
  for (store::KeptIncrement& kept : gone) {
    const bool newest = past.AreAllOlder(kept);
    const bool superseded =
        std::any_of(whole.begin(), whole.end(),
                    [&](const auto& later) { return Supersedes(later, kept); });
    // Cells that may have been added already must not be added again.
    if (adds_up && (!newest || superseded)) continue;
    Claim claim;
    claim.file.name = FreeName(claims, kept);
    claim.file.mtime_ns = kept.source.mtime_ns;
    claim.file.only_new_keys = !newest;
    claim.file.path = kept.file;
    if (txn != nullptr) {
      claim.file.path = txn->TakenPath(claim.file.name);
      const Status moved = txn->MoveInFrom(kept.file, claim.file.name);
      // The daemon has just kept a later form of it: that one's turn comes.
      if (!moved.ok() && moved.error().code == Code::kNotFound) continue;
      BENCHKEEP_TRY(moved);
    }
    const Result<std::string> sha256 =
        fs::Sha256OfFile(store.file_system(), claim.file.path);
    if (!sha256.ok() && sha256.error().code == Code::kNotFound) continue;
    BENCHKEEP_ASSIGN(claim.sha256, sha256);
    if (!kept.sha256.empty() && claim.sha256 != kept.sha256) {
      claims.broken.push_back(
          {claim.file.name,
           Say(N_("the copy that was kept of {0} is damaged"), kept.name)});
      continue;
    }
    const Result<fs::FileInfo> info = store.file_system().Info(claim.file.path);
    if (!info.ok() && info.error().code == Code::kNotFound) continue;
    BENCHKEEP_ASSIGN(claim.info, info);
    whole.push_back(kept);
    kept.name = claim.file.name;
    claims.usable.push_back(std::move(claim));
    taken.push_back(std::move(kept));
  }
  std::reverse(taken.begin(), taken.end());
  if (txn != nullptr) BENCHKEEP_TRY(txn->SyncTaken());
  std::sort(claims.usable.begin(), claims.usable.end(),
            [](const Claim& a, const Claim& b) {
              return std::tie(a.file.mtime_ns, a.file.name) <
                     std::tie(b.file.mtime_ns, b.file.name);
            });
  return taken;
}

Findings GuardFindings(const std::vector<store::KeptIncrement>& taken,
                       const std::vector<store::IncrementFile>& files,
                       const store::MergeOutcome& outcome,
                       const store::Layout& layout) {
  Findings findings;
  for (const store::KeptIncrement& kept : taken) {
    const auto file = std::find_if(files.begin(), files.end(),
                                   [&](const store::IncrementFile& each) {
                                     return each.name == kept.name;
                                   });
    if (file == files.end()) continue;
    const auto index = static_cast<std::size_t>(file - files.begin());
    if (index >= outcome.per_file.size()) continue;
    const std::uint64_t back =
        outcome.per_file[index].rows - outcome.per_file_superseded[index];
    if (back == 0) continue;  // A later form of it was merged.
    findings.push_back(
        {"increment_deleted_unmerged", Severity::kWarning,
         layout.Relative(layout.increments() / kept.name),
         kept.deleted
             ? Say(N_("another program deleted {0} before it was merged (at "
                      "{1}); {2} rows were brought back from the kept copy"),
                   kept.name, FormatIso(*kept.deleted), back)
             : Say(N_("{0} went before it was merged; {1} rows were brought "
                      "back from the kept copy"),
                   kept.name, back),
         Say(N_("find what deletes increments, such as a crontab line with "
                "consolidate_incremental_data, and take it out"))});
  }
  return findings;
}

}  // namespace benchkeep::ops
