// Errors counted by cause: what is remembered of messages changes nothing.

#include "ops/log_tally.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "ops/log_pattern.h"

namespace benchkeep::ops {
namespace {

std::string Pattern(const std::string& message, std::string_view model) {
  std::string pattern;
  PatternOf(message, model, pattern);
  return pattern;
}

class Random {
 public:
  std::size_t Below(std::size_t end) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state_ >> 33) % end;
  }

 private:
  std::uint64_t state_ = 1;
};

// What may stand in a message, in no sensible order.
std::string Pieces(Random& random, std::size_t count) {
  static const std::string kPieces[] = {"'message': '",
                                        "\"message\": \"",
                                        "'code': '",
                                        "\"code\":\"",
                                        "{'",
                                        "{\"",
                                        "{",
                                        "}",
                                        "'",
                                        "\"",
                                        "', ",
                                        "\", ",
                                        " ",
                                        ": ",
                                        "HTTP/1.1",
                                        "https://a.example/x",
                                        "/tmp/a.json",
                                        "gpt-4o",
                                        "MPE-429",
                                        "Error code: 400 - ",
                                        "a3f81c02",
                                        "2025-08-27 00:43",
                                        "\x1b[0m",
                                        "limit",
                                        "message",
                                        "code",
                                        "\xE6\xA8\xA1\xE5\x9E\x8B",
                                        std::string(1, '\0'),
                                        std::string(90, 'x')};
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += kPieces[random.Below(std::size(kPieces))];
  }
  return text;
}

TEST(DecidingBytesTest, WhatFollowsThemChangesNoPattern) {
  Random random;
  std::size_t decided = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string message = Pieces(random, random.Below(4)) + " ";
    if (random.Below(2) == 0) message = "[LLM_ERROR] Attempt 1/5: - ";
    message += random.Below(2) == 0 ? "{'" : "{\"";
    message += Pieces(random, 4 + random.Below(20));
    const std::size_t bytes = DecidingBytes(message);
    if (bytes == 0) continue;
    ++decided;
    ASSERT_LE(bytes, message.size());
    const std::string other =
        message.substr(0, bytes) + Pieces(random, random.Below(40));
    ASSERT_EQ(DecidingBytes(other), bytes) << message << "\n" << other;
    for (const char* model : {"", "gpt-4o"}) {
      ASSERT_EQ(Pattern(other, model), Pattern(message, model))
          << message << "\n"
          << other;
    }
  }
  EXPECT_GT(decided, 3000U);
}

TEST(DecidingBytesTest, AreKnownForPayloadsWithAMessageAndACode) {
  const std::string start =
      "Error code: 400 - {'success': False, 'message': 'no', 'code': 'A-1'";
  EXPECT_EQ(DecidingBytes(start + ", 'id': '17'}"), start.size());
  EXPECT_EQ(DecidingBytes("Error code: 400 - {'message': 'no', 'id': '17'}"),
            0U);
  EXPECT_EQ(DecidingBytes("it's {'message': 'no', 'code': 'A-1'}"), 0U);
  EXPECT_EQ(DecidingBytes("x{'message': 'no', 'code': 'A-1'}"), 0U);
  EXPECT_EQ(DecidingBytes("{'message': 'no', 'code': 'A-1"), 0U);
  EXPECT_EQ(DecidingBytes(""), 0U);
  EXPECT_EQ(DecidingBytes("{"), 0U);
}

TEST(LogTallyTest, CountsByPatternWhateverItRemembers) {
  Random random;
  LogTally tally;
  std::map<std::string, std::uint64_t> expected;
  for (int n = 0; n < 5000; ++n) {
    // More starts than are remembered, and another end each time.
    const std::string message =
        "Attempt " + std::to_string(random.Below(7)) +
        (random.Below(2) == 0 ? " of gpt-4o: {'message': '"
                              : ": {'message': '") +
        (random.Below(2) == 0 ? "rate limit" : "not found") +
        "', 'code': 'EE-" + std::to_string(random.Below(3)) + "', 'detail': '" +
        std::string(100, 'x') + std::to_string(n) + "'}";
    const char* model = random.Below(2) == 0 ? "gpt-4o" : "qwen-7b";
    tally.Add({message, "2025-08-27 00:43:09", model});
    ++expected[Pattern(message, model)];
  }
  std::map<std::string, std::uint64_t> found;
  for (const LogTally::Cause& cause : tally.causes()) {
    ASSERT_EQ(cause.hours.size(), 1U);
    found[cause.pattern] += cause.hours[0].count;
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(found.size(), 18U);
}

TEST(LogTallyTest, KeepsTheFirstAndTheLastTimeOfEachHour) {
  LogTally tally;
  const auto cause = tally.Add({"it broke", "2025-08-27 01:30:00", ""});
  ASSERT_TRUE(cause);
  tally.AddAgain(*cause, "2025-08-27 01:10:00");
  tally.AddAgain(*cause, "2025-08-27 01:50:00");
  tally.AddAgain(*cause, "2025-08-27 03:00:00");
  tally.AddAgain(*cause, "2025-08-27 01:20:00");
  tally.AddAgain(*cause, "");
  const std::vector<LogTally::Hour>& hours = tally.causes()[*cause].hours;
  ASSERT_EQ(hours.size(), 3U);
  EXPECT_EQ(hours[0].hour, "2025-08-27T01");
  EXPECT_EQ(hours[0].count, 4U);
  EXPECT_EQ(hours[0].first, "2025-08-27T01:10:00");
  EXPECT_EQ(hours[0].last, "2025-08-27T01:50:00");
  EXPECT_EQ(hours[1].hour, "2025-08-27T03");
  EXPECT_EQ(hours[2].hour, "");
  EXPECT_EQ(hours[2].count, 1U);
}

// A crash is a crash, even if the same words were known as another error.
TEST(LogTallyTest, PromisesNoPlaceForACrash) {
  LogTally tally;
  ASSERT_TRUE(tally.Add({"strange thing", "", ""}));
  EXPECT_FALSE(tally.Add({"strange thing", "", "", true}));
  ASSERT_EQ(tally.causes().size(), 2U);
  EXPECT_EQ(tally.causes()[0].kind, ErrorClass::kOther);
  EXPECT_EQ(tally.causes()[1].kind, ErrorClass::kCrash);
  EXPECT_FALSE(tally.Add({std::string(200, 'y'), "", ""}));
}

}  // namespace
}  // namespace benchkeep::ops
