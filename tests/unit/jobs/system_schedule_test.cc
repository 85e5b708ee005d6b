// Crontab blocks and systemd units as texts.

#include "jobs/system_schedule.h"

#include <gtest/gtest.h>

namespace benchkeep::jobs {
namespace {

const fs::Path kRoot = "/data/it's 100%";

Job MakeJob(const std::string& name, const std::string& schedule,
            const std::string& zone = "UTC") {
  Job job;
  job.name = name;
  job.commands = {{name}};
  job.schedule = CronSchedule::Parse(schedule).value();
  job.zone = TimeZone::Load(zone).value();
  return job;
}

const Program kProgram{"/opt/bk/benchkeep", kRoot};

std::string Block(const std::vector<Job>& jobs) {
  Findings findings;
  return CrontabBlock(jobs, kProgram, TimeZone(), findings);
}

TEST(CrontabBlock, QuotesForShellAndCron) {
  EXPECT_EQ(Block({MakeJob("backup", "0 2 * * *")}),
            "# BEGIN benchkeep /data/it's 100%\n"
            "# Written by `benchkeep schedule install --cron`; --remove takes "
            "it away.\n"
            "0 2 * * * '/opt/bk/benchkeep' -C '/data/it'\\''s 100\\%' --quiet "
            "--no-input schedule run backup >/dev/null 2>&1\n"
            "# END benchkeep /data/it's 100%\n");
}

TEST(CrontabBlock, WritesWhatCronUnderstands) {
  const auto fields = [](const std::string& schedule) {
    const std::string block = Block({MakeJob("j", schedule)});
    const std::size_t start = block.find("away.\n") + 6;
    return block.substr(start, block.find(" '/opt", start) - start);
  };
  EXPECT_EQ(fields("*/15 8-18/2 * * 1-5"), "*/15 8-18/2 * * 1-5");
  EXPECT_EQ(fields("5/20 * * jan,mar fri-sun"), "5,25,45 * * 1,3 0,5,6");
  EXPECT_EQ(fields("@daily"), "@daily");
  EXPECT_EQ(fields("0 0 */2 * mon"), "0 0 */2 * 1");
}

TEST(CrontabBlock, LeavesOutWhatCronCannotDo) {
  Job off = MakeJob("off", "@daily");
  off.enabled = false;
  Findings findings;
  const std::string block =
      CrontabBlock({off, MakeJob("far", "@daily", "Asia/Tokyo")}, kProgram,
                   TimeZone(), findings);
  EXPECT_EQ(block.find("schedule run"), std::string::npos);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "job_not_for_cron");
}

TEST(WithBlock, KeepsForeignLinesAndMayBeRepeated) {
  const std::string foreign = "MAILTO=me\n5 4 * * * /usr/bin/true # x\n";
  const std::string block = Block({MakeJob("a", "@daily")});
  const std::string once = WithBlock(foreign, block, kRoot);
  EXPECT_EQ(once, foreign + block);
  EXPECT_EQ(WithBlock(once, block, kRoot), once);
  const std::string more = once + "0 0 * * * after\n";
  const std::string other = Block({MakeJob("b", "@hourly")});
  EXPECT_EQ(WithBlock(more, other, kRoot),
            foreign + other + "0 0 * * * after\n");
  EXPECT_EQ(WithBlock(more, "", kRoot), foreign + "0 0 * * * after\n");
  EXPECT_EQ(WithBlock(foreign, "", kRoot), foreign);
  EXPECT_EQ(WithBlock("", "", kRoot), "");
  // Another store's block is a foreign line.
  EXPECT_EQ(WithBlock(once, "", "/data/other"), once);
  // A block without its end is not taken for one.
  const std::string torn = "# BEGIN benchkeep " + kRoot.string() + "\n1 x\n";
  EXPECT_EQ(WithBlock(torn, block, kRoot), torn + block);
  // A last line without a newline gets one.
  EXPECT_EQ(WithBlock("5 4 * * * x", block, kRoot), "5 4 * * * x\n" + block);
}

TEST(DeletingLines, AreFoundAndTurnedOff) {
  const std::string crontab =
      "# consolidate_incremental_data is bad\n"
      "0 * * * * python -c 'm.consolidate_incremental_data()'\n"
      "0 2 * * * ./backup_data.sh\n";
  EXPECT_EQ(DeletingLines(crontab), std::vector<std::size_t>{2});
  const std::string off = WithoutLines(crontab, {2});
  EXPECT_TRUE(DeletingLines(off).empty());
  EXPECT_NE(off.find("unmerged: 0 * * * * python"), std::string::npos);
  EXPECT_NE(off.find("\n0 2 * * * ./backup_data.sh\n"), std::string::npos);
}

TEST(CalendarExpressions, SayTheSame) {
  const auto calendar = [](const std::string& schedule) {
    std::string text;
    for (const std::string& one :
         CalendarExpressions(CronSchedule::Parse(schedule).value(), "")) {
      text += (text.empty() ? "" : " | ") + one;
    }
    return text;
  };
  EXPECT_EQ(calendar("0 * * * *"), "*-*-* *:00:00");
  EXPECT_EQ(calendar("* * * * *"), "*-*-* *:*:00");
  EXPECT_EQ(calendar("0 4 * * 1"), "Mon *-*-* 04:00:00");
  EXPECT_EQ(calendar("*/30 8,20 1 jan-feb *"), "*-01,02-01 08,20:00,30:00");
  EXPECT_EQ(calendar("0 0 13 * fri"), "*-*-13 00:00:00 | Fri *-*-* 00:00:00");
  EXPECT_EQ(calendar("0 0 */16 * fri"), "Fri *-*-01,17 00:00:00");
  EXPECT_EQ(calendar("0 0 1-31 * fri"), "*-*-* 00:00:00");
  EXPECT_EQ(calendar("@reboot"), "");
  EXPECT_EQ(CalendarExpressions(CronSchedule::Parse("@daily").value(),
                                "Europe/Berlin"),
            std::vector<std::string>{"*-*-* 00:00:00 Europe/Berlin"});
}

TEST(TimerUnits, NameStoreAndJob) {
  const auto units = TimerUnits({MakeJob("backup", "0 2 * * *")}, kProgram);
  ASSERT_EQ(units.size(), 2U);
  EXPECT_EQ(units[0].name, UnitPrefix(kRoot) + "-backup.service");
  EXPECT_EQ(units[1].name, UnitPrefix(kRoot) + "-backup.timer");
  EXPECT_TRUE(UnitPrefix(kRoot).starts_with("benchkeep-it_s_100_-"));
  EXPECT_NE(UnitPrefix("/a/x"), UnitPrefix("/b/x"));
  EXPECT_NE(units[0].text.find("ExecStart=\"/opt/bk/benchkeep\" -C "
                               "\"/data/it's 100%%\""),
            std::string::npos);
  EXPECT_NE(units[1].text.find("OnCalendar=*-*-* 02:00:00 UTC\n"),
            std::string::npos);
}

}  // namespace
}  // namespace benchkeep::jobs
