// A fault and a power cut at every call of queueing and delivering: no message
// is ever lost.

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "fs/atomic_file.h"
#include "jobs/courier.h"
#include "support/fault_file_system.h"
#include "support/mem_file_system.h"
#include "support/temp_dir.h"

namespace benchkeep::jobs {
namespace {

using namespace std::chrono_literals;
using fs::FaultFileSystem;
using fs::MemFileSystem;
using host::SendOutcome;

const TimePoint kNoon = std::chrono::sys_days(2026y / 1 / 31) + 12h;
constexpr const char* kNames[] = {"mail", "webhook refused", "webhook down",
                                  "webhook later"};

// Answers by the name of the channel; once `kind`, it takes everything.
class MoodyCarrier final : public Carrier {
 public:
  host::SendResult Send(const Channel& channel, const store::OutboxItem& item,
                        TimePoint /*now*/) override {
    host::SendResult result;
    result.outcome = kind || channel.name == kNames[0] ? SendOutcome::kDone
                     : channel.name == kNames[1]       ? SendOutcome::kRefused
                     : channel.name == kNames[2]       ? SendOutcome::kFailed
                                                       : SendOutcome::kLater;
    if (result.outcome == SendOutcome::kDone) delivered.insert(item.id);
    result.reason = "server";
    return result;
  }
  bool kind = false;
  std::set<std::string> delivered;
};

class CourierFaultTest : public testing::Test {
 protected:
  struct Sweep {
    std::uint64_t fired = 0;
    std::uint64_t waiting = 0;
    std::uint64_t delivered = 0;
    std::uint64_t given_up = 0;
  };

  Status Deliver(fs::FileSystem& files) {
    BENCHKEEP_ASSIGN(const store::Store store,
                     store::Store::Open(files, clock_, "/"));
    SystemClock real;
    BENCHKEEP_ASSIGN(
        const fs::FileLock lock,
        fs::FileLock::Acquire(dir_.path() / "lock", real, 1s, 0600));
    BENCHKEEP_ASSIGN(auto memory, store::LoadNotifyMemory(store));
    BENCHKEEP_TRY(
        jobs::Deliver(store, lock, channels_, carrier_, {.now = true}, memory));
    return {};
  }

  // What became of the message.
  static bool IsOnRecord(const store::NotifyMemory& memory,
                         const std::string& id) {
    return std::any_of(memory.given_up.begin(), memory.given_up.end(),
                       [&id](const auto& each) { return each.id == id; });
  }

  // False when no fault was left to strike.
  bool Strike(std::uint64_t nth, FaultFileSystem::Lasting lasting,
              MemFileSystem::UnsyncedNames names, Sweep& sweep) {
    MemFileSystem disk;
    carrier_ = {};
    EXPECT_TRUE(fs::ReplaceFile(disk, "/benchkeep.toml", "").ok());
    std::set<std::string> added;
    std::uint64_t fired = 0;
    {
      FaultFileSystem faulty(disk);
      const auto store = store::Store::Open(faulty, clock_, "/");
      EXPECT_TRUE(store.ok());
      faulty.Arm({nth, ENOSPC, FaultFileSystem::Calls::kMutating, lasting});
      for (const Channel& channel : channels_) {
        store::OutboxItem item;
        item.channel = channel.name;
        if (store::Outbox(*store).Add(item).ok()) added.insert(item.id);
      }
      IgnoreError(Deliver(faulty), "what is left is what counts");
      fired = faulty.fired();
    }
    disk.PowerCut(names);
    const auto store = store::Store::Open(disk, clock_, "/");
    EXPECT_TRUE(store.ok());
    const auto list = store::Outbox(*store).List().value();
    EXPECT_TRUE(list.damaged.empty());
    const auto memory = store::LoadNotifyMemory(*store).value();
    for (const std::string& id : added) {
      const bool waits =
          std::any_of(list.items.begin(), list.items.end(),
                      [&id](const auto& item) { return item.id == id; });
      const bool delivered = carrier_.delivered.contains(id);
      const bool given_up = IsOnRecord(memory, id);
      EXPECT_TRUE(waits || delivered || given_up)
          << "lost at call " << nth << ": " << id;
      sweep.waiting += waits ? 1 : 0;
      sweep.delivered += delivered ? 1 : 0;
      sweep.given_up += given_up ? 1 : 0;
    }
    // The next run finishes what was cut short.
    carrier_.kind = true;
    EXPECT_TRUE(Deliver(disk).ok());
    EXPECT_EQ(store::Outbox(*store).Count().value(), 0U);
    sweep.fired += fired;
    return fired > 0;
  }

  void SetUp() override {
    for (const char* name : kNames) {
      Channel channel;
      channel.name = name;
      channel.kind = ChannelKind::kWebhook;
      channels_.push_back(channel);
    }
  }

  TempDir dir_;
  ManualClock clock_{kNoon};
  std::vector<Channel> channels_;
  MoodyCarrier carrier_;
};

TEST_F(CourierFaultTest, NothingIsLostWhereverItStrikes) {
  for (const auto lasting : {FaultFileSystem::Lasting::kOnce,
                             FaultFileSystem::Lasting::kFromThenOn}) {
    for (const auto names : {MemFileSystem::UnsyncedNames::kLost,
                             MemFileSystem::UnsyncedNames::kKept}) {
      Sweep sweep;
      std::uint64_t nth = 1;
      while (Strike(nth, lasting, names, sweep) && !HasFailure()) ++nth;
      EXPECT_GT(nth, 30U);
      EXPECT_GE(sweep.fired, nth - 1);
      EXPECT_GT(sweep.waiting, 30U);
      EXPECT_GT(sweep.delivered, 5U);
      EXPECT_GT(sweep.given_up, 3U);
    }
  }
}

}  // namespace
}  // namespace benchkeep::jobs
