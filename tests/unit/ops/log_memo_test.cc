// Lines that come again.

#include "ops/log_memo.h"

#include <gtest/gtest.h>

#include <string>

namespace benchkeep::ops {
namespace {

using Says = LineMeaning::Says;

TEST(LineMemoTest, KeepsWhatALineSays) {
  const std::string error = "\x1b[0;31m[ERROR]\x1b[0m   [LLM_ERROR] no luck";
  const std::string model = "[ERROR] [LLM_CALL] Using model: gpt-4o-mini";
  const std::string noise = "[INFO] the word ERROR";
  const std::string longest = "ERROR: " + std::string(121, 'x');
  LineMemo memo;
  for (const std::string& line : {error, model, noise, longest}) {
    ASSERT_LE(line.size(), LineMemo::kMaxLine);
    EXPECT_FALSE(memo.At(line).Holds(line));
    const LineMeaning meaning = MeaningOf(line);
    ASSERT_TRUE(memo.At(line).Keep(line, meaning));
    EXPECT_TRUE(memo.At(line).Holds(line));
    EXPECT_EQ(memo.At(line).meaning().says, meaning.says);
    EXPECT_EQ(memo.At(line).meaning().text, meaning.text);
  }
  EXPECT_EQ(memo.At(error).meaning().text, "[LLM_ERROR] no luck");
  EXPECT_EQ(memo.At(model).meaning().says, Says::kModel);
  EXPECT_EQ(memo.At(model).meaning().text, "gpt-4o-mini");
  EXPECT_EQ(memo.At(noise).meaning().says, Says::kNothing);
  EXPECT_EQ(memo.At(longest).meaning().text.size(), 121U);
}

TEST(LineMemoTest, KeepsNoTimesAndNoTracebacks) {
  LineMemo memo;
  for (const std::string line : {"2025-08-27 00:43:09,999 - a - ERROR - no",
                                 "  Traceback (most recent call last):"}) {
    EXPECT_FALSE(memo.At(line).Keep(line, MeaningOf(line)));
    EXPECT_FALSE(memo.At(line).Holds(line));
  }
}

TEST(LineMemoTest, APlaceTakenByAnotherLineForgetsItsCause) {
  LineMemo memo;
  const std::string first = "ERROR: first";
  LineMemo::Slot& slot = memo.At(first);
  ASSERT_TRUE(slot.Keep(first, MeaningOf(first)));
  EXPECT_FALSE(slot.cause());
  slot.set_cause(7);
  EXPECT_EQ(slot.cause(), 7U);
  // Some other line has the same place.
  for (int n = 0; n < 100'000; ++n) {
    const std::string other = "ERROR: other " + std::to_string(n);
    if (&memo.At(other) != &slot) continue;
    EXPECT_FALSE(slot.Holds(other));
    ASSERT_TRUE(slot.Keep(other, MeaningOf(other)));
    EXPECT_FALSE(slot.Holds(first));
    EXPECT_FALSE(slot.cause());
    return;
  }
  FAIL() << "no two lines share a place";
}

}  // namespace
}  // namespace benchkeep::ops
