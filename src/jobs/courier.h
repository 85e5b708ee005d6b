// Puts messages into the queue and takes them to where they go.
//
// At least once: a message leaves the queue only when the other side has it, or
// when it is given up with the reason on record.  Whoever is killed in between
// sends it again, under the same Message-ID.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/result.h"
#include "fs/file_lock.h"
#include "jobs/channels.h"
#include "jobs/notice.h"
#include "store/notify_memory.h"
#include "store/outbox.h"
#include "store/store.h"

namespace benchkeep::jobs {

// Really sends; tests bring their own.
class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual host::SendResult Send(const Channel& channel,
                                const store::OutboxItem& item,
                                TimePoint now) = 0;
};

// By libcurl (host/transfer.h); keeps one connection per channel.
class NetCarrier final : public Carrier {
 public:
  explicit NetCarrier(host::Cancelled cancelled);
  ~NetCarrier() override;
  host::SendResult Send(const Channel& channel, const store::OutboxItem& item,
                        TimePoint now) override;

 private:
  host::SendResult SendMail(const Channel& channel,
                            const store::OutboxItem& item);
  host::Cancelled cancelled_;
  host::HttpSession http_;
  std::map<std::string, std::unique_ptr<host::MailSession>> mail_;
};

// The items that carry `notice` to that channel: one for each recipient of
// mail, one otherwise.
std::vector<store::OutboxItem> ItemsFor(const Channel& channel,
                                        const Notice& notice,
                                        const std::string& message_id);

// "20260131.1a2b3c4d@host": the same in every message of one notice.
std::string MakeMessageId(TimePoint now, const std::string& host);

struct ChannelReport {
  std::string name = {};
  std::string target = {};
  std::uint64_t sent = 0;
  std::uint64_t waiting = 0;
  std::uint64_t given_up = 0;
  std::string error = {};  // Why something waits; empty: nothing went wrong.
};

struct DeliveryReport {
  bool busy = false;  // Somebody else delivers; nothing was done here.
  std::uint64_t sent = 0;
  std::uint64_t waiting = 0;
  std::uint64_t given_up = 0;
  std::vector<ChannelReport> channels;
  Findings findings;
};

struct DeliveryOptions {
  // Also what is to wait after a failure; never what the other side asked to
  // wait with.
  bool now = false;
  std::chrono::seconds most{480};  // Then the rest waits for the next time.
  std::function<bool()> cancelled = {};
};

// Delivers what is due, channel by channel; the first failure of a channel ends
// its turn, so that a server that is down costs one timeout.  `lock` is
// Outbox::Lock(); `memory` is saved.
Result<DeliveryReport> Deliver(const store::Store& store,
                               const fs::FileLock& lock,
                               const std::vector<Channel>& channels,
                               Carrier& carrier, const DeliveryOptions& options,
                               store::NotifyMemory& memory);

// What is to be said about deliveries: failing channels, what was given up in
// the last day.
Findings DeliveryFindings(const store::NotifyMemory& memory,
                          const std::vector<Channel>& channels, TimePoint now);

}  // namespace benchkeep::jobs
