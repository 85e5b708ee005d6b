// Tests of keeping documents ready: languages, failures, staleness, stopping.

#include "jobs/collectors.h"

#include <gtest/gtest.h>

#include <atomic>

namespace benchkeep::jobs {
namespace {

using std::chrono::milliseconds;

// Waits for something that another thread does soon.
template <typename Condition>
bool Soon(const Condition& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

std::string DocumentText(const std::string& value) {
  return "{\"status\":\"ok\",\"data\":{\"value\":\"" + value + "\"}}\n";
}

TEST(CollectorsTest, KeepsTheFirstLanguageAndOthersOnDemand) {
  SystemClock clock;
  std::atomic<int> changes{0};
  Collectors collectors(
      {{.name = "a",
        .interval = milliseconds(20),
        .fetch =
            [](const std::string& language, const std::function<bool()>&) {
              return Result<std::string>(DocumentText(language));
            }}},
      {"en"}, clock, [&](const std::string& name) {
        EXPECT_EQ(name, "a");
        ++changes;
      });
  EXPECT_TRUE(collectors.Knows("a"));
  EXPECT_FALSE(collectors.Knows("b"));
  EXPECT_FALSE(collectors.Get("a", "en"));
  collectors.Start();
  ASSERT_TRUE(Soon([&] { return collectors.Get("a", "en").has_value(); }));
  EXPECT_EQ(*collectors.Get("a", "en")->text,
            "{\"status\":\"ok\",\"data\":{\"value\":\"en\"}}");
  ASSERT_TRUE(Soon([&] { return collectors.Get("a", "zh").has_value(); }));
  EXPECT_EQ(collectors.Get("a", "zh")->document.Find("data")->StringAt("value"),
            "zh");
  EXPECT_TRUE(Soon([&] { return changes > 3; }));
  EXPECT_TRUE(collectors.Health().front().up);
  EXPECT_EQ(collectors.Current().size(), 1U);
}

TEST(CollectorsTest, AFailureDropsTheValueFromThePresent) {
  SystemClock clock;
  std::atomic<bool> fail{false};
  Collectors collectors(
      {{.name = "a",
        .interval = milliseconds(10),
        .fetch = [&](const std::string&,
                     const std::function<bool()>&) -> Result<std::string> {
          if (fail) return Fail(Code::kIo, Say("broken"));
          return DocumentText("x");
        }}},
      {"en"}, clock, [](const std::string&) {});
  collectors.Start();
  ASSERT_TRUE(Soon([&] { return collectors.Current().size() == 1; }));
  fail = true;
  ASSERT_TRUE(Soon([&] { return collectors.Current().empty(); }));
  const CollectorHealth health = collectors.Health().front();
  EXPECT_FALSE(health.up);
  EXPECT_GE(health.failures, 1U);
  ASSERT_TRUE(health.error);
  EXPECT_EQ(health.error->message.English(), "broken");
  // What was known is still there, and called stale.
  ASSERT_TRUE(collectors.Get("a", "en"));
  EXPECT_TRUE(collectors.Get("a", "en")->stale);
  fail = false;
  EXPECT_TRUE(Soon([&] { return collectors.Current().size() == 1; }));
}

TEST(CollectorsTest, OneFailureDoesNotCountTwoDo) {
  SystemClock clock;
  bool fail = false;
  Collectors collectors(
      {{.name = "a",
        .interval = milliseconds(60'000),
        .fetch = [&](const std::string&,
                     const std::function<bool()>&) -> Result<std::string> {
          if (fail) return Fail(Code::kBusy, Say("busy"));
          return DocumentText("x");
        }}},
      {"en"}, clock, [](const std::string&) {});
  collectors.CollectOnce();
  fail = true;
  collectors.CollectOnce();
  EXPECT_TRUE(collectors.Health().front().up);
  EXPECT_FALSE(collectors.Get("a", "en")->stale);
  collectors.CollectOnce();
  EXPECT_FALSE(collectors.Health().front().up);
  EXPECT_TRUE(collectors.Get("a", "en")->stale);
  fail = false;
  collectors.CollectOnce();
  EXPECT_TRUE(collectors.Health().front().up);
}

TEST(CollectorsTest, AnswersThatAreNoDocumentsAreFailures) {
  SystemClock clock;
  for (const char* text : {"", "no JSON", "[]", "{\"status\":\"ok\"}"}) {
    Collectors collectors(
        {{.name = "a",
          .interval = milliseconds(10),
          .fetch =
              [&](const std::string&, const std::function<bool()>&) {
                return Result<std::string>(std::string(text));
              }}},
        {"en"}, clock, [](const std::string&) {});
    collectors.CollectOnce();
    EXPECT_EQ(collectors.Health().front().failures, 1U) << text;
    EXPECT_FALSE(collectors.Get("a", "en")) << text;
  }
}

TEST(CollectorsTest, OneThatHangsGrowsStaleAndTheOthersGoOn) {
  ManualClock clock(TimePoint(std::chrono::hours(1)));
  std::atomic<bool> hang{false};
  std::atomic<int> others{0};
  Collectors collectors(
      {{.name = "hangs",
        .interval = milliseconds(10),
        .fetch = [&](const std::string&, const std::function<bool()>& cancelled)
            -> Result<std::string> {
          while (hang && !cancelled()) {
            std::this_thread::sleep_for(milliseconds(5));
          }
          return DocumentText("x");
        }},
       {.name = "other",
        .interval = milliseconds(10),
        .fetch =
            [&](const std::string&, const std::function<bool()>&) {
              ++others;
              return Result<std::string>(DocumentText("y"));
            }}},
      {"en"}, clock, [](const std::string&) {});
  collectors.Start();
  ASSERT_TRUE(Soon([&] { return collectors.Current().size() == 2; }));
  hang = true;
  ASSERT_TRUE(Soon([&] { return collectors.Health().front().running; }));
  const int before = others;
  EXPECT_TRUE(Soon([&] { return others > before + 3; }));
  collectors.Stop();
  clock.Set(TimePoint(std::chrono::hours(2)));
  EXPECT_FALSE(collectors.Health().front().up);
  EXPECT_TRUE(collectors.Current().empty());
}

}  // namespace
}  // namespace benchkeep::jobs
