// The arithmetic of a leaf.

#include "store/leaf.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/result.h"

namespace benchkeep::store {
namespace {

std::optional<double> NumberAt(const Leaf& leaf, std::string_view name) {
  for (const auto& [key, value] : leaf.statistics) {
    if (key == name) return value.AsDouble();
  }
  return std::nullopt;
}

// Whether `rate`, a share of `total`, speaks of `count` tests.
bool RateSays(double rate, std::int64_t total, std::int64_t count) {
  return std::abs(rate * static_cast<double>(total) -
                  static_cast<double>(count)) < 0.5;
}

// What the other statistics say where the counts leave the choice open.
Convention ByEvidence(const Leaf& leaf, std::int64_t total,
                      std::int64_t success, std::int64_t partial) {
  if (partial > success) return Convention::kPartialApart;
  const std::optional<double> full = NumberAt(leaf, "full_success");
  if (full &&
      *full + static_cast<double>(partial) == static_cast<double>(success)) {
    return Convention::kPartialInside;
  }
  const std::optional<double> full_rate = NumberAt(leaf, "full_success_rate");
  if (full_rate && RateSays(*full_rate, total, success - partial)) {
    return Convention::kPartialInside;
  }
  // Rates of an earlier, smaller total are no evidence.
  const std::optional<double> rate = NumberAt(leaf, "success_rate");
  if (rate && !RateSays(*rate, total, success)) {
    return Convention::kPartialInside;
  }
  const std::optional<double> failure = NumberAt(leaf, "failure_rate");
  if (failure && !RateSays(*failure, total, total - success) &&
      RateSays(*failure, total, total - success - partial)) {
    return Convention::kPartialApart;
  }
  return Convention::kPartialInside;
}

// The outcome of every test when nobody counted the successes.
Tally WithoutSuccess(const Leaf& leaf, std::int64_t total) {
  Tally tally;
  tally.failed = std::min(leaf.failed.value_or(0), total);
  tally.partial = std::min(leaf.partial.value_or(0), total - tally.failed);
  tally.unknown = total - tally.failed - tally.partial;
  tally.partial_known = leaf.partial.has_value();
  tally.partial_decided = false;
  tally.clipped = leaf.failed.value_or(0) + leaf.partial.value_or(0) > total;
  tally.short_of_total = tally.unknown > 0;
  return tally;
}

Convention ConventionOf(const Leaf& leaf, std::int64_t total,
                        std::int64_t success, std::int64_t partial) {
  if (leaf.failed) {
    if (success + *leaf.failed == total && partial <= success) {
      return Convention::kPartialInside;
    }
    if (success + partial + *leaf.failed == total) {
      return Convention::kPartialApart;
    }
  }
  return ByEvidence(leaf, total, success, partial);
}

}  // namespace

const char* OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kSuccess:
      return "success";
    case Outcome::kPartial:
      return "partial";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kUnknown:
      return "unknown";
  }
  BENCHKEEP_CHECK(false);
}

std::int64_t Tally::of(Outcome outcome) const {
  switch (outcome) {
    case Outcome::kSuccess:
      return success;
    case Outcome::kPartial:
      return partial;
    case Outcome::kFailed:
      return failed;
    case Outcome::kUnknown:
      return unknown;
  }
  BENCHKEEP_CHECK(false);
}

std::int64_t TestsOf(const Leaf& leaf) {
  if (leaf.total) return *leaf.total;
  const std::int64_t success = leaf.success.value_or(0);
  const std::int64_t partial = leaf.partial.value_or(0);
  const std::int64_t failed = leaf.failed.value_or(0);
  const bool apart = !leaf.success || partial > success;
  return success + failed + (apart ? partial : 0);
}

Tally TallyOf(const Leaf& leaf) {
  const std::int64_t total = TestsOf(leaf);
  if (!leaf.success) return WithoutSuccess(leaf, total);

  const std::int64_t success = *leaf.success;
  const std::int64_t partial = leaf.partial.value_or(0);
  Tally tally;
  tally.partial_known = leaf.partial.has_value();
  tally.convention = ConventionOf(leaf, total, success, partial);
  const bool inside = tally.convention == Convention::kPartialInside;

  // The successes count first, so that their share of the total is right.
  const std::int64_t kept = std::min(success, total);
  tally.partial = std::min(partial, inside ? kept : total - kept);
  tally.success = inside ? kept - tally.partial : kept;
  const std::int64_t rest = total - tally.success - tally.partial;
  tally.failed = std::min(leaf.failed.value_or(rest), rest);
  tally.unknown = rest - tally.failed;

  const std::int64_t claimed =
      success + (inside ? 0 : partial) + leaf.failed.value_or(0);
  tally.clipped = claimed > total || (inside && partial > kept);
  tally.short_of_total = tally.unknown > 0;
  return tally;
}

std::optional<double> RateNumber(const std::optional<std::string>& rate) {
  if (!rate) return std::nullopt;
  double value = 0;
  const char* end = rate->data() + rate->size();
  const auto [stop, error] = std::from_chars(rate->data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::string PythonRepr(double value) {
  std::string text = fmt::format("{}", value);
  const bool whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return whole ? text + ".0" : text;
}

std::string RateWord(const std::optional<std::string>& rate) {
  const std::optional<double> number = RateNumber(rate);
  if (!number) return rate.value_or("unknown");
  const auto single = static_cast<float>(*number);
  if (!std::isfinite(single)) return *rate;
  return PythonRepr(static_cast<double>(single));
}

std::string CellName(const Leaf& leaf) {
  return fmt::format("{}_{}_{}_{}_{}", leaf.model, leaf.prompt_type,
                     RateWord(leaf.rate), leaf.difficulty, leaf.task_type);
}

}  // namespace benchkeep::store
