// Work that may hang, in processes that can be given up.
//
// A look at a stuck disk never returns, and no thread that takes it can be
// ended.  So each piece of work gets a process of its own, and a deadline.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace benchkeep::host {

enum class GuardedEnd {
  kDone,
  kTimedOut,   // Killed, or left behind when even that did not help.
  kDied,       // A crash of the work itself.
  kCancelled,  // Given up by request.
};

struct GuardedResult {
  GuardedEnd end = GuardedEnd::kDied;
  std::string output;  // What the work returned; empty unless done.
};

// Runs all of `work` at once, each in a child process, and waits for at most
// `deadline`.  Children see a copy of our memory: only what they return comes
// back.  Where this process has other threads a child could not be trusted with
// their locks: then the work runs here, one after another, without a deadline.
// `cancelled` is asked several times a second and may be empty.
std::vector<GuardedResult> RunGuarded(
    const std::vector<std::function<std::string()>>& work,
    std::chrono::milliseconds deadline,
    const std::function<bool()>& cancelled = {});

}  // namespace benchkeep::host
