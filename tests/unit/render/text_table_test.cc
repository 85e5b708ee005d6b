// Widths, tables and numbers.

#include "render/text_table.h"

#include <gtest/gtest.h>

namespace benchkeep::render {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// UTF-8 of two Chinese characters ("model"), an emoji, a family joined of
// three emoji, a heart with emoji style, e with a combining acute.
const char* const kModel = "\xE6\xA8\xA1\xE5\x9E\x8B";
const char* const kSmile = "\xF0\x9F\x98\x80";
const char* const kFamily =
    "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7";
const char* const kHeart = "\xE2\x9D\xA4\xEF\xB8\x8F";
const char* const kAcute = "e\xCC\x81";

const Translator kEnglish;
const Face kPlain{kEnglish, false, 80};

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(DisplayWidth(""), 0U);
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth(kModel), 4U);
  EXPECT_EQ(DisplayWidth(kSmile), 2U);
  EXPECT_EQ(DisplayWidth(kFamily), 2U);
  EXPECT_EQ(DisplayWidth(kHeart), 2U);
  EXPECT_EQ(DisplayWidth(kAcute), 1U);
  EXPECT_EQ(DisplayWidth("\x1b[31mred\x1b[0m"), 3U);
}

TEST(TextTable, AlignsChineseAndNumbers) {
  TextTable table;
  table.Column(kModel).Column("tests", Align::kRight);
  table.Row({"DeepSeek-V3", "2,461"});
  table.Row({std::string("\xE9\x80\x9A\xE4\xB9\x89"), "7"});
  table.Rule();
  table.Row({"", "2,468"});
  EXPECT_EQ(table.Render(kPlain),
            std::string(kModel) + "         tests\n" + "DeepSeek-V3  2,461\n" +
                "\xE9\x80\x9A\xE4\xB9\x89             7\n" +
                "-----------  -----\n" + "             2,468\n");
}

TEST(TextTable, FillsMissingCellsAndTrimsLines) {
  TextTable table;
  table.Column("a").Column("b");
  table.Row({"1"});
  EXPECT_EQ(table.Render(kPlain, 2), "  a  b\n  1\n");
}

TEST(TextTable, CannotBeSteeredByItsCells) {
  TextTable table;
  table.Column("name");
  table.Row({"x\x1b[2Jy\nz"});
  EXPECT_EQ(table.Render(kPlain), "name\nx\\x1b[2Jy\\nz\n");
}

TEST(TextTable, PaintsOnlyInColor) {
  TextTable table;
  table.Column("s");
  table.Row({TableCell("bad", Ink::kBad)});
  EXPECT_EQ(table.Render(kPlain), "s\nbad\n");
  const Face colored{kEnglish, true, 80};
  EXPECT_NE(table.Render(colored).find("\x1b[31mbad\x1b[0m"),
            std::string::npos);
}

TEST(Clip, NeverCutsACharacter) {
  EXPECT_EQ(Clip("abcdef", 6), "abcdef");
  EXPECT_EQ(Clip("abcdefg", 6), "abc...");
  // Six columns have room for one wide character and the dots.
  EXPECT_EQ(Clip(std::string(kModel) + kModel, 6), "\xE6\xA8\xA1...");
}

TEST(Wrap, BreaksAtSpaces) {
  EXPECT_EQ(Wrap("one two three four five", 22, 2),
            "  one two three four\n  five\n");
}

TEST(Wrap, BreaksBetweenChineseCharactersButNotBeforeAStop) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "\xE6\xA8\xA1";
  text += "\xE3\x80\x82";  // A full stop must not begin a line.
  const std::string wrapped = Wrap(text, 20);
  EXPECT_EQ(wrapped.find('\n'), 9U * 3U);
  EXPECT_EQ(wrapped.substr(28), "\xE6\xA8\xA1\xE3\x80\x82\n");
}

TEST(Numbers, Thousands) {
  EXPECT_EQ(Thousands(std::uint64_t{0}), "0");
  EXPECT_EQ(Thousands(std::uint64_t{999}), "999");
  EXPECT_EQ(Thousands(std::uint64_t{28265}), "28,265");
  EXPECT_EQ(Thousands(std::uint64_t{1234567}), "1,234,567");
  EXPECT_EQ(Thousands(std::int64_t{-1234}), "-1,234");
  EXPECT_EQ(Thousands(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(Numbers, HumanBytes) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1536), "1.5 KiB");
  EXPECT_EQ(HumanBytes((1U << 20U) - 1), "1.0 MiB");
  EXPECT_EQ(HumanBytes(UINT64_MAX), "16.0 EiB");
}

TEST(Numbers, Percent) {
  EXPECT_EQ(Percent(0.16822), "16.8%");
  EXPECT_EQ(Percent(1.0), "100.0%");
  EXPECT_EQ(Percent(0.16822, 2), "16.82%");
  EXPECT_EQ(Percent(std::nullopt), "-");
}

TEST(Numbers, Durations) {
  EXPECT_EQ(HumanDuration(milliseconds(420), kPlain), "0.42 s");
  EXPECT_EQ(HumanDuration(milliseconds(9999), kPlain), "10 s");
  EXPECT_EQ(HumanDuration(milliseconds(59999), kPlain), "1 min 0 s");
  EXPECT_EQ(HumanDuration(seconds(185), kPlain), "3 min 5 s");
  EXPECT_EQ(HumanDuration(minutes(130), kPlain), "2 h 10 min");
  EXPECT_EQ(HumanDuration(hours(76), kPlain), "3 d 4 h");
  EXPECT_EQ(HumanAge(seconds(3), kPlain), "just now");
  EXPECT_EQ(HumanAge(hours(76), kPlain), "3 d 4 h ago");
  EXPECT_EQ(HumanAge(minutes(-5), kPlain), "in 5 min 0 s");
}

}  // namespace
}  // namespace benchkeep::render
