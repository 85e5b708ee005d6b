// Work that was asked for in the browser: one command at a time of each kind.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace benchkeep::web {

struct ActionSpec {
  std::string name;     // "consolidate"
  std::string command;  // As a person would type it, for the page.
  // Runs it and returns its document in a language ("en", "zh"); stops soon
  // after `cancelled` says so.
  std::function<Result<std::string>(const std::string& language,
                                    const std::function<bool()>& cancelled)>
      run;
};

struct ActionRun {
  std::uint64_t id = 0;
  std::string action;
  TimePoint started;
  std::optional<TimePoint> ended;
  Json document;               // Once ended.
  std::optional<Error> error;  // When it could not run at all.
};

class Actions {
 public:
  // `on_change` is called from the threads of the runs.
  Actions(std::vector<ActionSpec> specs, Clock& clock,
          std::function<void()> on_change);
  ~Actions();  // Stops.
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  // Starts one and returns at once.  kNotFound, or kBusy while the same one is
  // running.
  Result<ActionRun> Start(const std::string& name, const std::string& language);
  void Stop();

  [[nodiscard]] const std::vector<ActionSpec>& specs() const { return specs_; }
  // The latest runs, the newest first.
  [[nodiscard]] std::vector<ActionRun> Runs() const;

 private:
  struct Running {
    std::uint64_t id;
    std::thread thread;
  };
  void Run(const ActionSpec& spec, const std::string& language,
           std::uint64_t id);

  std::vector<ActionSpec> specs_;
  Clock& clock_;
  std::function<void()> on_change_;
  mutable std::mutex mutex_;
  std::deque<ActionRun> runs_;    // Guarded by mutex_.
  std::vector<Running> threads_;  // Guarded by mutex_.
  std::uint64_t next_id_ = 1;     // Guarded by mutex_.
  bool stopping_ = false;         // Guarded by mutex_.
};

}  // namespace benchkeep::web
