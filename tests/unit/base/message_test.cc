// Messages: templates filled, and never a throw whatever a translation says.

#include "base/message.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace benchkeep {
namespace {

TEST(MessageTest, FillsItsArguments) {
  EXPECT_EQ(Say(N_("{0} of {1} rows in {2}"), 3, std::uint64_t{40},
                std::filesystem::path("/s/a.parquet"))
                .English(),
            "3 of 40 rows in /s/a.parquet");
  EXPECT_EQ(Say(N_("plain")).English(), "plain");
  EXPECT_EQ(Say(N_("{0}"), std::string("text")).English(), "text");
  EXPECT_EQ(Say(N_("{0}"), std::int64_t{-1}).English(), "-1");
}

TEST(MessageTest, OrderIsTheTranslators) {
  EXPECT_EQ(Fill("{1} before {0}, {1} again", {"a", "b"}),
            "b before a, b again");
}

TEST(MessageTest, FaultyTemplatesStayAsTheyAre) {
  EXPECT_EQ(Fill("{0} {1} {9}", {"a"}), "a {1} {9}");
  EXPECT_EQ(Fill("{", {"a"}), "{");
  EXPECT_EQ(Fill("{0", {"a"}), "{0");
  EXPECT_EQ(Fill("{}", {"a"}), "{}");
  EXPECT_EQ(Fill("{x} }", {"a"}), "{x} }");
  EXPECT_EQ(Fill("", {"a"}), "");
}

TEST(MessageTest, DoubledBracesAreBraces) {
  EXPECT_EQ(Fill("{{0}} {0}", {"a"}), "{0} a");
}

TEST(MessageTest, ArgumentsAreNotTemplates) {
  EXPECT_EQ(Fill("{0} {1}", {"{1}", "b"}), "{1} b");
}

TEST(MessageTest, EmptyMeansNothingToSay) {
  EXPECT_TRUE(Message{}.empty());
  EXPECT_FALSE(Say(N_("x")).empty());
}

}  // namespace
}  // namespace benchkeep
