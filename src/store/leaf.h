// One leaf of a master database: the counts of one cell, and what they mean.
//
// Two conventions are in the wild.  Inside: success + failed = total, and the
// partial successes are part of `success`.  Apart: success + partial + failed =
// total.  Which one a leaf follows is decided leaf by leaf; both hold where
// nothing was partial.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace benchkeep::store {

// One test as version 1.0 kept it.
struct Instance {
  std::optional<bool> success;
  std::optional<bool> partial_success;
  std::optional<double> execution_time;  // Seconds.
  std::optional<std::string> error_message;
  std::optional<std::string> timestamp;
};

struct Leaf {
  std::string model;
  std::string prompt_type;
  std::optional<std::string> rate;  // As in the document: "0.8".
  std::string difficulty;
  std::string task_type;
  std::string pointer;  // JSON Pointer (RFC 6901) of its statistics.

  // Counts; missing ones stay unknown.
  std::optional<std::int64_t> total;
  std::optional<std::int64_t> success;
  std::optional<std::int64_t> partial;
  std::optional<std::int64_t> failed;

  std::vector<Json::Member> statistics;  // All of them, in their order.
  std::vector<Instance> instances;       // Versions 1.0 and 2.0 only.
  std::optional<bool> is_flawed;
  std::optional<std::string> flaw_type;
  std::optional<std::string> last_test_time;  // Of its model.
};

enum class Convention { kPartialInside, kPartialApart };

// How the outcome of a test is called in its id.
enum class Outcome { kSuccess, kPartial, kFailed, kUnknown };
inline constexpr int kOutcomes = 4;
const char* OutcomeName(Outcome outcome);

// A leaf as tests: how many of each kind.
struct Tally {
  Convention convention = Convention::kPartialInside;
  std::int64_t success = 0;  // Full successes only.
  std::int64_t partial = 0;  // They succeeded under kPartialInside.
  std::int64_t failed = 0;
  std::int64_t unknown = 0;  // Nobody knows how they ended.

  bool partial_known = true;    // Else a success may have been a partial one.
  bool partial_decided = true;  // Else nobody knows whether partial succeeded.
  bool clipped = false;         // The counts exceeded the total.
  bool short_of_total = false;  // They fell short of it, hence `unknown`.

  [[nodiscard]] std::int64_t tests() const {
    return success + partial + failed + unknown;
  }
  [[nodiscard]] std::int64_t of(Outcome outcome) const;
};

// Never more tests than the total; unknown counts are derived only where one of
// the conventions leaves no choice, or the rates of the leaf tell.
Tally TallyOf(const Leaf& leaf);

// The tests of a leaf: its total, or what its counts add up to.
std::int64_t TestsOf(const Leaf& leaf);

// The number in a rate, if it is one.
std::optional<double> RateNumber(const std::optional<std::string>& rate);

// A rate as the campaign's own converter puts it into ids: the 32-bit float,
// printed by Python ("0.8" is "0.800000011920929").  "unknown" without a rate,
// and text that is no number as it is.
std::string RateWord(const std::optional<std::string>& rate);

// repr() of a Python float: "0.8", "1.0", "1e-05".
std::string PythonRepr(double value);

// "{model}_{prompt_type}_{rate}_{difficulty}_{task_type}": the start of the ids
// of all tests of a cell.
std::string CellName(const Leaf& leaf);

}  // namespace benchkeep::store
