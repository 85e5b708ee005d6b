// The queue of messages on a disk that forgets what was not synced.

#include "store/outbox.h"

#include <gtest/gtest.h>

#include "fs/atomic_file.h"
#include "store/notify_memory.h"
#include "support/mem_file_system.h"

namespace benchkeep::store {
namespace {

using namespace std::chrono_literals;

const TimePoint kNoon = std::chrono::sys_days(2026y / 1 / 31) + 12h;

class OutboxTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs::ReplaceFile(disk_, "/benchkeep.toml", "").ok());
    Result<Store> opened = Store::Open(disk_, clock_, "/");
    ASSERT_TRUE(opened.ok()) << opened.error().message.English();
    store_ = std::make_unique<Store>(std::move(*opened));
    outbox_ = std::make_unique<Outbox>(*store_);
  }

  OutboxItem Add(const std::string& channel) {
    OutboxItem item;
    item.channel = channel;
    item.kind = "alert";
    item.content.Set("title", Json::String("title \xE8\xAD\xA6"));
    EXPECT_TRUE(outbox_->Add(item).ok());
    clock_.SleepFor(1s);
    return item;
  }
  OutboxList List() {
    const auto list = outbox_->List();
    EXPECT_TRUE(list.ok());
    return list.ok() ? *list : OutboxList();
  }

  fs::MemFileSystem disk_;
  ManualClock clock_{kNoon};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Outbox> outbox_;
};

TEST_F(OutboxTest, KeepsMessagesInTheirOrderAndToTheirOwner) {
  EXPECT_TRUE(List().items.empty());
  EXPECT_EQ(outbox_->Count().value(), 0U);
  OutboxItem first = Add("mail");
  Add("webhook team");
  first.attempts = 3;
  first.next_attempt = kNoon + 1h;
  first.last_error = "connect: refused";
  ASSERT_TRUE(outbox_->Update(first).ok());
  const OutboxList list = List();
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(outbox_->Count().value(), 2U);
  EXPECT_EQ(list.items[0].id, first.id);
  EXPECT_EQ(list.items[0].attempts, 3);
  EXPECT_EQ(list.items[0].next_attempt, kNoon + 1h);
  EXPECT_EQ(list.items[0].last_error, "connect: refused");
  EXPECT_EQ(list.items[0].created, kNoon);
  EXPECT_EQ(list.items[0].content, first.content);
  EXPECT_EQ(list.items[1].channel, "webhook team");
  const auto info = disk_.Info(store_->layout().outbox_item(first.id));
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->mode, 0600U);
}

TEST_F(OutboxTest, SurvivesAPowerCutOnceAdded) {
  const OutboxItem item = Add("mail");
  disk_.PowerCut(fs::MemFileSystem::UnsyncedNames::kLost);
  ASSERT_EQ(List().items.size(), 1U);
  EXPECT_EQ(List().items[0].content, item.content);
  ASSERT_TRUE(outbox_->Remove(item).ok());
  ASSERT_TRUE(outbox_->Sync().ok());
  disk_.PowerCut(fs::MemFileSystem::UnsyncedNames::kKept);
  EXPECT_TRUE(List().items.empty());
}

TEST_F(OutboxTest, ReportsDamagedFilesAndLeavesThem) {
  Add("mail");
  const fs::Path torn = store_->layout().outbox() / "20260131-torn.json";
  ASSERT_TRUE(fs::ReplaceFile(disk_, torn, "{\"version\":1,\"chan").ok());
  const OutboxList list = List();
  EXPECT_EQ(list.items.size(), 1U);
  EXPECT_EQ(list.damaged, std::vector<std::string>{"20260131-torn.json"});
}

TEST_F(OutboxTest, RemembersEverythingAboutChannels) {
  ASSERT_TRUE(disk_.MakeDirs(store_->layout().state(), 0700).ok());
  NotifyMemory memory;
  memory.channels["mail"] = {100, 200, 3, "auth", "auth (535): no", 260};
  memory.alerts["disk"] = {"warning", 50, 2, "warning", 60};
  memory.events["abc"] = {70, 8, "2026-01-31T11:00:00"};
  for (int i = 0; i < 250; ++i) {
    memory.given_up.push_back({i, "id", "mail", "alert", "a@b.c", "title",
                               "refused", "refused (550): no"});
  }
  ASSERT_TRUE(SaveNotifyMemory(*store_, memory).ok());
  const auto back = LoadNotifyMemory(*store_);
  ASSERT_TRUE(back.ok());
  const ChannelMemory& mail = back->channels.at("mail");
  EXPECT_EQ(mail.last_success, 100);
  EXPECT_EQ(mail.last_failure, 200);
  EXPECT_EQ(mail.failures, 3);
  EXPECT_EQ(mail.last_error, "auth (535): no");
  EXPECT_EQ(mail.blocked_until, 260);
  EXPECT_EQ(back->alerts.at("disk").alerted_at, 60);
  EXPECT_EQ(back->alerts.at("disk").runs, 2);
  EXPECT_EQ(back->events.at("abc").count, 8U);
  ASSERT_EQ(back->given_up.size(), kMostGivenUp);
  EXPECT_EQ(back->given_up.back().time, 249);
}

TEST_F(OutboxTest, TakesADamagedMemoryForNone) {
  ASSERT_TRUE(disk_.MakeDirs(store_->layout().state(), 0700).ok());
  ASSERT_TRUE(
      fs::ReplaceFile(disk_, store_->layout().notify_file(), "{\"ver").ok());
  const auto back = LoadNotifyMemory(*store_);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back->channels.empty());
}

}  // namespace
}  // namespace benchkeep::store
