// When people are told about a check.

#include "jobs/alerts.h"

#include <algorithm>

namespace benchkeep::jobs {
namespace {

using ops::CheckState;

constexpr std::int64_t kRunsToBelieveUnknown = 2;

// What counts as seen: a single "could not tell" leaves things as they were.
CheckState Believed(CheckState seen, const store::AlertMemory& memory) {
  if (seen != CheckState::kUnknown || memory.runs >= kRunsToBelieveUnknown) {
    return seen;
  }
  return CheckStateOf(memory.alerted);
}

AlertKind KindOf(CheckState before, CheckState now) {
  if (now > before) return AlertKind::kWorse;
  return now == CheckState::kOk ? AlertKind::kRecovered : AlertKind::kBetter;
}

}  // namespace

const char* CheckStateName(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return "ok";
    case CheckState::kWarning:
      return "warning";
    case CheckState::kUnknown:
      return "unknown";
    case CheckState::kCritical:
      return "critical";
  }
  return "unknown";
}

CheckState CheckStateOf(const std::string& name) {
  for (const CheckState state :
       {CheckState::kWarning, CheckState::kUnknown, CheckState::kCritical}) {
    if (name == CheckStateName(state)) return state;
  }
  return CheckState::kOk;  // Nothing was ever alerted.
}

std::vector<Alert> DecideAlerts(
    const ops::CheckReport& report, const AlertRules& rules, std::int64_t now,
    std::map<std::string, store::AlertMemory>& memory) {
  std::vector<Alert> alerts;
  for (const ops::CheckResult& check : report.checks) {
    store::AlertMemory& known = memory[check.name];
    const CheckState seen =
        check.state < rules.least ? CheckState::kOk : check.state;
    if (known.state != CheckStateName(seen)) {
      known.state = CheckStateName(seen);
      known.since = now;
      known.runs = 0;
    }
    ++known.runs;
    // A clock that was set back must not silence reminders.
    known.since = std::min(known.since, now);
    known.alerted_at = std::min(known.alerted_at, now);
    const CheckState before = CheckStateOf(known.alerted);
    const CheckState state = Believed(seen, known);
    const bool due = rules.reminder_seconds > 0 && state != CheckState::kOk &&
                     now - known.alerted_at >= rules.reminder_seconds;
    if (state == before && !due) continue;
    alerts.push_back(
        {state == before ? AlertKind::kReminder : KindOf(before, state),
         check.name, before, state, known.since, &check});
    known.alerted = CheckStateName(state);
    known.alerted_at = now;
  }
  return alerts;
}

}  // namespace benchkeep::jobs
