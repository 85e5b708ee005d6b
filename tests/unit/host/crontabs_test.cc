// Lines of cron's tables that call something, and addresses that may be shown.

#include "host/crontabs.h"

#include <gtest/gtest.h>

#include <fstream>

#include "host/http_probe.h"
#include "support/temp_dir.h"

namespace benchkeep::host {
namespace {

TEST(CrontabsTest, FindsCallsButNoComments) {
  const TempDir dir;
  const auto write = [&dir](const char* name, const char* text) {
    const auto path = dir.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  };
  write("etc/crontab", "# m h\n 0 * * * * root python -c 'x.merge()'\n");
  write("etc/cron.d/other", "0 1 * * * root true\n#x.merge()\n  # merge()\n");
  write("var/spool/cron/crontabs/ann", "PATH=/bin\n\n5 * * * * merge() # x\n");
  const CronLines found = FindCronLines("merge()", dir.path());
  ASSERT_EQ(found.lines.size(), 2U);
  EXPECT_EQ(found.lines[0].line, 2);
  EXPECT_EQ(found.lines[0].text, "0 * * * * root python -c 'x.merge()'");
  EXPECT_EQ(found.lines[1].file.filename(), "ann");
  EXPECT_EQ(found.lines[1].line, 3);
  EXPECT_TRUE(FindCronLines("merge()", dir.path() / "none").lines.empty());
}

TEST(HttpProbeTest, ShowsNoSecretsOfAnAddress) {
  EXPECT_EQ(ShownUrl("https://user:pass@host.example/v1?key=x#y"),
            "https://host.example/v1");
  EXPECT_EQ(ShownUrl("http://host/a@b"), "http://host/a@b");
  EXPECT_EQ(ShownUrl("https://host"), "https://host");
  EXPECT_EQ(ShownUrl("http://a:p@ss@host"), "http://host");
}

}  // namespace
}  // namespace benchkeep::host
