// What the server shows, fetched in the background and kept ready.
//
// Every collector has a thread of its own that asks for one document again and
// again; the server only ever reads what is here.  A disk that hangs stops one
// collector and nothing else: its document grows stale, its health says so, and
// its values leave the metrics.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace benchkeep::jobs {

// How to ask for one document.
struct CollectorSpec {
  std::string name;  // "status"; its path is /api/v1/status.
  std::chrono::milliseconds interval{5'000};
  // The document in a language ("en", "zh").  Gives up by itself after a
  // deadline, and soon after `cancelled` says so.
  std::function<Result<std::string>(const std::string& language,
                                    const std::function<bool()>& cancelled)>
      fetch;
};

struct Snapshot {
  std::shared_ptr<const std::string> text;  // One line of JSON.
  Json document;
  TimePoint collected;
  bool stale = false;  // Too old to be called the present.
};

struct CollectorHealth {
  std::string name;
  bool up = false;  // The last answer is there and not stale.
  bool running = false;
  std::uint64_t runs = 0;
  std::uint64_t failures = 0;
  double seconds = 0;  // Of the last run that ended.
  std::optional<TimePoint> last_success;
  std::optional<Error> error;  // Of the last run, when it failed.
};

class Collectors {
 public:
  // `languages`: the first one is always kept ready, the others once somebody
  // asks for them and for a while after.  `on_change` is called from the
  // collectors' threads when a document or the health of a collector changes.
  Collectors(std::vector<CollectorSpec> specs,
             std::vector<std::string> languages, Clock& clock,
             std::function<void(const std::string& name)> on_change);
  ~Collectors();  // Stops.
  Collectors(const Collectors&) = delete;
  Collectors& operator=(const Collectors&) = delete;

  void Start();
  void Stop();
  // Asks for a fresh document at once.
  void Refresh(const std::string& name);
  void RefreshAll();

  [[nodiscard]] bool Knows(const std::string& name) const;
  // The latest document; nullopt when there is none yet (then it is being
  // fetched).
  std::optional<Snapshot> Get(const std::string& name,
                              const std::string& language);
  // Those that may be called the present, in the first language, by name.
  std::map<std::string, Snapshot> Current();
  [[nodiscard]] std::vector<CollectorHealth> Health() const;

  // Fetches everything once in this thread, instead of Start().
  void CollectOnce();

 private:
  struct Worker {
    CollectorSpec spec;
    CollectorHealth health;
    std::map<std::string, Snapshot> snapshots;      // By language.
    std::map<std::string, TimePoint> wanted_until;  // By language.
    std::chrono::milliseconds pause{0};             // The interval really kept.
    bool due = true;
    int failed_in_a_row = 0;
    std::thread thread;
  };

  void Loop(Worker& worker);
  void Collect(Worker& worker, const std::string& language);
  [[nodiscard]] bool Stale(const Worker& worker, TimePoint collected) const;
  [[nodiscard]] std::vector<std::string> Wanted(const Worker& worker) const;
  Worker* Find(const std::string& name);

  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::string> languages_;
  Clock& clock_;
  std::function<void(const std::string&)> on_change_;
  mutable std::mutex mutex_;  // Guards everything in the workers but `thread`.
  std::condition_variable wake_;
  bool stopping_ = false;
};

}  // namespace benchkeep::jobs
