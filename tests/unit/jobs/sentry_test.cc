// Events for Sentry: which are due, what is in them, and when to be silent.

#include "jobs/sentry.h"

#include <gtest/gtest.h>

namespace benchkeep::jobs {
namespace {

using namespace std::chrono_literals;

const TimePoint kNoon = std::chrono::sys_days(2026y / 1 / 31) + 12h;

ops::ErrorCause Cause(const std::string& pattern, std::uint64_t count) {
  ops::ErrorCause cause;
  cause.kind = ops::ErrorClass::kRateLimit;
  cause.pattern = pattern;
  cause.count = count;
  cause.recent = 1;
  cause.first = "2026-01-31T10:00:00";
  cause.last = "2026-01-31T11:59:00";
  cause.example = "Error 429 api_key=sk-abcdefghijklmnopqrstuvwxyz0123456789";
  cause.model = "qwen";
  cause.file = "logs/a.log";
  return cause;
}

class SentryTest : public testing::Test {
 protected:
  std::size_t Events(TimePoint now) {
    events_ = SentryEvents(report_, {"pilot", "host", "test", "benchkeep@1"},
                           now, memory_);
    return events_.size();
  }

  ops::LogErrorsReport report_;
  std::vector<Json> events_;
  std::map<std::string, store::EventMemory> memory_;
};

TEST_F(SentryTest, SendsOneEventPerCauseAndHour) {
  report_.causes = {Cause("429 too many", 5), Cause("timeout after # s", 3)};
  EXPECT_EQ(Events(kNoon), 2U);
  EXPECT_EQ(Events(kNoon + 10min), 0U);
  report_.causes[0].count = 6;
  EXPECT_EQ(Events(kNoon + 59min), 0U);
  EXPECT_EQ(Events(kNoon + 60min), 1U);
  // Nothing new: nothing to tell, however long.
  EXPECT_EQ(Events(kNoon + 10h), 0U);
  report_.causes[1].last = "2026-01-31T21:00:00";
  EXPECT_EQ(Events(kNoon + 11h), 1U);
  report_.causes.push_back(Cause("a third", 1));
  EXPECT_EQ(Events(kNoon + 11h), 1U);
}

TEST_F(SentryTest, LeavesOldCausesAlone) {
  report_.causes = {Cause("429 too many", 5)};
  report_.causes[0].recent = 0;
  EXPECT_EQ(Events(kNoon), 0U);
}

TEST_F(SentryTest, IsBounded) {
  for (int i = 0; i < 500; ++i) {
    report_.causes.push_back(Cause("cause " + std::to_string(i), 1));
  }
  EXPECT_EQ(Events(kNoon), 50U);
  for (int i = 0; i < 9; ++i) Events(kNoon);
  EXPECT_EQ(Events(kNoon), 0U);
  EXPECT_EQ(memory_.size(), 500U);
  report_.causes.clear();
  Events(kNoon + 31 * 24h);
  EXPECT_TRUE(memory_.empty());
}

TEST_F(SentryTest, FillsInTheEventAndNoKey) {
  report_.causes = {Cause("429 too many", 5)};
  ASSERT_EQ(Events(kNoon), 1U);
  const Json& event = events_[0];
  EXPECT_EQ(event.StringAt("event_id")->size(), 32U);
  EXPECT_EQ(event.StringAt("timestamp"), "2026-01-31T12:00:00Z");
  EXPECT_EQ(event.StringAt("server_name"), "host");
  EXPECT_EQ(event.Find("message")->StringAt("formatted"), "429 too many");
  EXPECT_EQ(event.Find("fingerprint")->Dump(),
            R"(["benchkeep","rate_limit","429 too many"])");
  EXPECT_EQ(event.Find("tags")->StringAt("class"), "rate_limit");
  EXPECT_EQ(event.Find("extra")->IntAt("count"), 5);
  EXPECT_EQ(event.Dump().find("sk-abcdef"), std::string::npos);
}

TEST_F(SentryTest, MakesAnEnvelope) {
  Json event = Json::Object();
  event.Set("event_id", Json::String("0123"));
  EXPECT_EQ(SentryEnvelope(event, kNoon),
            "{\"event_id\":\"0123\",\"sent_at\":\"2026-01-31T12:00:00Z\"}\n"
            "{\"type\":\"event\",\"content_type\":\"application/json\","
            "\"length\":19}\n"
            "{\"event_id\":\"0123\"}\n");
}

TEST(ParseDsn, FindsEndpointAndKey) {
  const auto dsn = ParseDsn("https://abc123@o1.ingest.sentry.io/42");
  ASSERT_TRUE(dsn.has_value());
  EXPECT_EQ(dsn->endpoint, "https://o1.ingest.sentry.io/api/42/envelope/");
  EXPECT_EQ(dsn->key, "abc123");
  EXPECT_EQ(ParseDsn("https://k@host:9000/below/7")->endpoint,
            "https://host:9000/below/api/7/envelope/");
  EXPECT_EQ(ParseDsn("http://k@127.0.0.1:9/7")->endpoint,
            "http://127.0.0.1:9/api/7/envelope/");
  for (const char* text : {"", "nonsense", "https://host/42", "https://k@host/",
                           "http://k@sentry.example.com/1", "ftp://k@host/1"}) {
    EXPECT_FALSE(ParseDsn(text).has_value()) << text;
  }
}

TEST(SentryPause, ReadsRateLimits) {
  EXPECT_EQ(SentryPause(""), 0s);
  EXPECT_EQ(SentryPause("60:error:organization"), 60s);
  EXPECT_EQ(SentryPause("60:transaction:key"), 0s);
  EXPECT_EQ(SentryPause("60:transaction;error:key, 10::project"), 60s);
  EXPECT_EQ(SentryPause("2700::organization"), 2700s);
  EXPECT_EQ(SentryPause("1.5:default:x:reason"), 2s);
  EXPECT_EQ(SentryPause("99999999:error:key"), 86'400s);
  EXPECT_EQ(SentryPause("nonsense"), 0s);
}

}  // namespace
}  // namespace benchkeep::jobs
