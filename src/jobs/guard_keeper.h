// The slow half of the guard: makes the copies of increments, says which of
// them are deleted, looks at the master database (store/guard.h).
//
// A thread of its own, so that the watching one (jobs/guard_watch.h) never
// waits for a disk.  Ownership: the watching thread opens files and hands them
// over as Holding; from then on both hold them, and only this thread reads them
// or takes leases on them.  What is asked for is done in the order in which it
// was asked; one that waits already is not asked for twice.

#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/message.h"
#include "base/result.h"
#include "fs/held_file.h"
#include "store/guard.h"
#include "store/store.h"

namespace benchkeep::jobs {

// An increment that is held open; as long as it is, no other file can get its
// inode.
struct HeldIncrement {
  HeldIncrement(std::string given_name, fs::HeldFile held, fs::FileInfo which)
      : name(std::move(given_name)), file(std::move(held)), info(which) {}

  const std::string name;
  const fs::HeldFile file;
  const fs::FileInfo info;             // Which file it is.
  std::optional<TimePoint> seen_open;  // For writing; of the keeping thread.
  bool waits = false;                  // To be kept; guarded by the keeper.
  bool left = false;                   // Renamed away; guarded by the keeper.
};
using Holding = std::shared_ptr<HeldIncrement>;

// What the guard has to say; from any thread.
class GuardVoice {
 public:
  virtual ~GuardVoice() = default;
  virtual void Tell(Message message) = 0;
  // The same error twice in a row is told once.
  virtual void TellError(const Error& error) = 0;
  virtual void RaiseAlarm() = 0;
};

class GuardKeeper {
 public:
  // Both must outlive it.
  GuardKeeper(const store::Store& store, GuardVoice& voice);
  GuardKeeper(const GuardKeeper&) = delete;
  GuardKeeper& operator=(const GuardKeeper&) = delete;
  ~GuardKeeper();

  void Start();
  // What is deleted already is still kept; what has its name stays where it is.
  void Stop();

  // From the watching thread; none of them waits.
  // Somebody who had it open for writing has closed it, or it was found.
  void Written(const Holding& increment);
  // Somebody closed a file that had that name; it may be unlinked by now.
  void Closed(const std::string& name);
  // It was renamed away: whoever did that has it.
  void Left(const Holding& increment);
  // It was unlinked.
  void Deleted(Holding increment, TimePoint when);
  void MasterChanged();

  // Files that are deleted and still held here.
  [[nodiscard]] std::size_t holding() const { return deleted_; }

 private:
  enum class What { kKeep, kClosed, kDeleted };
  struct Task {
    What what = What::kKeep;
    Holding increment = {};
    std::string name = {};
    TimePoint when{};
  };
  struct Orphan {
    Holding increment;
    TimePoint deleted;
  };

  void Run();
  void Do(Task task);
  void Ask(Task task);
  // False while somebody writes it, or when it cannot be kept just now.
  bool Keep(HeldIncrement& increment);
  void KeepAgain();
  // The same of one that has no name any more; says what became of it.
  bool KeepOrphan(const Orphan& orphan);
  void TellOfOrphan(const Orphan& orphan, std::size_t copies);
  void RetryOrphans(const std::string* name);
  void GiveUpOrphans();
  void SeeMaster();
  void Prune();

  const store::Store& store_;
  GuardVoice& voice_;
  store::Guard guard_;  // Of the thread, as all down to mutex_.
  // Named, and not kept yet, for the same reasons as the next ones.
  std::set<Holding> again_;
  // Unlinked, and not kept yet: somebody has them open for writing, or the disk
  // is full.
  std::vector<Orphan> orphans_;
  bool master_again_ = false;  // It could not be seen.

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;  // These three are guarded by mutex_.
  bool master_changed_ = false;
  bool stop_ = false;
  std::atomic<std::size_t> deleted_ = 0;
  std::thread thread_;
};

}  // namespace benchkeep::jobs
