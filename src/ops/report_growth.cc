// How the store grows, and when its disk will be full: straight lines, and
// nothing where there is too little to draw one.

#include <algorithm>
#include <chrono>
#include <cmath>

#include "host/disk_space.h"
#include "ops/report_parts.h"
#include "store/check_memory.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kDays = 30;  // That are looked at.

using Points = std::vector<std::pair<double, double>>;

std::int64_t SecondsOf(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time)
      .time_since_epoch()
      .count();
}

// Days since 1970.
std::optional<std::int64_t> DayNumber(const std::string& day) {
  const auto time = ParseIso(day);
  if (!time) return std::nullopt;
  return SecondsOf(*time) / kDay;
}

// The total at the end of each day, from the first one of the last thirty.
Points TotalsByDay(const std::vector<ReportGrowth::Day>& days,
                   std::int64_t today) {
  Points points;
  double total = 0;
  std::optional<std::int64_t> next;
  for (const ReportGrowth::Day& day : days) {
    const auto number = DayNumber(day.day);
    if (!number || *number > today) continue;
    for (; next && *next < *number; ++*next) {
      points.emplace_back(static_cast<double>(*next), total);
    }
    total += static_cast<double>(day.total_tests);
    if (*number <= today - kDays) continue;
    points.emplace_back(static_cast<double>(*number), total);
    next = *number + 1;
  }
  for (; next && *next <= today; ++*next) {
    points.emplace_back(static_cast<double>(*next), total);
  }
  return points;
}

// The totals of good backups, and what is there now.
Points TotalsOfBackups(const Report& report, std::int64_t now) {
  Points points;
  for (const ReportBackup& backup : report.backups) {
    if (!backup.age_seconds || !backup.total_tests ||
        backup.state == store::BackupState::kBad ||
        *backup.age_seconds > kDays * kDay) {
      continue;
    }
    points.emplace_back(static_cast<double>(now - *backup.age_seconds) / kDay,
                        static_cast<double>(*backup.total_tests));
  }
  std::reverse(points.begin(), points.end());
  points.emplace_back(static_cast<double>(now) / kDay,
                      static_cast<double>(report.all.total_tests));
  return points;
}

double SpanOf(const Points& points) {
  if (points.empty()) return 0;
  const auto [first, last] = std::minmax_element(points.begin(), points.end());
  return last->first - first->first;
}

void FitTests(const Points& points, ReportGrowth& growth) {
  // Days are whole; backups of one hour say nothing about a day.
  if (SpanOf(points) >= 1) growth.tests_fit = FitLine(points);
  if (growth.tests_fit) {
    growth.tests_per_day = growth.tests_fit->slope;
    return;
  }
  growth.tests_unknown =
      Say(N_("too little is known to draw a line: three days or three backups "
             "of the last {0} days are needed"),
          kDays);
}

void FitBytes(const store::Store& store, std::int64_t now,
              ReportGrowth& growth) {
  const auto space = host::DiskSpaceOf(store.layout().root());
  if (space) growth.free_bytes = space->free_bytes;
  const Result<store::CheckMemory> memory =
      store::LoadCheckMemory(store.layout().state_db());
  Points points;
  if (memory.ok()) {
    for (const store::Sample& sample : memory->samples) {
      if (sample.name != store::kFreeBytesSample || sample.time > now ||
          sample.time < now - kDays * kDay) {
        continue;
      }
      points.emplace_back(static_cast<double>(sample.time - now) / kDay,
                          sample.value);
    }
  }
  growth.samples = points.size();
  growth.sampled_days = SpanOf(points);
  if (growth.sampled_days >= 1) growth.bytes_fit = FitLine(points);
  if (!growth.bytes_fit) {
    growth.bytes_unknown =
        Say(N_("the free space was measured {0} times so far; a forecast needs "
               "three measurements over a day or more, which `benchkeep check` "
               "and this report take"),
            growth.samples);
    return;
  }
  growth.bytes_per_day = -growth.bytes_fit->slope;
  if (*growth.bytes_per_day <= 0) {
    growth.bytes_unknown = Say(N_("the free space does not shrink"));
  } else if (growth.free_bytes) {
    growth.days_to_full =
        static_cast<double>(*growth.free_bytes) / *growth.bytes_per_day;
  }
}

}  // namespace

void ReadGrowth(const store::Store& store,
                const std::vector<store::TestGroup>& days,
                const std::string& query, Report& report) {
  ReportGrowth& growth = report.growth;
  growth.query = query;
  for (const store::TestGroup& group : days) {
    growth.days.push_back(
        {group.values[0].value_or(""), group.total_tests, group.known,
         static_cast<std::uint64_t>(std::llround(group.successes))});
  }
  const std::int64_t now = SecondsOf(report.made);
  if (!growth.days.empty()) {
    growth.source = ReportGrowth::Source::kResults;
    FitTests(TotalsByDay(growth.days, (report.until - 1) / kDay), growth);
  } else {
    growth.source = report.backups.empty() ? ReportGrowth::Source::kNone
                                           : ReportGrowth::Source::kBackups;
    FitTests(TotalsOfBackups(report, now), growth);
  }
  const auto info = store.file_system().Info(store.layout().results());
  if (info.ok()) growth.results_bytes = info->size;
  FitBytes(store, now, growth);
}

}  // namespace benchkeep::ops
