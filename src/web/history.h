// How the main figures went since the server started, for the charts.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json.h"

namespace benchkeep::web {

class History {
 public:
  // Takes figures from the documents that are there.
  void Add(TimePoint now, const Json* status, const Json* errors);

  // {"points":[{"time","tests","waiting_rows","success_rate","errors":{...}}]}
  [[nodiscard]] Json ToJson() const;

 private:
  struct Point {
    TimePoint time;
    std::optional<std::int64_t> tests;
    std::optional<std::int64_t> waiting_rows;
    std::optional<double> success_rate;
    std::map<std::string, std::int64_t> errors;  // By class.
  };
  mutable std::mutex mutex_;
  std::deque<Point> points_;
};

}  // namespace benchkeep::web
