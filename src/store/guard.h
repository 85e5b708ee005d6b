// Copies of what others may destroy: increments that a script deletes before
// they are merged, and versions of the master database that a stale writer puts
// older counts over.
//
// .benchkeep/guard/increments/<id>.parquet with <id>.json about it, and
// .benchkeep/guard/master/ likewise (doc/format/guard.md).  The daemon makes
// copies the moment a writer closes a file (jobs/guard_watch.h); consolidate
// takes the copies of deleted increments in (ops/guarded_increments.h); repair
// merges fallen cells back from the images of the master database.  What is
// here is a safety net: nothing else depends on it.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "fs/held_file.h"
#include "store/store.h"

namespace benchkeep::store {

// One version of an increment.
struct KeptIncrement {
  std::string id;
  std::string name;     // As it was called in the increments folder.
  fs::FileInfo source;  // The version that was copied.
  std::uint64_t rows = 0;
  // Of the copy; what a power cut has torn is known by it.  Empty in notes of
  // old: their copies were durable from the start.
  std::string sha256;
  TimePoint kept{};  // Nobody had it open for writing at some time after this.
  std::optional<TimePoint> open;     // When somebody was last seen to have.
  std::optional<TimePoint> deleted;  // When its name was seen to go.
  fs::Path file;                     // The copy.
};

// A cell that holds fewer tests than it did.
struct FallenCell {
  std::string pointer;  // JSON Pointer of its statistics in the document.
  std::string cell;     // For people: "model / prompt / rate / ...".
  std::int64_t before = 0;
  std::int64_t after = 0;
};

// A version of the master database.
struct MasterImage {
  std::string id;
  fs::FileInfo source;
  std::int64_t tests = 0;  // Counted from the leaves.
  TimePoint kept{};
  fs::Path file;
};

// Counters of the master database fell, and it was not benchkeep.
struct LostUpdate {
  std::string id;  // Of the alarm.
  TimePoint time{};
  MasterImage before;  // The image holds what was lost.
  std::vector<FallenCell> cells;
};

struct MasterDatabase;

// For one thread at a time.  Whoever keeps (the daemon) remembers the notes of
// increments: it alone adds copies, and others only take them away, so one that
// is remembered is looked for on disk when it matters.
class Guard {
 public:
  // The store must outlive it.  Makes no folder before something is kept.
  explicit Guard(const Store& store) : store_(&store) {}

  // --- Increments ---

  // Oldest first.  What is incomplete (a crash) is not among them.
  [[nodiscard]] Result<std::vector<KeptIncrement>> Increments() const;

  // Keeps the present version of an increment; nullopt when that is kept
  // already or it is no complete Parquet file.  The version before it in the
  // same file goes when the new one has at least as many rows.  kBusy: somebody
  // writes it; its writer will close it again.  `open`: when somebody was seen
  // to have it open for writing.  Does not wait for the disk: what a power cut
  // could tear is there a second time, and is kept again when it has.
  Result<std::optional<KeptIncrement>> Keep(
      const std::string& name, const fs::HeldFile& file,
      std::optional<TimePoint> open = std::nullopt);

  // The file of that inode lost its name, and not by our doing: its copies are
  // all that is left, and are made durable.  Returns how many there are; after
  // an error it may be asked again.
  Result<std::size_t> MarkDeleted(const fs::FileInfo& file, TimePoint when);

  // The copy has done its service.
  Status Release(const std::string& id);

  // Lets go of the oldest beyond [guard] max_bytes, and of everything older
  // than [guard] keep_days; returns those whose increment was deleted.  Removes
  // what crashes left.
  Result<std::vector<KeptIncrement>> Prune();

  // --- The master database ---

  // Looks at the present version: keeps it when it is whole, and compares it
  // with the one before.  Returns an alarm when cells fell and the change was
  // not one of our own transactions.  kBusy: somebody writes it.
  Result<std::optional<LostUpdate>> SeeMaster();

  // Alarms that nobody has settled yet, oldest first.
  [[nodiscard]] Result<std::vector<LostUpdate>> LostUpdates() const;

  // Those of which cells still hold fewer tests in `master`: these cells.
  [[nodiscard]] Result<std::vector<LostUpdate>> StillLost(
      const MasterDatabase& master) const;

  // The alarm is dealt with; its image goes when no other alarm needs it.
  Status Settle(const std::string& alarm);

  // Settles the alarms whose cells are all as full again in `master`.
  Status SettleRecovered(const MasterDatabase& master);

 private:
  using FileId = std::pair<std::uint64_t, std::uint64_t>;  // Device, inode.
  [[nodiscard]] Result<std::vector<KeptIncrement*>> KeptOf(
      const fs::FileInfo& file);
  [[nodiscard]] Result<std::vector<MasterImage>> Images() const;
  // False when a power cut has torn it.
  [[nodiscard]] bool IsWhole(const KeptIncrement& kept);
  Status ReleaseEarlier(const std::vector<KeptIncrement*>& before,
                        const KeptIncrement& present);
  Status Mark(KeptIncrement& kept, TimePoint when);
  Result<MasterImage> KeepMaster(const fs::HeldFile& file);
  Result<std::optional<LostUpdate>> Compare(
      const MasterImage& image, const MasterDatabase& master,
      const std::vector<MasterImage>& before);
  [[nodiscard]] Result<bool> IsOurs(const fs::FileInfo& version) const;
  Status PruneImages();
  Status MakeFolder(const fs::Path& folder);
  Result<std::string> NewId(const fs::Path& folder);

  const Store* store_;
  unsigned counter_ = 0;
  // Notes by the file that was copied; none: not read yet.
  std::optional<std::multimap<FileId, KeptIncrement>> memory_;
  std::set<std::string> whole_;  // Ids of copies that were looked at.
  std::set<fs::Path> durable_;   // Folders whose names outlast a power cut.
};

// Lets go of the kept copies of the files in `folder`: a transaction has taken
// these very versions in.
Status ReleaseGuarded(const Store& store, const fs::Path& folder);

// Cells of `before` that hold more tests than in `after`; those that are gone
// hold 0.
std::vector<FallenCell> FallenCells(const MasterDatabase& before,
                                    const MasterDatabase& after);

}  // namespace benchkeep::store
