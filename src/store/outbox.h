// Messages that wait for delivery: one file each in .benchkeep/outbox/
// (doc/format/outbox.md).
//
// A message is on the disk before Add() returns, and stays there until the
// other side has it or it is given up with a reason on record
// (store/notify_memory.h).  No secret is in it: addresses with tokens and
// passwords are looked up when it is sent.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "fs/file_lock.h"
#include "store/store.h"

namespace benchkeep::store {

struct OutboxItem {
  std::string id;       // Sortable by time; given by Add().
  std::string channel;  // "mail", "sentry", "webhook team".
  std::string kind;     // "alert", "health", "event".
  std::string
      recipient;  // Of mail: one address; others have files of their own.
  std::string message_id;  // Of mail: the same at every attempt.
  TimePoint created{};
  std::int64_t attempts = 0;
  std::optional<TimePoint> next_attempt;  // Not before.
  std::string last_error;
  Json content = Json::Object();  // What is to be said (jobs/notice.h).
};

struct OutboxList {
  std::vector<OutboxItem> items;     // The oldest first.
  std::vector<std::string> damaged;  // Names of files that make no sense.
};

class Outbox {
 public:
  // `store` must outlive it.
  explicit Outbox(const Store& store) : store_(&store) {}

  // Needs no lock; any number of processes may add at once.
  Status Add(OutboxItem& item);
  [[nodiscard]] Result<OutboxList> List() const;
  // How many wait, by their names alone.
  [[nodiscard]] Result<std::uint64_t> Count() const;

  // These for the holder of the lock alone.
  Status Update(const OutboxItem& item);
  // Durable after Sync(): until then a power cut may bring it back.
  Status Remove(const OutboxItem& item);
  Status Sync();

  // One at a time delivers, and writes .benchkeep/notify.json.  kBusy.
  [[nodiscard]] Result<fs::FileLock> Lock(std::chrono::nanoseconds wait) const;

 private:
  [[nodiscard]] Status MakeFolder() const;

  const Store* store_;
};

}  // namespace benchkeep::store
