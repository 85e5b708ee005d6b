// The state of what the maintenance menu offers, in a few words each.
//
// From what lies ready only: names, sizes, manifests, what was remembered.  A
// store that hangs costs a moment, and what it did not say is unknown.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/message.h"
#include "host/machine.h"
#include "store/store.h"

namespace benchkeep::ops {

// The guide's menu; the number of each is its place, from 1.
enum class MenuItem {
  kCheck = 1,
  kBackup,
  kCleanup,
  kTune,
  kRecover,
  kReport,
  kMonitor,
};
inline constexpr int kMenuItems = 7;
const char* MenuItemName(MenuItem item);  // "check"

enum class BadgeState { kOk, kWarning, kCritical, kUnknown };
const char* BadgeStateName(BadgeState state);

struct MenuBadge {
  BadgeState state = BadgeState::kUnknown;
  std::optional<std::int64_t> age_seconds;  // Of the last time it was done.
  Message words;                            // May be empty beside an age.
};

struct MenuOptions {
  int self = 0;  // Our pid.
  std::chrono::milliseconds deadline{3'000};
  host::Machine machine = host::Machine();
};

// One for each item, in order.  `store` is nullptr when it does not answer.
std::vector<MenuBadge> ReadMenuBadges(const store::Store* store,
                                      const MenuOptions& options);

}  // namespace benchkeep::ops
