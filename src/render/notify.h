// What `notify` answers: what was sent, what waits, what came back.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/alerts.h"
#include "jobs/courier.h"
#include "jobs/notice.h"
#include "render/document.h"

namespace benchkeep::render {

// A run that made messages, delivered them, or both.
struct NotifyRun {
  std::string command;
  bool channels = false;  // Any are set up.
  bool dry_run = false;
  const jobs::Notice* notice = nullptr;  // None: there was nothing to say.
  std::vector<jobs::Alert> alerts = {};
  std::uint64_t events = 0;  // For Sentry.
  std::uint64_t queued = 0;  // Messages, by recipient.
  jobs::DeliveryReport delivery = {};
};
Document NotifyDocument(const NotifyRun& run, const Face& face);

// One try of `notify test`.
struct TestLine {
  std::string channel;
  std::string recipient;  // Of mail.
  std::string target;
  host::SendResult result;
};
Document NotifyTestDocument(const std::vector<TestLine>& lines, bool dry_run,
                            const Face& face);

Document NotifyQueueDocument(const store::OutboxList& list,
                             const store::NotifyMemory& memory,
                             const std::vector<jobs::Channel>& channels,
                             TimePoint now, const Face& face);

}  // namespace benchkeep::render
