// Breakdown: tests and success by model, prompt type, difficulty and so on, and
// over time.
//
// From the results file or the cells of the master database, whichever holds
// more tests.
// Only looks: takes no lock, changes nothing.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/result.h"
#include "store/results.h"
#include "store/store.h"

namespace benchkeep::ops {

struct BreakdownCount {
  std::uint64_t total_tests = 0;
  std::uint64_t known = 0;  // With a known outcome.
  double successes = 0;

  [[nodiscard]] std::optional<double> success_rate() const {
    if (known == 0) return std::nullopt;
    return successes / static_cast<double>(known);
  }
};

// Tests by the values of one column; nullopt is "no value".
struct Dimension {
  struct Part {
    std::optional<std::string> value;
    BreakdownCount count;
  };
  std::string column;
  std::vector<Part> parts;  // Numbers by size, words by tests, most first.
};

// Tests by the values of two columns.
struct Matrix {
  struct Cell {
    std::size_t row = 0;     // Among the parts of the first dimension.
    std::size_t column = 0;  // Among those of the second.
    BreakdownCount count;
  };
  std::string rows;
  std::string columns;
  std::vector<Cell> cells;
};

struct BreakdownReport {
  enum class Source { kNone, kResults, kMaster };
  Source source = Source::kNone;
  BreakdownCount all;
  std::vector<Dimension> dimensions;  // The columns of [store] summary_key.
  std::vector<Matrix> matrices;       // The first dimension by each other one.
  store::Timeline timeline;
  Findings findings;
};

struct BreakdownOptions {
  std::uint64_t memory_bytes = 0;
  std::size_t slots = 96;  // Of the timeline, at most about that many.
};

Result<BreakdownReport> ReadBreakdown(const store::Store& store,
                                      const BreakdownOptions& options);

}  // namespace benchkeep::ops
