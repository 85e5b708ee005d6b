// The slow half of the guard.

#include "jobs/guard_keeper.h"

#include <utility>

namespace benchkeep::jobs {
namespace {

using std::chrono::steady_clock;

// How often what was busy is looked at again.
constexpr std::chrono::milliseconds kLook{1'000};
constexpr std::chrono::minutes kPruneEvery{10};

}  // namespace

GuardKeeper::GuardKeeper(const store::Store& store, GuardVoice& voice)
    : store_(store), voice_(voice), guard_(store) {}

GuardKeeper::~GuardKeeper() { Stop(); }

void GuardKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void GuardKeeper::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard guard(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void GuardKeeper::Ask(Task task) {
  {
    const std::lock_guard guard(mutex_);
    if (task.what == What::kKeep) {
      if (task.increment->waits) return;
      task.increment->waits = true;
    }
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void GuardKeeper::Written(const Holding& increment) {
  Ask({.what = What::kKeep, .increment = increment});
}

void GuardKeeper::Closed(const std::string& name) {
  if (holding() > 0) Ask({.what = What::kClosed, .name = name});
}

void GuardKeeper::Left(const Holding& increment) {
  const std::lock_guard guard(mutex_);
  increment->left = true;
}

void GuardKeeper::Deleted(Holding increment, TimePoint when) {
  ++deleted_;
  Ask({.what = What::kDeleted,
       .increment = std::move(increment),
       .when = when});
}

void GuardKeeper::MasterChanged() {
  {
    const std::lock_guard guard(mutex_);
    master_changed_ = true;
  }
  wake_.notify_one();
}

void GuardKeeper::Run() {
  auto look_at = steady_clock::now();
  auto prune_at = look_at;
  while (true) {
    std::optional<Task> task;
    bool master = false;
    bool stop = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, look_at, [this] {
        return stop_ || master_changed_ || !tasks_.empty();
      });
      stop = stop_;
      master = std::exchange(master_changed_, false);
      if (!tasks_.empty()) {
        task = std::move(tasks_.front());
        tasks_.pop_front();
        if (task->what == What::kKeep) {
          task->increment->waits = false;
          if (task->increment->left || stop) task->increment.reset();
        }
      }
    }
    if (stop && !task) break;
    if (task) Do(std::move(*task));
    if (stop) continue;
    if (master) SeeMaster();
    if (steady_clock::now() < look_at) continue;
    look_at = steady_clock::now() + kLook;
    KeepAgain();
    RetryOrphans(nullptr);
    if (master_again_) SeeMaster();
    if (steady_clock::now() < prune_at) continue;
    prune_at = steady_clock::now() + kPruneEvery;
    Prune();
  }
  RetryOrphans(nullptr);
  GiveUpOrphans();
}

void GuardKeeper::Do(Task task) {
  switch (task.what) {
    case What::kKeep:
      if (task.increment && !Keep(*task.increment)) {
        again_.insert(std::move(task.increment));
      }
      return;
    case What::kClosed:
      RetryOrphans(&task.name);
      return;
    case What::kDeleted: {
      again_.erase(task.increment);
      // Its last version first: it may have been closed a moment ago.
      Orphan orphan{std::move(task.increment), task.when};
      if (KeepOrphan(orphan)) return;
      // He who writes it will close it some time; as long as it is held, it
      // is not lost.
      orphans_.push_back(std::move(orphan));
      return;
    }
  }
}

bool GuardKeeper::Keep(HeldIncrement& increment) {
  const auto kept =
      guard_.Keep(increment.name, increment.file, increment.seen_open);
  if (kept.ok()) return true;
  if (kept.error().code == Code::kBusy) {
    increment.seen_open = store_.clock().Now();
  } else {
    voice_.TellError(kept.error());
  }
  return false;
}

// He who writes it will mostly close it, and we shall hear of that.  But we may
// hear of it before he counts as gone, and he may close it by another name.
void GuardKeeper::KeepAgain() {
  const auto left = [this](const Holding& increment) {
    const std::lock_guard guard(mutex_);
    return increment->left;
  };
  std::erase_if(again_, [&](const Holding& increment) {
    return left(increment) || Keep(*increment);
  });
}

bool GuardKeeper::KeepOrphan(const Orphan& orphan) {
  const bool kept = Keep(*orphan.increment);
  // The next file of the name may get its inode: a copy that is not marked
  // would be taken for an earlier form of that file, and let go.
  const Result<std::size_t> copies =
      guard_.MarkDeleted(orphan.increment->info, orphan.deleted);
  if (!copies.ok()) voice_.TellError(copies.error());
  if (!kept || !copies.ok()) return false;
  TellOfOrphan(orphan, *copies);
  return true;
}

void GuardKeeper::TellOfOrphan(const Orphan& orphan, std::size_t copies) {
  voice_.Tell(
      Say(copies > 0
              ? N_("{0} was deleted by another program; its rows are kept for "
                   "the next consolidate")
              : N_("{0} was deleted before it could be kept"),
          orphan.increment->name));
  --deleted_;
}

// Those of that name; nullptr: all.
void GuardKeeper::RetryOrphans(const std::string* name) {
  std::erase_if(orphans_, [&](const Orphan& orphan) {
    const bool meant = name == nullptr || orphan.increment->name == *name;
    return meant && KeepOrphan(orphan);
  });
}

// They are still being written, and we go.
void GuardKeeper::GiveUpOrphans() {
  for (const Orphan& orphan : std::exchange(orphans_, {})) {
    const Result<std::size_t> copies =
        guard_.MarkDeleted(orphan.increment->info, orphan.deleted);
    TellOfOrphan(orphan, copies.value_or(0));
  }
}

void GuardKeeper::SeeMaster() {
  const auto alarm = guard_.SeeMaster();
  master_again_ = !alarm.ok();
  if (!alarm.ok()) {
    if (alarm.error().code != Code::kBusy) voice_.TellError(alarm.error());
    return;
  }
  if (!*alarm) return;
  voice_.RaiseAlarm();
  const store::FallenCell& first = (*alarm)->cells.front();
  voice_.Tell(Say(
      N_("ALARM: {0} cells of the master database hold fewer tests than before "
         "({1}: {2} -> {3}); the version before is kept: `benchkeep repair "
         "--lost-updates` merges it back"),
      (*alarm)->cells.size(), first.cell, first.before, first.after));
}

void GuardKeeper::Prune() {
  const auto lost = guard_.Prune();
  if (!lost.ok()) {
    voice_.TellError(lost.error());
    return;
  }
  for (const store::KeptIncrement& one : *lost) {
    voice_.Tell(
        Say(N_("the kept copy of {0}, which was deleted unmerged, had to go: "
               "[guard] max_bytes or keep_days"),
            one.name));
  }
}

}  // namespace benchkeep::jobs
