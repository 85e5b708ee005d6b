// Points of a day, and what grew between them.

#include "tui/history.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "ops/arrivals.h"

namespace benchkeep::tui {
namespace {

using std::chrono::minutes;

constexpr std::chrono::seconds kSpacing{15};
constexpr minutes kDay{24 * 60};

}  // namespace

void History::Add(const Point& point) {
  if (points_.size() >= 2 &&
      point.time - points_[points_.size() - 2].time < kSpacing) {
    points_.back() = point;
  } else {
    points_.push_back(point);
  }
  while (points_.front().time < point.time - kDay) points_.pop_front();
}

void History::Complete(Model& model) const {
  model.history.assign(points_.begin(), points_.end());
  if (model.timed || points_.size() < 2) return;
  // Whole minutes: from the one after the first look to the last one over.
  const TimePoint start = std::chrono::ceil<minutes>(points_.front().time);
  const TimePoint end = std::chrono::floor<minutes>(model.now);
  if (end <= start) return;
  const auto count = static_cast<std::size_t>((end - start) / minutes(1));
  const auto grown = [&](const auto& total) {
    std::vector<ops::TotalAt> totals;
    for (const Point& point : points_) {
      if (const std::optional<std::int64_t> value = total(point)) {
        totals.push_back({point.time, *value});
      }
    }
    return ops::GrowthByMinute(totals, start, count);
  };
  const bool by_results = model.source == "results";
  const std::vector<double> live =
      grown([&](const Point& point) -> std::optional<std::int64_t> {
        if (!point.tests || !by_results) return point.tests;
        return *point.tests + point.waiting_rows.value_or(0);
      });
  // What was remembered ends somewhere in our own time, or before it.
  if (!model.minutes.empty()) {
    const auto kept = (start - model.minutes_end) / minutes(1) +
                      static_cast<std::int64_t>(model.minutes.size());
    model.minutes.resize(
        static_cast<std::size_t>(std::max<std::int64_t>(kept, 0)), 0);
  }
  model.minutes.insert(model.minutes.end(), live.begin(), live.end());
  model.minutes_end = end;
  for (ModelRow& row : model.models) {
    row.minutes = grown([&](const Point& point) -> std::optional<std::int64_t> {
      const auto found = point.models.find(row.name);
      if (found == point.models.end()) return std::nullopt;
      return found->second;
    });
  }
}

}  // namespace benchkeep::tui
