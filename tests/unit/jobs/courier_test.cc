// Delivery with a carrier of the test's: what is tried, when again, and what
// becomes of messages that nobody takes.

#include "jobs/courier.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "fs/atomic_file.h"
#include "support/mem_file_system.h"
#include "support/temp_dir.h"

namespace benchkeep::jobs {
namespace {

using namespace std::chrono_literals;
using host::SendOutcome;
using host::SendResult;

const TimePoint kNoon = std::chrono::sys_days(2026y / 1 / 31) + 12h;

SendResult Answer(SendOutcome outcome, const std::string& reason = "",
                  std::optional<std::chrono::seconds> retry_after = {}) {
  SendResult result;
  result.outcome = outcome;
  result.reason = reason;
  result.answer = reason.empty() ? "250 ok" : "no: hunter22 is wrong";
  result.retry_after = retry_after;
  return result;
}

class FakeCarrier final : public Carrier {
 public:
  SendResult Send(const Channel& channel, const store::OutboxItem& item,
                  TimePoint now) override {
    tries.emplace_back(channel.name, item.recipient, now);
    const auto found =
        answers.find(item.recipient.empty() ? channel.name : item.recipient);
    return found == answers.end() ? Answer(SendOutcome::kDone) : found->second;
  }
  std::vector<std::tuple<std::string, std::string, TimePoint>> tries;
  std::map<std::string, SendResult> answers;  // By recipient or channel.
};

class CourierTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs::ReplaceFile(disk_, "/benchkeep.toml", "").ok());
    ASSERT_TRUE(disk_.MakeDirs("/.benchkeep", 0700).ok());
    Result<store::Store> opened = store::Store::Open(disk_, clock_, "/");
    ASSERT_TRUE(opened.ok()) << opened.error().message.English();
    store_ = std::make_unique<store::Store>(std::move(*opened));
    Channel mail;
    mail.name = "mail";
    mail.to = {{"", "a@x.y"}, {"", "b@x.y"}};
    mail.mail_server.password = "hunter22";
    Channel hook;
    hook.name = "webhook team";
    hook.kind = ChannelKind::kWebhook;
    channels_ = {mail, hook};
  }

  void Queue() {
    Notice notice;
    notice.kind = "alert";
    notice.title = "title";
    for (const Channel& channel : channels_) {
      for (store::OutboxItem& item : ItemsFor(channel, notice, "id@host")) {
        ASSERT_TRUE(store::Outbox(*store_).Add(item).ok());
        clock_.SleepFor(1s);
      }
    }
  }

  DeliveryReport Deliver(bool now = false) {
    carrier_.tries.clear();
    SystemClock real;
    const auto lock =
        fs::FileLock::Acquire(dir_.path() / "lock", real, 1s, 0600);
    EXPECT_TRUE(lock.ok());
    store::NotifyMemory memory = Memory();
    const auto report = jobs::Deliver(*store_, *lock, channels_, carrier_,
                                      {.now = now}, memory);
    EXPECT_TRUE(report.ok());
    return report.ok() ? *report : DeliveryReport();
  }
  store::NotifyMemory Memory() {
    return store::LoadNotifyMemory(*store_).value();
  }
  std::vector<store::OutboxItem> Waiting() {
    return store::Outbox(*store_).List().value().items;
  }

  TempDir dir_;
  fs::MemFileSystem disk_;
  ManualClock clock_{kNoon};
  std::unique_ptr<store::Store> store_;
  std::vector<Channel> channels_;
  FakeCarrier carrier_;
};

TEST_F(CourierTest, DeliversEverythingOnce) {
  Queue();
  EXPECT_EQ(Waiting().size(), 3U);
  const DeliveryReport report = Deliver();
  EXPECT_EQ(report.sent, 3U);
  EXPECT_EQ(report.waiting, 0U);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(carrier_.tries.size(), 3U);
  EXPECT_EQ(Deliver().sent, 0U);
  EXPECT_TRUE(Memory().channels.at("mail").last_success.has_value());
}

TEST_F(CourierTest, AServerThatIsDownCostsOneTryAndNoOtherChannel) {
  carrier_.answers["a@x.y"] = Answer(SendOutcome::kFailed, "connect");
  Queue();
  const DeliveryReport report = Deliver();
  EXPECT_EQ(report.sent, 1U);
  EXPECT_EQ(report.waiting, 2U);
  EXPECT_EQ(carrier_.tries.size(), 2U);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].code, "notify_failing");
  EXPECT_EQ(Waiting()[0].attempts, 1);
  EXPECT_EQ(Waiting()[1].attempts, 0);
}

TEST_F(CourierTest, ShowsNoSecretOfTheChannel) {
  carrier_.answers["a@x.y"] = Answer(SendOutcome::kFailed, "auth");
  Queue();
  Deliver();
  EXPECT_EQ(Memory().channels.at("mail").last_error, "auth: no: *** is wrong");
  EXPECT_EQ(Waiting()[0].last_error, "auth: no: *** is wrong");
}

TEST_F(CourierTest, WaitsLongerEachTimeUpToAnHour) {
  carrier_.answers["a@x.y"] = Answer(SendOutcome::kFailed, "connect");
  carrier_.answers["b@x.y"] = Answer(SendOutcome::kFailed, "connect");
  Queue();
  std::vector<std::int64_t> waits;
  TimePoint last = clock_.Now();
  Deliver();
  while (waits.size() < 8) {
    clock_.SleepFor(10s);
    Deliver();
    if (carrier_.tries.empty()) continue;
    waits.push_back((clock_.Now() - last) / 1s);
    last = clock_.Now();
  }
  EXPECT_EQ(waits, (std::vector<std::int64_t>{60, 120, 240, 480, 960, 1920,
                                              3600, 3600}));
  // Who is asked to, tries at once; success forgets the failures.
  carrier_.answers.clear();
  EXPECT_EQ(Deliver(true).sent, 2U);
  EXPECT_EQ(Memory().channels.at("mail").failures, 0);
}

TEST_F(CourierTest, HoldsBackAsLongAsTheOtherSideAsks) {
  channels_.erase(channels_.begin());
  carrier_.answers["webhook team"] =
      Answer(SendOutcome::kFailed, "rate_limited", 900s);
  Queue();
  Deliver();
  carrier_.answers.clear();
  clock_.SleepFor(890s);
  EXPECT_EQ(Deliver(true).sent, 0U);  // Not even when told to.
  EXPECT_TRUE(carrier_.tries.empty());
  // Being asked to wait is no failure.
  EXPECT_TRUE(Deliver().findings.empty());
  clock_.SleepFor(11s);
  EXPECT_EQ(Deliver().sent, 1U);
}

TEST_F(CourierTest, OneRefusedRecipientHoldsUpNobody) {
  carrier_.answers["a@x.y"] = Answer(SendOutcome::kRefused, "refused");
  Queue();
  const DeliveryReport report = Deliver();
  EXPECT_EQ(report.sent, 2U);
  EXPECT_EQ(report.given_up, 1U);
  EXPECT_EQ(report.waiting, 0U);
  const auto given_up = Memory().given_up;
  ASSERT_EQ(given_up.size(), 1U);
  EXPECT_EQ(given_up[0].recipient, "a@x.y");
  EXPECT_EQ(given_up[0].reason, "refused");
  EXPECT_EQ(given_up[0].title, "title");
  EXPECT_EQ(report.findings[0].code, "notify_given_up");
}

TEST_F(CourierTest, AFullMailboxIsTriedAgainByItself) {
  carrier_.answers["a@x.y"] = Answer(SendOutcome::kLater, "server");
  Queue();
  EXPECT_EQ(Deliver().sent, 2U);
  clock_.SleepFor(30s);
  EXPECT_EQ(Deliver().sent, 0U);
  EXPECT_TRUE(carrier_.tries.empty());
  clock_.SleepFor(60s);
  carrier_.answers.clear();
  EXPECT_EQ(Deliver().sent, 1U);
}

TEST_F(CourierTest, GivesUpOnRecordAfterAWeek) {
  carrier_.answers["a@x.y"] = Answer(SendOutcome::kFailed, "connect");
  carrier_.answers["b@x.y"] = Answer(SendOutcome::kFailed, "connect");
  Queue();
  Deliver();
  clock_.SleepFor(7 * 24h - 1min);
  EXPECT_EQ(Deliver().given_up, 0U);
  clock_.SleepFor(2min);
  const DeliveryReport report = Deliver();
  EXPECT_EQ(report.given_up, 2U);
  EXPECT_EQ(report.waiting, 0U);
  for (const store::GivenUp& each : Memory().given_up) {
    EXPECT_EQ(each.reason, "expired");
  }
}

TEST_F(CourierTest, TheOldestGoWhenTooManyWait) {
  store::Settings settings = store_->settings();
  settings.notify_max_queued = 10;
  *store_ = store_->With(settings);
  for (const char* name : {"a@x.y", "b@x.y", "webhook team"}) {
    carrier_.answers[name] = Answer(SendOutcome::kFailed, "connect");
  }
  for (int i = 0; i < 5; ++i) Queue();
  const std::string newest = Waiting().back().id;
  const DeliveryReport report = Deliver();
  EXPECT_EQ(report.given_up, 5U);
  EXPECT_EQ(Waiting().size(), 10U);
  EXPECT_EQ(Waiting().back().id, newest);
  EXPECT_EQ(Memory().given_up[0].reason, "queue_full");
}

TEST_F(CourierTest, KeepsWhatCannotBeSetUpNow) {
  Queue();
  for (Channel& channel : channels_) {
    channel.problem = Fail(Code::kNotFound, Say(N_("interrupted"))).value();
  }
  const DeliveryReport report = Deliver();
  EXPECT_EQ(report.waiting, 3U);
  EXPECT_TRUE(carrier_.tries.empty());
  EXPECT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].code, "notify_setup");
}

TEST_F(CourierTest, AMessageOfOneNoticeHasOneMessageId) {
  Queue();
  const auto waiting = Waiting();
  EXPECT_EQ(waiting[0].message_id, "id@host");
  EXPECT_EQ(waiting[1].message_id, "id@host");
  EXPECT_NE(waiting[0].recipient, waiting[1].recipient);
  EXPECT_EQ(waiting[2].message_id, "");
}

}  // namespace
}  // namespace benchkeep::jobs
