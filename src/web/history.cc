// The figures since the server started.

#include "web/history.h"

namespace benchkeep::web {
namespace {

// A point every thirty seconds for a day; the last one moves until then.
constexpr std::chrono::seconds kSpacing{30};
constexpr std::size_t kMaxPoints = 2880;

const Json* Data(const Json* document) {
  return document == nullptr ? nullptr : document->Find("data");
}

Json OrNull(const std::optional<std::int64_t>& value) {
  return value ? Json::Int(*value) : Json();
}

}  // namespace

void History::Add(TimePoint now, const Json* status, const Json* errors) {
  Point point;
  point.time = now;
  if (const Json* data = Data(status)) {
    if (const Json* results = data->Find("results")) {
      point.tests = results->IntAt("total_tests");
      if (const Json* rate = results->Find("success_rate")) {
        point.success_rate = rate->AsDouble();
      }
    }
    if (const Json* increments = data->Find("increments")) {
      point.waiting_rows = increments->IntAt("rows");
    }
  }
  if (const Json* data = Data(errors)) {
    const Json* classes = data->Find("classes");
    for (const auto& [name, count] : classes == nullptr
                                         ? std::vector<Json::Member>()
                                         : classes->members()) {
      point.errors[name] = count.AsInt().value_or(0);
    }
  }
  const std::lock_guard<std::mutex> guard(mutex_);
  // The newest point stands for the present until its time is over.
  if (points_.size() >= 2 &&
      point.time - points_[points_.size() - 2].time < kSpacing) {
    points_.back() = std::move(point);
    return;
  }
  points_.push_back(std::move(point));
  if (points_.size() > kMaxPoints) points_.pop_front();
}

Json History::ToJson() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  Json list = Json::Array();
  for (const Point& point : points_) {
    Json& one = list.Append(Json::Object());
    one.Set("time", Json::String(FormatIso(point.time)));
    one.Set("tests", OrNull(point.tests));
    one.Set("waiting_rows", OrNull(point.waiting_rows));
    one.Set("success_rate",
            point.success_rate ? Json::Double(*point.success_rate) : Json());
    Json errors = Json::Object();
    for (const auto& [name, count] : point.errors) {
      errors.Set(name, Json::Int(count));
    }
    one.Set("errors", std::move(errors));
  }
  Json out = Json::Object();
  out.Set("points", std::move(list));
  return out;
}

}  // namespace benchkeep::web
