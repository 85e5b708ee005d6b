// The numbers of one leaf.

#include "store/leaf_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/json_pointer.h"

namespace benchkeep::store {
namespace {

// Rates that came through a 32-bit column are this far off.
constexpr double kTolerance = 1e-6;
constexpr int kFewestDecimals = 2;

// The name under which a count stands in the leaf, or the first of `names`.
std::string NameOf(const Leaf& leaf,
                   std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    for (const auto& [key, value] : leaf.statistics) {
      if (key == name && !value.is_null()) return key;
    }
  }
  return std::string(*names.begin());
}

const Json* ValueOf(const std::vector<Json::Member>& numbers,
                    std::string_view name) {
  for (const auto& [key, value] : numbers) {
    if (key == name) return &value;
  }
  return nullptr;
}

// Digits after the point of a number as it is written; none for exponents.
int Decimals(const std::string& text) {
  const std::size_t point = text.find('.');
  if (point == std::string::npos ||
      text.find_first_of("eE") != std::string::npos) {
    return 0;
  }
  return static_cast<int>(text.size() - point - 1);
}

// A writer may have rounded.
bool Agrees(const Json& value, double wanted) {
  const std::optional<double> found = value.AsDouble();
  if (!found) return false;
  double slack = kTolerance;
  const int decimals = Decimals(value.text());
  if (decimals > kFewestDecimals) {
    slack = std::max(slack, 0.5000001 * std::pow(10.0, -decimals));
  }
  return std::abs(*found - wanted) <= slack;
}

double Share(std::int64_t part, std::int64_t total) {
  return static_cast<double>(part) / static_cast<double>(total);
}

// Counts of a leaf with one of them taken as something else.
struct Trial {
  std::int64_t total = 0;
  std::int64_t success = 0;
  std::int64_t partial = 0;
  std::int64_t failed = 0;

  [[nodiscard]] bool AddsUp() const {
    if (total < 0 || success < 0 || failed < 0) return false;
    return (success + failed == total && partial <= success) ||
           success + partial + failed == total;
  }
};

// How many of the rates of success and failure a trial meets; -1 when it
// contradicts one.
int RatesMet(const Leaf& leaf, const Trial& trial) {
  if (trial.total == 0) return 0;
  int met = 0;
  const auto look = [&](std::string_view name, std::int64_t count) {
    const Json* rate = ValueOf(leaf.statistics, name);
    const std::optional<double> number =
        rate == nullptr ? std::nullopt : rate->AsDouble();
    if (!number || !std::isfinite(*number)) return true;
    if (!Agrees(*rate, Share(count, trial.total))) return false;
    ++met;
    return true;
  };
  if (!look("success_rate", trial.success) ||
      !look("failure_rate", trial.failed)) {
    return -1;
  }
  return met;
}

class LeafAuditor {
 public:
  LeafAuditor(const Leaf& leaf, bool percent_allowed)
      : percent_allowed_(percent_allowed) {
    out_.leaf = leaf;
  }

  LeafAudit Run() {
    FillMissing();
    CheckTwins();
    CheckSum();
    if (out_.consistent) CheckRates();
    return std::move(out_);
  }

 private:
  using Count = std::optional<std::int64_t> Leaf::*;

  std::string NameOfCount(Count count) const {
    if (count == &Leaf::total) return "total";
    if (count == &Leaf::success) {
      return NameOf(out_.leaf, {"success", "successful"});
    }
    return NameOf(out_.leaf, {"failed", "failure"});
  }

  // True when the document has something in place of the count.
  bool Written(Count count) const {
    const Json* value = ValueOf(out_.leaf.statistics, NameOfCount(count));
    return value != nullptr && !value->is_null();
  }

  // Sets a count, as a correction.
  void Put(Count count, std::int64_t value, const char* code, const char* rule,
           Message message) {
    Leaf& leaf = out_.leaf;
    const std::string name = NameOfCount(count);
    Correction correction;
    correction.code = code;
    correction.pointer = PointerTo(leaf.pointer, name);
    if (const Json* before = ValueOf(leaf.statistics, name)) {
      correction.before = *before;
    }
    correction.after = Json::Int(value);
    correction.rule = rule;
    correction.message = std::move(message);
    leaf.*count = value;
    bool found = false;
    for (auto& [key, old] : leaf.statistics) {
      if (key != name) continue;
      old = correction.after;
      found = true;
    }
    if (!found) leaf.statistics.emplace_back(name, correction.after);
    out_.corrections.push_back(std::move(correction));
  }

  // A count that is unreadable, or a total that is missing, where the others
  // leave one choice only.
  void FillMissing() {
    Leaf& leaf = out_.leaf;
    std::vector<Count> unknown;
    for (const Count count : {&Leaf::total, &Leaf::success, &Leaf::failed}) {
      if (!(leaf.*count)) unknown.push_back(count);
    }
    if (unknown.size() != 1) return;
    const Count count = unknown.front();
    if (count != &Leaf::total && !Written(count)) return;
    std::vector<std::int64_t> choices;
    for (const std::int64_t apart :
         {std::int64_t{0}, leaf.partial.value_or(0)}) {
      const std::int64_t choice = ByDifference(count, apart);
      if (std::find(choices.begin(), choices.end(), choice) == choices.end() &&
          TrialWith(count, choice).AddsUp()) {
        choices.push_back(choice);
      }
    }
    if (choices.size() > 1) {
      std::erase_if(choices, [&](std::int64_t choice) {
        return RatesMet(leaf, TrialWith(count, choice)) < 1;
      });
    }
    if (choices.size() != 1) return;
    const std::string where = PointerTo(leaf.pointer, NameOfCount(count));
    Put(count, choices.front(), "leaf_count_missing", "rest_of_counts",
        Say(N_("{0} is missing or no count; the other counts leave {1}"), where,
            choices.front()));
  }

  // The count by the equation; `apart` tests stand outside of the successes.
  [[nodiscard]] std::int64_t ByDifference(Count count,
                                          std::int64_t apart) const {
    const Leaf& leaf = out_.leaf;
    const std::int64_t total = leaf.total.value_or(0);
    const std::int64_t success = leaf.success.value_or(0);
    const std::int64_t failed = leaf.failed.value_or(0);
    if (count == &Leaf::total) return success + apart + failed;
    if (count == &Leaf::success) return total - apart - failed;
    return total - success - apart;
  }

  [[nodiscard]] Trial TrialWith(Count count, std::int64_t value) const {
    Leaf leaf = out_.leaf;
    leaf.*count = value;
    return {leaf.total.value_or(0), leaf.success.value_or(0),
            leaf.partial.value_or(0), leaf.failed.value_or(0)};
  }

  // Two names for one count must not contradict each other.
  void CheckTwins() {
    const std::vector<Json::Member>& numbers = out_.leaf.statistics;
    for (const auto& [one, other] :
         {std::pair("partial", "partial_success"),
          std::pair("success", "successful"), std::pair("failed", "failure")}) {
      const Json* a = ValueOf(numbers, one);
      const Json* b = ValueOf(numbers, other);
      if (a == nullptr || b == nullptr || !a->AsInt() || !b->AsInt() ||
          a->AsInt() == b->AsInt()) {
        continue;
      }
      out_.findings.push_back(
          {"leaf_counts_contradict",
           Severity::kWarning,
           out_.leaf.pointer,
           Say(N_("it counts {0} under \"{1}\" and {2} under \"{3}\"; the "
                  "first one counts"),
               a->text(), one, b->text(), other),
           {}});
    }
  }

  void CheckSum() {
    const Leaf& leaf = out_.leaf;
    if (!leaf.total || !leaf.success) return;
    if (!leaf.failed) {
      const std::int64_t least =
          std::max(*leaf.success, leaf.partial.value_or(0));
      if (least <= *leaf.total) return;
      out_.consistent = false;
      ReportSum();
      return;
    }
    const Trial now = TrialWith(&Leaf::total, *leaf.total);
    if (now.AddsUp()) return;
    // One count may be wrong where the rates agree on what it was.
    std::vector<std::pair<Count, std::int64_t>> choices;
    for (const Count count : {&Leaf::total, &Leaf::success, &Leaf::failed}) {
      for (const std::int64_t apart :
           {std::int64_t{0}, leaf.partial.value_or(0)}) {
        const std::int64_t value = ByDifference(count, apart);
        const Trial trial = TrialWith(count, value);
        if (!trial.AddsUp() || RatesMet(leaf, trial) < 2) continue;
        if (choices.empty() || choices.back() != std::pair(count, value)) {
          choices.emplace_back(count, value);
        }
      }
    }
    if (choices.size() == 1) {
      const auto [count, value] = choices.front();
      Put(count, value, "leaf_total_mismatch", "counts_by_rates",
          Say(N_("total {0} is neither success {1} + failed {2} nor success + "
                 "partial {3} + failed; the rates and the other counts leave "
                 "{4} for {5}"),
              now.total, now.success, now.failed, now.partial, value,
              NameOfCount(count)));
      return;
    }
    out_.consistent = false;
    ReportSum();
  }

  void ReportSum() {
    const Leaf& leaf = out_.leaf;
    const auto word = [](const std::optional<std::int64_t>& count) {
      return count ? std::to_string(*count) : std::string("?");
    };
    out_.findings.push_back(
        {"leaf_total_mismatch",
         Severity::kWarning,
         leaf.pointer,
         Say(N_("total {0} is neither success {1} + failed {2} nor success + "
                "partial {3} + failed, and nothing tells which of them is "
                "wrong"),
             word(leaf.total), word(leaf.success), word(leaf.failed),
             word(leaf.partial)),
         {}});
  }

  void CheckRates() {
    const Leaf& leaf = out_.leaf;
    if (!leaf.total) return;
    RateCounts counts;
    counts.total = *leaf.total;
    counts.success = leaf.success;
    counts.partial = leaf.partial;
    counts.failed = leaf.failed;
    counts.percent_allowed = percent_allowed_;
    if (!counts.failed && leaf.success) counts.failed = TallyOf(leaf).failed;
    AuditRates(leaf.statistics, leaf.pointer, counts, out_.corrections,
               out_.findings);
    CheckFullRate();
  }

  // The share of full successes is counted by few; where it is not, it cannot
  // be told which number is wrong.
  void CheckFullRate() {
    const Leaf& leaf = out_.leaf;
    const Json* rate = ValueOf(leaf.statistics, "full_success_rate");
    if (rate == nullptr || !rate->AsDouble() || *leaf.total == 0) return;
    const Json* full = ValueOf(leaf.statistics, "full_success");
    const Tally tally = TallyOf(leaf);
    std::int64_t count = tally.success;
    if (full != nullptr && full->AsInt()) count = *full->AsInt();
    out_.odd_full_rate = tally.partial_known && leaf.success &&
                         std::isfinite(*rate->AsDouble()) &&
                         !Agrees(*rate, Share(count, *leaf.total));
  }

  const bool percent_allowed_;
  LeafAudit out_;
};

}  // namespace

LeafAudit AuditLeaf(const Leaf& leaf, bool percent_allowed) {
  return LeafAuditor(leaf, percent_allowed).Run();
}

void AuditRates(const std::vector<Json::Member>& numbers,
                const std::string& pointer, const RateCounts& counts,
                std::vector<Correction>& corrections, Findings& findings) {
  constexpr double kPercent = 100;
  const auto count_of =
      [&](std::string_view name) -> std::optional<std::int64_t> {
    if (name == "success_rate" || name == "total_success_rate" ||
        name == "overall_success_rate") {
      return counts.success;
    }
    if (name == "partial_rate" || name == "partial_success_rate") {
      return counts.partial;
    }
    if (name == "failure_rate") return counts.failed;
    return std::nullopt;
  };
  for (const auto& [name, value] : numbers) {
    if (!name.ends_with("_rate")) continue;
    const std::optional<double> number = value.AsDouble();
    if (!number || !std::isfinite(*number)) continue;  // NaN: nobody knows.
    const std::optional<std::int64_t> count = count_of(name);
    const double most = counts.percent_allowed ? kPercent : 1;
    const bool outside = *number < -kTolerance || *number > most + kTolerance;
    if (!count && !outside) continue;
    if (!count && !counts.others) continue;
    const std::string where = PointerTo(pointer, name);
    if (!count || counts.total == 0) {
      if (!outside) continue;
      findings.push_back({"rate_out_of_range",
                          Severity::kWarning,
                          where,
                          Say(N_("it is {0}, and no share of anything: 0 to 1 "
                                 "was to be expected"),
                              value.text()),
                          {}});
      continue;
    }
    const double share = Share(*count, counts.total);
    if (Agrees(value, share) ||
        (counts.percent_allowed && Agrees(value, share * kPercent))) {
      continue;
    }
    // Leaves of old versions hold percentages, and so does their summary.
    const bool percent =
        counts.percent_allowed &&
        (name == "overall_success_rate" || *number > 1 || counts.others);
    Correction correction;
    correction.code = outside ? "rate_out_of_range" : "rate_mismatch";
    correction.pointer = where;
    correction.before = value;
    correction.after =
        Json::RawNumber(PythonRepr(percent ? share * kPercent : share));
    correction.rule = "share_of_counts";
    correction.message =
        Say(N_("it is {0}; {1} of {2} tests are {3}"), value.text(), *count,
            counts.total, correction.after.text());
    corrections.push_back(std::move(correction));
  }
}

LevelSums SumsOf(const Leaf& leaf) {
  LevelSums sums;
  sums.tests = TestsOf(leaf);
  sums.partial = leaf.partial.value_or(0);
  sums.cells = 1;
  if (!leaf.success) {
    sums.outcomes_known = sums.tests == 0;
    sums.failed = leaf.failed.value_or(0);
    return sums;
  }
  sums.success = *leaf.success;
  sums.failed = leaf.failed ? *leaf.failed : TallyOf(leaf).failed;
  return sums;
}

}  // namespace benchkeep::store
