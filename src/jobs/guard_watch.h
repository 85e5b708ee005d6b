// Watches what other programs do to the increments and the master database, and
// keeps copies before it is too late (store/guard.h).
//
// A thread of its own: between the moment when a writer closes an increment and
// the moment when a script deletes it there may be milliseconds.  Every file is
// therefore held open from its first sight on; a file that is unlinked can
// still be read through that.

#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/message.h"
#include "base/result.h"
#include "fs/held_file.h"
#include "host/folder_watch.h"
#include "host/waiter.h"
#include "store/guard.h"
#include "store/store.h"

namespace benchkeep::jobs {

class GuardWatch {
 public:
  // `wake` is called from the thread when there is something to say.
  GuardWatch(const store::Store& store, std::function<void()> wake);
  GuardWatch(const GuardWatch&) = delete;
  GuardWatch& operator=(const GuardWatch&) = delete;
  ~GuardWatch();

  // Keeps what is there, then watches.  An error: nothing is guarded.
  Status Start();
  void Stop();

  // What has happened since the last call, for the log.
  std::vector<Message> Collect();

  // True when counters of the master database fell since the last call.
  bool TakeAlarm() { return alarm_.exchange(false); }

 private:
  struct Held {
    fs::HeldFile file;
    fs::FileInfo info;  // Which file it is.
  };

  void Run();
  void Watch();
  void LookAtAll();
  void Handle(const host::FolderWatch::Event& event);
  void HandleIncrement(const host::FolderWatch::Event& event);
  void Hold(const std::string& name);
  // False while somebody writes it.
  bool Keep(const std::string& name, const fs::HeldFile& file);
  bool KeepOrphan(const std::string& name, const Held& orphan);
  void LetGo(const std::string& name);
  void Gone(const std::string& name);
  void SeeMaster();
  void RetryBusy();
  void Prune();
  void Tell(Message message);
  void TellError(const Error& error);

  const store::Store& store_;
  const std::function<void()> wake_;
  store::Guard guard_;
  host::FolderWatch watch_;
  host::WakeUp stop_signal_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> alarm_ = false;
  std::thread thread_;

  int increments_ = -1;  // Watches, -1 while there is no folder.
  int master_ = -1;
  std::map<std::string, Held> held_;  // By name.
  // Unlinked while somebody has them open for writing.
  std::vector<std::pair<std::string, Held>> orphans_;
  bool master_busy_ = false;
  std::string last_error_;

  std::mutex mutex_;
  std::vector<Message> said_;  // Guarded by mutex_.
};

}  // namespace benchkeep::jobs
