// Nearest names, sizes, clean UTF-8.

#include "base/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace benchkeep {
namespace {

const std::vector<std::string> kNames = {"consolidate", "config", "completion",
                                         "status",      "dedupe", "undo"};

TEST(NearestName, FindsTypos) {
  EXPECT_EQ(NearestName("consolidat", kNames), "consolidate");
  EXPECT_EQ(NearestName("cosnolidate", kNames), "consolidate");
  EXPECT_EQ(NearestName("stauts", kNames), "status");
  EXPECT_EQ(NearestName("dedup", kNames), "dedupe");
}

TEST(NearestName, FindsUnfinishedNames) {
  EXPECT_EQ(NearestName("comp", kNames), "completion");
}

TEST(NearestName, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(NearestName("frobnicate", kNames), "");
  EXPECT_EQ(NearestName("x", kNames), "");
  EXPECT_EQ(NearestName("", kNames), "");
  EXPECT_EQ(NearestName("status", {}), "");
}

TEST(ParseSize, KnowsUnits) {
  EXPECT_EQ(ParseSize("0"), 0U);
  EXPECT_EQ(ParseSize("1048576"), 1048576U);
  EXPECT_EQ(ParseSize("512M"), 512U << 20U);
  EXPECT_EQ(ParseSize("512MiB"), 512U << 20U);
  EXPECT_EQ(ParseSize("512MB"), 512'000'000U);
  EXPECT_EQ(ParseSize("2 GiB"), std::uint64_t{2} << 30U);
  EXPECT_EQ(ParseSize("1t"), std::uint64_t{1} << 40U);
}

TEST(ParseSize, RefusesTheRest) {
  for (const char* text : {"", "M", "-1", "1.5G", "5 furlongs", "1 M B",
                           "18446744073709551616", "99999999T", " 1"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
}

TEST(SizeText, IsExactAndReadsBack) {
  EXPECT_EQ(SizeText(0), "0");
  EXPECT_EQ(SizeText(1000), "1000");
  EXPECT_EQ(SizeText(1536), "1536");
  EXPECT_EQ(SizeText(512U << 20U), "512MiB");
  for (const std::uint64_t bytes :
       {std::uint64_t{1}, std::uint64_t{1} << 50U, std::uint64_t{3} << 33U,
        std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_EQ(ParseSize(SizeText(bytes)), bytes);
  }
}

TEST(IsUtf8, AtEveryPlaceOfALongText) {
  const std::string plain(20, 'a');
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8(plain));
  for (std::size_t at = 0; at <= plain.size(); ++at) {
    std::string text = plain;
    EXPECT_TRUE(IsAscii(text));
    EXPECT_TRUE(IsUtf8(text.insert(at, "\xE6\xB5\x8B"))) << at;
    EXPECT_FALSE(IsAscii(text)) << at;
    EXPECT_FALSE(IsUtf8(text.insert(at, "\xFF"))) << at;
  }
  EXPECT_FALSE(IsUtf8("1234567\xE4\xBD")) << "cut off";
}

TEST(CleanUtf8, KeepsWhatIsValid) {
  const std::string text = "a \xC3\xA9 \xE4\xBD\xA0 \xF0\x9F\x98\x80";
  EXPECT_EQ(CleanUtf8(text), text);
}

TEST(CleanUtf8, ReplacesEachStrayByte) {
  const std::string sign = "\xEF\xBF\xBD";
  EXPECT_EQ(CleanUtf8("a\xFFz"), "a" + sign + "z");
  EXPECT_EQ(CleanUtf8("\xE4\xBD"), sign + sign);             // Cut off.
  EXPECT_EQ(CleanUtf8("\xC0\xAF"), sign + sign);             // Overlong.
  EXPECT_EQ(CleanUtf8("\xED\xA0\x80"), sign + sign + sign);  // Surrogate.
}

}  // namespace
}  // namespace benchkeep
