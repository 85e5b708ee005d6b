// Parsing of options and arguments.

#include "cli/flags.h"

#include <gtest/gtest.h>

namespace benchkeep::cli {
namespace {

enum class Shape { kRecords, kSummary };

struct Options {
  std::string output = "out.csv";
  std::optional<std::string> since;
  std::int64_t limit = 10;
  std::optional<std::int64_t> depth;
  bool all = false;
  std::uint64_t memory = 0;
  std::vector<std::string> columns;
  std::string format = "csv";
  Shape shape = Shape::kRecords;
  std::string sql;
  std::vector<std::string> rest;
};

class FlagsTest : public testing::Test {
 protected:
  FlagsTest() {
    flags_.Text("output", "the file", &options_.output)
        .Short('o')
        .Value("FILE");
    flags_.Text("since", "a date", &options_.since);
    flags_.Int("limit", "rows", &options_.limit).Short('n');
    flags_.Int("depth", "levels", &options_.depth);
    flags_.Bool("all", "everything", &options_.all).Short('a');
    flags_.Size("memory", "bytes", &options_.memory);
    flags_.List("columns", "names", &options_.columns);
    flags_.Choice("format", "form", {"csv", "xlsx", "json"}, &options_.format);
    flags_.Choice<Shape>(
        "shape", "shape",
        {{"records", Shape::kRecords}, {"summary", Shape::kSummary}},
        &options_.shape);
    flags_.Argument("sql", "the query", &options_.sql);
    flags_.Arguments("rest", "more", &options_.rest);
  }

  std::string ErrorOf(const std::vector<std::string>& args) {
    const Status status = flags_.Parse(args);
    if (status.ok()) return "no error";
    EXPECT_EQ(status.error().code, Code::kInvalidArgument);
    return status.error().message.English();
  }

  Options options_;
  FlagSet flags_;
};

TEST_F(FlagsTest, ReadsEveryKindInEveryForm) {
  const std::vector<std::string> args = {
      "-o",        "a.csv",    "--since=2026-01-31",
      "-n5",       "--depth",  "3",
      "--all",     "--memory", "2GiB",
      "--columns", "a,b",      "--columns",
      "c",         "select",   "--format=xlsx",
      "--shape",   "summary",  "more",
      "-"};
  ASSERT_TRUE(flags_.Parse(args).ok());
  EXPECT_EQ(options_.output, "a.csv");
  EXPECT_EQ(options_.since, "2026-01-31");
  EXPECT_EQ(options_.limit, 5);
  EXPECT_EQ(options_.depth, 3);
  EXPECT_TRUE(options_.all);
  EXPECT_EQ(options_.memory, std::uint64_t{2} << 30U);
  EXPECT_EQ(options_.columns, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(options_.format, "xlsx");
  EXPECT_EQ(options_.shape, Shape::kSummary);
  EXPECT_EQ(options_.sql, "select");
  EXPECT_EQ(options_.rest, (std::vector<std::string>{"more", "-"}));
}

TEST_F(FlagsTest, KeepsDefaults) {
  ASSERT_TRUE(flags_.Parse({}).ok());
  EXPECT_EQ(options_.output, "out.csv");
  EXPECT_EQ(options_.since, std::nullopt);
  EXPECT_EQ(options_.limit, 10);
}

TEST_F(FlagsTest, EndsOptionsAtTwoDashes) {
  const std::vector<std::string> args = {"--", "--all", "-x"};
  ASSERT_TRUE(flags_.Parse(args).ok());
  EXPECT_FALSE(options_.all);
  EXPECT_EQ(options_.sql, "--all");
  EXPECT_EQ(options_.rest, (std::vector<std::string>{"-x"}));
}

TEST_F(FlagsTest, AnOptionalValueMayStartWithADash) {
  const std::vector<std::string> args = {"-o", "-", "--since", "--all"};
  ASSERT_TRUE(flags_.Parse(args).ok());
  EXPECT_EQ(options_.output, "-");
  EXPECT_EQ(options_.since, "--all");
}

TEST_F(FlagsTest, NamesMistakes) {
  EXPECT_EQ(ErrorOf({"--outptu", "x"}),
            "unknown option '--outptu'; did you mean '--output'?");
  EXPECT_EQ(ErrorOf({"--outptu=x"}),
            "unknown option '--outptu'; did you mean '--output'?");
  EXPECT_EQ(ErrorOf({"--zzzzzz"}), "unknown option '--zzzzzz'");
  EXPECT_EQ(ErrorOf({"-z"}), "unknown option '-z'");
  EXPECT_EQ(ErrorOf({"--output"}), "the option --output needs a value: FILE");
  EXPECT_EQ(ErrorOf({"--all=yes"}), "the option --all takes no value");
  EXPECT_EQ(ErrorOf({"--limit", "-5"}), "--limit: '-5' is not a whole number");
  EXPECT_EQ(ErrorOf({"--depth=1e3"}), "--depth: '1e3' is not a whole number");
  EXPECT_EQ(ErrorOf({"--memory", "lots"}),
            "--memory: 'lots' is not a size like 512M or 2GiB");
  EXPECT_EQ(ErrorOf({"--columns", "a,,b"}),
            "--columns: 'a,,b' has an empty item");
  EXPECT_EQ(ErrorOf({"--format", "xslx"}),
            "--format: unknown value 'xslx'; did you mean 'xlsx'?");
  EXPECT_EQ(ErrorOf({"--format", "pdf"}),
            "--format: 'pdf' is none of csv, xlsx, json");
  EXPECT_EQ(ErrorOf({"--shape", "sumary"}),
            "--shape: unknown value 'sumary'; did you mean 'summary'?");
}

TEST(Flags, MissesWhatIsRequired) {
  std::string file;
  std::string sql;
  FlagSet flags;
  flags.Text("output", "", &file).Value("FILE").Required();
  flags.Argument("sql", "", &sql).Required();
  EXPECT_EQ(flags.Parse({}).error().message.English(),
            "the argument SQL is missing");
  const std::vector<std::string> one = {"select"};
  EXPECT_EQ(flags.Parse(one).error().message.English(),
            "the option --output FILE is missing");
}

TEST(Flags, RefusesArgumentsTooMany) {
  FlagSet flags;
  const std::vector<std::string> args = {"x"};
  EXPECT_EQ(flags.Parse(args).error().message.English(),
            "unexpected argument 'x'");
}

TEST(Flags, AGivenListReplacesTheDefault) {
  std::vector<std::string> names = {"old"};
  FlagSet flags;
  flags.List("names", "", &names);
  const std::vector<std::string> args = {"--names=a", "--names=b"};
  ASSERT_TRUE(flags.Parse(args).ok());
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
}

TEST(Flags, IncludesTheOptionsOfAnother) {
  bool json = false;
  bool all = false;
  FlagSet globals;
  globals.Bool("json", "", &json).Short('j');
  FlagSet flags;
  flags.Bool("all", "", &all);
  flags.Include(globals);
  const std::vector<std::string> args = {"--all", "-j"};
  ASSERT_TRUE(flags.Parse(args).ok());
  EXPECT_TRUE(json);
  EXPECT_TRUE(all);
  EXPECT_EQ(flags.options().size(), 2U);
}

TEST(Flags, ParseLeadingStopsAtTheFirstWord) {
  std::string folder;
  bool json = false;
  FlagSet flags;
  flags.Text("directory", "", &folder).Short('C');
  flags.Bool("json", "", &json);
  const std::vector<std::string> args = {"-C", "x", "status", "--json"};
  const Result<std::size_t> words = flags.ParseLeading(args);
  ASSERT_TRUE(words.ok());
  EXPECT_EQ(*words, 2U);
  EXPECT_EQ(folder, "x");
  EXPECT_FALSE(json);
}

}  // namespace
}  // namespace benchkeep::cli
