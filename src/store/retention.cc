// Which backups may go.

#include "store/retention.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <utility>

namespace benchkeep::store {
namespace {

constexpr std::int64_t kDay = 86'400;

std::int64_t DayOf(std::int64_t time) {
  return time >= 0 ? time / kDay : (time - kDay + 1) / kDay;
}

// Weeks begin on Monday; day 0 was a Thursday.
std::int64_t WeekOf(std::int64_t time) {
  constexpr std::int64_t kShift = 3;
  constexpr std::int64_t kWeek = 7;
  const std::int64_t day = DayOf(time) + kShift;
  return day >= 0 ? day / kWeek : (day - kWeek + 1) / kWeek;
}

std::int64_t MonthOf(std::int64_t time) {
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(DayOf(time)))};
  constexpr std::int64_t kMonths = 12;
  return static_cast<int>(date.year()) * kMonths +
         static_cast<unsigned>(date.month());
}

// Which of `times` belong to the longest chain that never falls; of chains of
// one length the one with the greatest times.
std::vector<bool> LongestChain(const std::vector<std::int64_t>& times) {
  struct End {
    std::size_t length = 1;
    std::optional<std::size_t> before;
  };
  std::vector<End> ends(times.size());
  const auto better = [&](std::size_t a, std::size_t b) {
    return std::pair(ends[a].length, times[a]) >
           std::pair(ends[b].length, times[b]);
  };
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < times.size(); ++i) {
    std::optional<std::size_t>& before = ends[i].before;
    for (std::size_t k = 0; k < i; ++k) {
      if (times[k] <= times[i] && (!before || better(k, *before))) before = k;
    }
    if (before) ends[i].length = ends[*before].length + 1;
    if (!best || better(i, *best)) best = i;
  }
  std::vector<bool> chain(times.size());
  for (; best; best = ends[*best].before) chain[*best] = true;
  return chain;
}

class Planner {
 public:
  Planner(const std::vector<RetentionCandidate>& candidates,
          const RetentionRules& rules, std::int64_t now)
      : all_(candidates), rules_(rules), now_(now), out_(candidates.size()) {}

  std::vector<RetentionDecision> Run() {
    std::vector<std::size_t> ours;  // Newest first.
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (!all_[i].ours) {
        Keep(i, Say(N_("benchkeep did not make it, or cannot read its "
                       "manifest: left alone")));
      } else if (all_[i].adopted && !rules_.adopted) {
        Keep(i, Say(N_("taken in from copies made by hand: goes only by its "
                       "name, or with --adopted")));
      } else {
        ours.push_back(i);
      }
    }
    std::stable_sort(ours.begin(), ours.end(), [this](auto a, auto b) {
      return all_[a].sequence > all_[b].sequence;
    });
    PutTimesRight(ours);
    std::vector<std::size_t> good;
    for (const std::size_t i : ours) {
      if (all_[i].state == BackupState::kGood) good.push_back(i);
    }
    DecideGood(good);
    DecideOthers(ours, good);
    return std::move(out_);
  }

 private:
  void Keep(std::size_t i, Message why) { out_[i] = {true, std::move(why)}; }
  void Drop(std::size_t i) {
    out_[i] = {false, Say(N_("older than {0} days"), rules_.keep_days)};
  }

  // Clocks jump, backups are made in order: the longest chain of times that
  // never fall is right, today's with them.  A backup off the chain counts as
  // no older than the next one on it; where today is off it, the chain's end
  // is taken for today.
  void PutTimesRight(const std::vector<std::size_t>& ours) {
    std::vector<std::int64_t> times;  // From the oldest to today.
    for (auto it = ours.rbegin(); it != ours.rend(); ++it) {
      times.push_back(all_[*it].time);
    }
    times.push_back(now_);
    const std::vector<bool> trusted = LongestChain(times);
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (trusted[i]) now_ = times[i];  // The last one stays.
    }
    times_.resize(all_.size());
    std::int64_t next = now_;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const std::size_t place = ours.size() - 1 - i;
      if (trusted[place]) next = times[place];
      times_[ours[i]] = next;
    }
  }

  [[nodiscard]] bool IsYoung(std::size_t i) const {
    return rules_.keep_days > 0 && now_ - times_[i] <= rules_.keep_days * kDay;
  }

  void DecideGood(const std::vector<std::size_t>& good) {
    for (const std::size_t i : good) Drop(i);
    const auto keep_periods = [&](std::int64_t wanted,
                                  std::int64_t (*period)(std::int64_t),
                                  const char* msgid) {
      std::optional<std::int64_t> last;
      std::int64_t kept = 0;
      for (const std::size_t i : good) {
        if (kept >= wanted) return;
        const std::int64_t here = period(times_[i]);
        if (here == last) continue;
        last = here;
        ++kept;
        Keep(i, Message{msgid, {}});
      }
    };
    keep_periods(rules_.monthly, MonthOf, N_("the newest of its month"));
    keep_periods(rules_.weekly, WeekOf, N_("the newest of its week"));
    keep_periods(rules_.daily, DayOf, N_("the newest of its day"));
    std::int64_t rank = 0;
    for (const std::size_t i : good) {
      if (IsYoung(i)) {
        Keep(i, Say(N_("not older than {0} days"), rules_.keep_days));
      }
      if (rank++ < rules_.min_good) {
        Keep(i, Say(N_("one of the {0} newest good ones"), rules_.min_good));
      }
    }
  }

  void DecideOthers(const std::vector<std::size_t>& ours,
                    const std::vector<std::size_t>& good) {
    const bool enough =
        static_cast<std::int64_t>(good.size()) >= rules_.min_good;
    for (const std::size_t i : ours) {
      if (all_[i].state == BackupState::kGood) continue;
      if (IsYoung(i)) {
        Keep(i, Say(N_("not older than {0} days"), rules_.keep_days));
      } else if (!enough) {
        Keep(i, Say(N_("there are only {0} good ones"), good.size()));
      } else if (all_[i].sequence > all_[good.front()].sequence) {
        Keep(i, Say(N_("newer than every good one")));
      } else {
        Drop(i);
      }
    }
  }

  const std::vector<RetentionCandidate>& all_;
  const RetentionRules& rules_;
  std::int64_t now_;
  std::vector<RetentionDecision> out_;
  std::vector<std::int64_t> times_;  // Put right.
};

}  // namespace

std::vector<RetentionDecision> PlanPrune(
    const std::vector<RetentionCandidate>& candidates,
    const RetentionRules& rules, std::int64_t now) {
  return Planner(candidates, rules, now).Run();
}

}  // namespace benchkeep::store
