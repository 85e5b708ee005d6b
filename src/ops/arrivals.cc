// From the slots of the results to a number for every minute.

#include "ops/arrivals.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "ops/job_limits.h"
#include "store/check_memory.h"
#include "store/parquet_results.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kMinute = 60;

// What `check` remembers of the master database, where it ever ran.
void UseSamples(const store::Store& store, ArrivalsReport& report) {
  const Result<std::vector<store::Sample>> samples =
      store::LoadSamples(store.layout().state_db(), store::kMasterTestsSample);
  if (!samples.ok()) return;
  std::vector<TotalAt> totals;
  for (const store::Sample& sample : *samples) {
    if (sample.name != store::kMasterTestsSample) continue;
    totals.push_back({TimePoint(std::chrono::seconds(sample.time)),
                      static_cast<std::int64_t>(sample.value)});
  }
  if (totals.size() < 2) return;
  report.source = ArrivalsReport::Source::kSamples;
  report.all = GrowthByMinute(totals, report.start, report.minutes);
}

}  // namespace

std::uint64_t SumOfLast(const std::vector<std::uint64_t>& numbers,
                        std::size_t count) {
  const std::size_t skipped = numbers.size() - std::min(numbers.size(), count);
  return std::accumulate(numbers.begin() + static_cast<std::ptrdiff_t>(skipped),
                         numbers.end(), std::uint64_t{0});
}

double ArrivalsReport::TestsIn(std::size_t last_minutes) const {
  const std::size_t count = std::min(all.size(), last_minutes);
  return std::accumulate(all.end() - static_cast<std::ptrdiff_t>(count),
                         all.end(), 0.0);
}

std::vector<double> GrowthByMinute(const std::vector<TotalAt>& totals,
                                   TimePoint start, std::size_t count) {
  using std::chrono::duration;
  using std::chrono::minutes;
  // One low value may have been read between two files; a second one is true.
  constexpr int kFallsThatCount = 2;
  std::vector<double> out(count, 0);
  if (totals.empty()) return out;
  TotalAt mark = totals.front();
  int falls = 0;
  for (const TotalAt& each : totals) {
    if (each.total < mark.total) {
      if (++falls >= kFallsThatCount) mark.total = each.total;
      mark.time = each.time;
      continue;
    }
    falls = 0;
    const auto grown = static_cast<double>(each.total - mark.total);
    const double span =
        std::max(1.0, duration<double>(each.time - mark.time).count());
    for (std::size_t i = 0; grown > 0 && i < count; ++i) {
      const TimePoint minute = start + minutes(static_cast<std::int64_t>(i));
      const TimePoint from = std::max(mark.time, minute);
      const TimePoint to = std::min(each.time, minute + minutes(1));
      if (to <= from) continue;
      out[i] += grown * duration<double>(to - from).count() / span;
    }
    mark = each;
  }
  return out;
}

Result<ArrivalsReport> ReadArrivals(const store::Store& store,
                                    const ArrivalsOptions& options) {
  ArrivalsReport report;
  report.minutes = static_cast<std::size_t>(options.span.count());
  const auto now =
      std::chrono::floor<std::chrono::minutes>(store.clock().Now());
  report.start = now - options.span;
  store::PaceQuestion question;
  question.since_seconds =
      std::chrono::floor<std::chrono::seconds>(report.start)
          .time_since_epoch()
          .count();
  question.slot_seconds = kMinute;
  question.utc_offset_seconds = options.utc_offset.count();
  BENCHKEEP_ASSIGN(
      const auto results,
      store::ParquetResults::Open(store, LimitsFor(options.memory_bytes)));
  BENCHKEEP_ASSIGN(const store::PaceAnswer answer, results->Pace(question));
  if (!answer.timed) {
    UseSamples(store, report);
    return report;
  }
  report.source = ArrivalsReport::Source::kRows;
  report.all.resize(report.minutes);
  std::map<std::string, ModelArrivals> models;
  for (const store::PaceSlot& slot : answer.slots) {
    const std::int64_t minute =
        (slot.start_seconds - question.since_seconds) / kMinute;
    const auto at = static_cast<std::size_t>(minute);
    if (minute < 0 || at >= report.minutes) continue;  // Not over yet.
    ModelArrivals& model = models[slot.model];
    if (model.tests.empty()) {
      model.name = slot.model;
      model.tests.resize(report.minutes);
      model.known.resize(report.minutes);
      model.successes.resize(report.minutes);
    }
    report.all[at] += static_cast<double>(slot.total_tests);
    model.tests[at] += slot.total_tests;
    model.known[at] += slot.known;
    model.successes[at] += slot.successes;
  }
  for (auto& [name, model] : models) report.models.push_back(std::move(model));
  const auto sum = [](const ModelArrivals& model) {
    return SumOfLast(model.tests, model.tests.size());
  };
  std::sort(report.models.begin(), report.models.end(),
            [&](const ModelArrivals& a, const ModelArrivals& b) {
              return std::tuple(sum(b), a.name) < std::tuple(sum(a), b.name);
            });
  if (answer.unread > 0) {
    report.findings.push_back(
        {"increments_not_counted",
         Severity::kInfo,
         store.layout().Relative(store.layout().increments()),
         Say(N_("{0} increments could not be looked at now: their writers have "
                "them open"),
             answer.unread),
         {}});
  }
  return report;
}

}  // namespace benchkeep::ops
