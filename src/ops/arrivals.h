// Arrivals: how fast results arrive, minute by minute and model by model.
//
// From the rows of the results and of the increments that wait.  Only looks:
// takes no lock, changes nothing.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/finding.h"
#include "base/result.h"
#include "store/store.h"

namespace benchkeep::ops {

struct ArrivalsOptions {
  std::chrono::minutes span{24 * 60};
  // Local time minus UTC: the clock of results that do not name their zone.
  std::chrono::seconds utc_offset{0};
  std::uint64_t memory_bytes = 0;
};

// Tests of one model, a number for each minute of the report.
struct ModelArrivals {
  std::string name;  // Empty: rows without a model.
  std::vector<std::uint64_t> tests;
  std::vector<std::uint64_t> known;  // Of them, with a known outcome.
  std::vector<double> successes;
};

struct ArrivalsReport {
  // How it is known: by the times of the rows; or by how the total of the
  // master database grew from one `check` to the next, when rows tell no time.
  enum class Source { kNone, kRows, kSamples };
  Source source = Source::kNone;
  TimePoint start{};  // Of the first minute.
  std::size_t minutes = 0;
  std::vector<double> all;  // Tests of each minute; empty when not known.
  std::vector<ModelArrivals> models;  // By tests, most first, then name.
  Findings findings;

  // Tests of all models in the last whole minutes.
  [[nodiscard]] double TestsIn(std::size_t last_minutes) const;
};

// Of the last whole minutes: the one that goes on is not among them.
Result<ArrivalsReport> ReadArrivals(const store::Store& store,
                                    const ArrivalsOptions& options);

// A total at a moment.
struct TotalAt {
  TimePoint time{};
  std::int64_t total = 0;
};

// How much a total grew in each of `count` minutes from `start` on, by its
// values in order of time.  A fall (rows that were there twice went away) is no
// growth, nor is the way back up.
std::vector<double> GrowthByMinute(const std::vector<TotalAt>& totals,
                                   TimePoint start, std::size_t count);

// The sum of the last `count` of `numbers`.
std::uint64_t SumOfLast(const std::vector<std::uint64_t>& numbers,
                        std::size_t count);

}  // namespace benchkeep::ops
