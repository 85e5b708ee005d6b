// Words and lines for a shell.

#include "render/tune.h"

#include <gtest/gtest.h>

#include "render/menu.h"

namespace benchkeep::render {
namespace {

TEST(ShellWord, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(ShellWord("parquet"), "parquet");
  EXPECT_EQ(ShellWord("/data/a-b_c.1"), "/data/a-b_c.1");
  EXPECT_EQ(ShellWord(""), "''");
  EXPECT_EQ(ShellWord("a b"), "'a b'");
  EXPECT_EQ(ShellWord("$(rm -rf x)`y`"), "'$(rm -rf x)`y`'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord("~"), "'~'");
  EXPECT_EQ(ShellWord("a\nb"), "'a\nb'");
}

TEST(TuneEnv, IsThreeLines) {
  ops::TuneReport report;
  report.storage = ops::Storage::kJson;
  report.workers = 7;
  report.batch.value = 12;
  EXPECT_EQ(TuneEnv(report),
            "export STORAGE_FORMAT=json\nexport workers=7\n"
            "export batch_size=12\n");
}

TEST(CommandText, CanBeTyped) {
  EXPECT_EQ(CommandText({"-C", "/a store", "check"}),
            "benchkeep -C '/a store' check");
}

}  // namespace
}  // namespace benchkeep::render
