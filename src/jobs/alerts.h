// When people are told about a check: when its state changes, and again after a
// while if it stays bad.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ops/check.h"
#include "store/notify_memory.h"

namespace benchkeep::jobs {

enum class AlertKind {
  kWorse,      // ok -> warning -> critical.
  kBetter,     // Not so bad any more, but not good either.
  kRecovered,  // Good again.
  kReminder,   // Still as bad as people were told.
};

struct Alert {
  AlertKind kind = AlertKind::kWorse;
  std::string check;
  ops::CheckState before = ops::CheckState::kOk;  // What people believe.
  ops::CheckState now = ops::CheckState::kOk;
  std::int64_t since = 0;  // Seconds since 1970.
  const ops::CheckResult* result = nullptr;
};

struct AlertRules {
  // Milder states are taken for ok.
  ops::CheckState least = ops::CheckState::kWarning;
  std::int64_t reminder_seconds = 86'400;  // 0: never.
};

// Compares the report with what was alerted, and brings `memory` up to date; to
// be saved once the alerts are in the queue.  A check that could not tell is
// alerted the second time in a row only: a slow moment is no news.  `now` is in
// seconds since 1970.  `report` must outlive the answer.
std::vector<Alert> DecideAlerts(
    const ops::CheckReport& report, const AlertRules& rules, std::int64_t now,
    std::map<std::string, store::AlertMemory>& memory);

// "ok", "warning", "unknown", "critical".
const char* CheckStateName(ops::CheckState state);
ops::CheckState CheckStateOf(const std::string& name);

}  // namespace benchkeep::jobs
