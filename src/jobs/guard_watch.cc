// Watches what other programs do to the increments and the master database.

#include "jobs/guard_watch.h"

#include <cerrno>
#include <utility>

#include "host/own_limits.h"

namespace benchkeep::jobs {
namespace {

using What = host::FolderWatch::What;

// How often a folder that was not there is looked for again.
constexpr std::chrono::milliseconds kLook{1'000};

}  // namespace

GuardWatch::GuardWatch(const store::Store& store, std::size_t most_held,
                       std::function<void()> wake)
    : store_(store),
      most_held_(most_held),
      wake_(std::move(wake)),
      keeper_(store, *this) {}

GuardWatch::~GuardWatch() { Stop(); }

Status GuardWatch::Start() {
  BENCHKEEP_TRY(watch_.Open());
  Watch();  // What happens from here on is heard by the thread.
  keeper_.Start();
  thread_ = std::thread([this] { Run(); });
  return {};
}

void GuardWatch::Stop() {
  if (!thread_.joinable()) return;
  stop_ = true;
  stop_signal_.Wake();
  thread_.join();
  keeper_.Stop();
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
  const bool of_disk = error.code == Code::kNoSpace || error.code == Code::kIo;
  std::string what =
      of_disk ? std::to_string(error.sys_errno) : error.message.English();
  {
    const std::lock_guard guard(mutex_);
    if (what == last_error_) return;
    last_error_ = std::move(what);
  }
  Tell(error.message);
}

void GuardWatch::Run() {
  host::HurryThisThread();
  LookAtAll();
  keeper_.MasterChanged();
  auto look_at = std::chrono::steady_clock::now() + kLook;
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
    TellOfPassedOver();
    // Folders may come later than the daemon.
    if (!Watch()) continue;
    LookAtAll();
    keeper_.MasterChanged();
  }
}

bool GuardWatch::Watch() {
  const store::Layout& layout = store_.layout();
  bool any = false;
  const auto add = [&](int& watch, const fs::Path& folder) {
    if (watch >= 0) return;
    watch = watch_.Add(folder).value_or(-1);
    any |= watch >= 0;
  };
  add(increments_, layout.increments());
  add(master_, layout.master().parent_path());
  return any;
}

void GuardWatch::LookAtAll() {
  LetGoOfTheVanished();
  const Result<std::vector<fs::DirEntry>> entries =
      store_.file_system().List(store_.layout().increments());
  if (!entries.ok()) return;
  for (const fs::DirEntry& entry : *entries) {
    if (store_.layout().IsIncrementName(entry.name)) HoldAndKeep(entry.name);
  }
}

void GuardWatch::HoldAndKeep(const std::string& name) {
  if (const Holding held = Hold(name)) keeper_.Written(held);
}

// After events were lost.
void GuardWatch::LetGoOfTheVanished() {
  std::erase_if(held_, [this](const auto& entry) {
    const Holding& held = entry.second;
    if (held->file.IsNamed()) return false;
    const Result<fs::FileInfo> info = held->file.Info();
    if (info.ok() && info->links == 0) {
      keeper_.Deleted(held, store_.clock().Now());
    } else {
      keeper_.Left(held);
    }
    return true;
  });
}

void GuardWatch::Handle(const host::FolderWatch::Event& event) {
  if (event.what == What::kOverflow) {
    LookAtAll();
    keeper_.MasterChanged();
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
    keeper_.MasterChanged();
  }
}

void GuardWatch::HandleIncrement(const host::FolderWatch::Event& event) {
  if (!store_.layout().IsIncrementName(event.name)) return;
  switch (event.what) {
    case What::kCreated:
      Hold(event.name);
      return;
    case What::kMovedIn:
      // What had the name before is replaced; it is kept if it waits for that.
      if (const auto held = held_.find(event.name);
          held != held_.end() && !held->second->file.IsNamed()) {
        held_.erase(held);
      }
      [[fallthrough]];
    case What::kWritten:
      HoldAndKeep(event.name);
      // A writer of the name may have had a file that is unlinked by now.
      keeper_.Closed(event.name);
      return;
    case What::kMovedOut:
      if (const auto held = held_.extract(event.name)) {
        keeper_.Left(held.mapped());
      }
      return;
    case What::kDeleted:
      Gone(event.name);
      return;
    default:
      return;
  }
}

Holding GuardWatch::Hold(const std::string& name) {
  if (const auto held = held_.find(name); held != held_.end()) {
    return held->second;
  }
  if (held_.size() + keeper_.holding() >= most_held_) {
    passed_over_.insert(name);
    return nullptr;
  }
  Result<fs::HeldFile> file =
      fs::HeldFile::Open(store_.layout().increments() / name);
  if (!file.ok()) {
    const int number = file.error().sys_errno;
    if (number == EMFILE || number == ENFILE) {
      passed_over_.insert(name);
    } else if (file.error().code != Code::kNotFound) {
      TellError(file.error());
    }
    return nullptr;
  }
  const Result<fs::FileInfo> info = file->Info();
  if (!info.ok()) return nullptr;
  Holding held = std::make_shared<HeldIncrement>(name, std::move(*file), *info);
  held_.emplace(name, held);
  return held;
}

void GuardWatch::Gone(const std::string& name) {
  const auto held = held_.find(name);
  // Where the name was taken again already, what is held is the newer file.
  if (held == held_.end() || held->second->file.IsNamed()) {
    Tell(Say(N_("{0} was deleted before it could be kept"), name));
    return;
  }
  keeper_.Deleted(std::move(held->second), store_.clock().Now());
  held_.erase(held);
}

// Once as long as it goes on; there may be room for them by now.
void GuardWatch::TellOfPassedOver() {
  const std::set<std::string> names = std::exchange(passed_over_, {});
  if (names.empty()) {
    told_of_passed_over_ = false;
    return;
  }
  if (!std::exchange(told_of_passed_over_, true)) {
    Tell(Say(N_("{0} increments are not guarded: no more than {1} files can be "
                "held open; raise the limit of open files (ulimit -n, "
                "LimitNOFILE= of systemd)"),
             names.size(), most_held_));
  }
  for (const std::string& name : names) HoldAndKeep(name);
}

}  // namespace benchkeep::jobs
