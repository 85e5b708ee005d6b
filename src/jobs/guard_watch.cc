// Watches what other programs do to the increments and the master database.

#include "jobs/guard_watch.h"

#include <utility>

namespace benchkeep::jobs {
namespace {

using What = host::FolderWatch::What;

// How often what was busy, or a folder that was not there, is looked at again.
constexpr std::chrono::milliseconds kLook{1'000};
constexpr std::chrono::minutes kPruneEvery{10};
// Descriptors to spare for the rest of the program.
constexpr std::size_t kMostHeld = 512;

}  // namespace

GuardWatch::GuardWatch(const store::Store& store, std::function<void()> wake)
    : store_(store), wake_(std::move(wake)), guard_(store) {}

GuardWatch::~GuardWatch() { Stop(); }

Status GuardWatch::Start() {
  BENCHKEEP_TRY(watch_.Open());
  Watch();
  LookAtAll();
  thread_ = std::thread([this] { Run(); });
  return {};
}

void GuardWatch::Stop() {
  if (!thread_.joinable()) return;
  stop_ = true;
  stop_signal_.Wake();
  thread_.join();
}

std::vector<Message> GuardWatch::Collect() {
  const std::lock_guard guard(mutex_);
  return std::exchange(said_, {});
}

void GuardWatch::Tell(Message message) {
  {
    const std::lock_guard guard(mutex_);
    said_.push_back(std::move(message));
  }
  wake_();
}

void GuardWatch::TellError(const Error& error) {
  // A full disk would say the same of every file.
  std::string text = error.message.English();
  if (text == last_error_) return;
  last_error_ = std::move(text);
  Tell(error.message);
}

void GuardWatch::Run() {
  auto look_at = std::chrono::steady_clock::now();
  auto prune_at = look_at;
  while (!stop_) {
    const auto events = watch_.Wait(kLook, stop_signal_.fd());
    if (!events.ok()) {
      TellError(events.error());
      return;
    }
    for (const host::FolderWatch::Event& event : *events) Handle(event);
    const auto now = std::chrono::steady_clock::now();
    if (now < look_at) continue;
    look_at = now + kLook;
    RetryBusy();
    if (increments_ < 0 || master_ < 0) Watch();
    if (now < prune_at) continue;
    prune_at = now + kPruneEvery;
    Prune();
  }
}

// Folders may come later than the daemon.
void GuardWatch::Watch() {
  const store::Layout& layout = store_.layout();
  if (increments_ < 0) {
    increments_ = watch_.Add(layout.increments()).value_or(-1);
    if (increments_ >= 0) LookAtAll();
  }
  if (master_ < 0) {
    master_ = watch_.Add(layout.master().parent_path()).value_or(-1);
    if (master_ >= 0) SeeMaster();
  }
}

void GuardWatch::LookAtAll() {
  const Result<std::vector<fs::DirEntry>> entries =
      store_.file_system().List(store_.layout().increments());
  if (!entries.ok()) return;
  for (const fs::DirEntry& entry : *entries) {
    if (!store_.layout().IsIncrementName(entry.name)) continue;
    Hold(entry.name);
    const auto held = held_.find(entry.name);
    if (held != held_.end()) Keep(entry.name, held->second.file);
  }
}

void GuardWatch::Handle(const host::FolderWatch::Event& event) {
  if (event.what == What::kOverflow) {
    LookAtAll();
    SeeMaster();
    return;
  }
  if (event.what == What::kGone) {
    (event.folder == increments_ ? increments_ : master_) = -1;
    return;
  }
  if (event.folder == increments_) HandleIncrement(event);
  // One folder may hold both.
  const bool complete =
      event.what == What::kWritten || event.what == What::kMovedIn;
  if (event.folder == master_ && complete &&
      event.name == store_.layout().master().filename()) {
    SeeMaster();
  }
}

void GuardWatch::HandleIncrement(const host::FolderWatch::Event& event) {
  if (!store_.layout().IsIncrementName(event.name)) return;
  switch (event.what) {
    case What::kCreated:
      Hold(event.name);
      return;
    case What::kMovedIn:
      LetGo(event.name);  // What had the name before is replaced.
      [[fallthrough]];
    case What::kWritten: {
      if (!held_.contains(event.name)) Hold(event.name);
      const auto held = held_.find(event.name);
      if (held != held_.end()) Keep(event.name, held->second.file);
      // A writer of the name may have had a file that is unlinked by now.
      for (const auto& [name, orphan] : orphans_) {
        if (name == event.name) KeepOrphan(name, orphan);
      }
      return;
    }
    case What::kMovedOut:
      LetGo(event.name);
      return;
    case What::kDeleted:
      Gone(event.name);
      return;
    default:
      return;
  }
}

void GuardWatch::Hold(const std::string& name) {
  if (held_.size() + orphans_.size() >= kMostHeld) return;
  Result<fs::HeldFile> file =
      fs::HeldFile::Open(store_.layout().increments() / name);
  if (!file.ok()) {
    if (file.error().code != Code::kNotFound) TellError(file.error());
    return;
  }
  const Result<fs::FileInfo> info = file->Info();
  if (!info.ok()) return;
  held_.insert_or_assign(name, Held{std::move(*file), *info});
}

bool GuardWatch::Keep(const std::string& name, const fs::HeldFile& file) {
  const auto kept = guard_.Keep(name, file);
  if (kept.ok()) return true;
  // Its writer will close it again, and we shall hear of it.
  if (kept.error().code == Code::kBusy) return false;
  TellError(kept.error());
  return true;
}

void GuardWatch::LetGo(const std::string& name) { held_.erase(name); }

void GuardWatch::Gone(const std::string& name) {
  const auto held = held_.find(name);
  if (held == held_.end()) {
    Tell(Say(N_("{0} was deleted before it could be kept"), name));
    return;
  }
  // Its last version first: the event of its closing may be yet to come.
  const bool done = KeepOrphan(name, held->second);
  Tell(Say(
      N_("{0} was deleted by another program; its rows are kept for the next "
         "consolidate"),
      name));
  // Somebody still writes to it: he will close it some time.
  if (!done) orphans_.emplace_back(name, std::move(held->second));
  held_.erase(held);
}

// False while somebody still writes to it.
bool GuardWatch::KeepOrphan(const std::string& name, const Held& orphan) {
  const bool done = Keep(name, orphan.file);
  // The next file of the name may get its inode: a copy that is not marked
  // would be taken for an earlier form of that file, and let go.
  if (const Status marked = guard_.MarkDeleted(orphan.info); !marked.ok()) {
    TellError(marked.error());
  }
  return done;
}

// Writers that still have an unlinked file open will close it some time.
void GuardWatch::RetryBusy() {
  std::vector<std::pair<std::string, Held>> open;
  for (auto& [name, orphan] : orphans_) {
    if (!KeepOrphan(name, orphan)) open.emplace_back(name, std::move(orphan));
  }
  orphans_ = std::move(open);
  if (master_busy_) SeeMaster();
}

void GuardWatch::SeeMaster() {
  const auto alarm = guard_.SeeMaster();
  master_busy_ = !alarm.ok() && alarm.error().code == Code::kBusy;
  if (!alarm.ok()) {
    if (!master_busy_) TellError(alarm.error());
    return;
  }
  if (!*alarm) return;
  alarm_ = true;
  const store::FallenCell& first = (*alarm)->cells.front();
  Tell(Say(
      N_("ALARM: {0} cells of the master database hold fewer tests than before "
         "({1}: {2} -> {3}); the version before is kept: `benchkeep repair "
         "--lost-updates` merges it back"),
      (*alarm)->cells.size(), first.cell, first.before, first.after));
}

void GuardWatch::Prune() {
  const auto lost = guard_.Prune();
  if (!lost.ok()) {
    TellError(lost.error());
    return;
  }
  for (const store::KeptIncrement& one : *lost) {
    Tell(Say(N_("the kept copy of {0}, which was deleted unmerged, had to go: "
                "[guard] max_bytes or keep_days"),
             one.name));
  }
}

}  // namespace benchkeep::jobs
