// Work in processes of its own.

#pragma once

#include <functional>
#include <vector>

#include "base/result.h"

namespace benchkeep::host {

// Runs every task in a child process, all at once, and waits for all of them.
// kInternal while this process has other threads: a fork would leave their
// locks behind.  When a child fails, the error has the code that its task
// returned (kInternal for a child that was killed); the others still finish.
Status RunInChildren(const std::vector<std::function<Status()>>& tasks);

// True while this process has threads besides the one that asks.
bool HasOtherThreads();

// This process gets a TERM when its parent ends.  False when `parent` is not
// its parent, or no longer.
bool EndWithParent(int parent);

// The id of this process.
int ProcessId();

// True when nothing is forbidden to us.
bool IsRoot();

}  // namespace benchkeep::host
