// Watches what other programs do to the increments and the master database, and
// has copies kept before it is too late (store/guard.h).
//
// The quick half of the guard: a thread that only hears what happens and opens
// files.  Between the moment when a writer creates an increment and the moment
// when a script deletes it there may be milliseconds.  Every file is therefore
// held open from its first sight on; a file that is unlinked can still be read
// through that.  The slow half (jobs/guard_keeper.h) makes the copies.

#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/message.h"
#include "base/result.h"
#include "host/folder_watch.h"
#include "host/waiter.h"
#include "jobs/guard_keeper.h"
#include "store/store.h"

namespace benchkeep::jobs {

class GuardWatch final : private GuardVoice {
 public:
  // `wake` is called from its threads when there is something to say.  Holds no
  // more than `most_held` files open.
  GuardWatch(const store::Store& store, std::size_t most_held,
             std::function<void()> wake);
  GuardWatch(const GuardWatch&) = delete;
  GuardWatch& operator=(const GuardWatch&) = delete;
  ~GuardWatch() override;

  // Watches from here on; what is there already is kept in the background.  An
  // error: nothing is guarded.
  Status Start();
  void Stop();

  // What has happened since the last call, for the log.
  std::vector<Message> Collect();

  // True when counters of the master database fell since the last call.
  bool TakeAlarm() { return alarm_.exchange(false); }

 private:
  void Tell(Message message) override;
  void TellError(const Error& error) override;
  void RaiseAlarm() override { alarm_ = true; }

  void Run();
  // True when there is a folder to watch that was not there before.
  bool Watch();
  void LookAtAll();
  void HoldAndKeep(const std::string& name);
  void Handle(const host::FolderWatch::Event& event);
  void HandleIncrement(const host::FolderWatch::Event& event);
  // What is held by that name; opens it where nothing is.  Null when it cannot
  // be had.
  Holding Hold(const std::string& name);
  void Gone(const std::string& name);
  void LetGoOfTheVanished();
  void TellOfPassedOver();

  const store::Store& store_;
  const std::size_t most_held_;
  const std::function<void()> wake_;
  host::WakeUp stop_signal_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> alarm_ = false;

  // Of the watching thread, once it runs.
  host::FolderWatch watch_;
  int increments_ = -1;  // Watches, -1 while there is no folder.
  int master_ = -1;
  std::map<std::string, Holding> held_;  // By name.
  std::set<std::string> passed_over_;    // Names, since the last look.
  bool told_of_passed_over_ = false;

  std::mutex mutex_;
  std::vector<Message> said_;  // These two are guarded by mutex_.
  std::string last_error_;

  GuardKeeper keeper_;  // It speaks to what is above.
  std::thread thread_;
};

}  // namespace benchkeep::jobs
