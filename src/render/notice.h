// The words of messages: the daily health mail, alerts, and tests.

#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "jobs/alerts.h"
#include "jobs/notice.h"
#include "ops/check.h"
#include "ops/status.h"
#include "render/translate.h"

namespace benchkeep::render {

// Where a message comes from.
struct NoticeFrame {
  std::string store;  // What people call it: "pilot-bench".
  std::string host;
  std::string root;
  TimePoint now{};
};

// The subject carries the worst state: "[benchkeep] WARNING pilot-bench: ...".
// `status` is null when it could not be read.
jobs::Notice HealthNotice(const ops::CheckReport& report,
                          const ops::StatusReport* status,
                          const Findings& deliveries, const NoticeFrame& frame,
                          const Translator& translator);

// `alerts` must not be empty.
jobs::Notice AlertNotice(const std::vector<jobs::Alert>& alerts,
                         const ops::CheckReport& report,
                         const NoticeFrame& frame,
                         const Translator& translator);

jobs::Notice TestNotice(const NoticeFrame& frame, const Translator& translator);

}  // namespace benchkeep::render
