// From what was measured to a number of runners and a batch size.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "ops/tune.h"

namespace benchkeep::ops {
namespace {

constexpr double kPercent = 100;
constexpr double kHour = 3600;
constexpr double kDay = 24 * kHour;

// The guide's rule.
struct Rule {
  double per_cpu = 1;
  std::int64_t most = 10;
};
Rule RuleFor(Storage storage) {
  return storage == Storage::kParquet ? Rule{2, 50} : Rule{1, 10};
}

std::int64_t GuideBatch(std::int64_t tasks, std::int64_t workers) {
  constexpr std::int64_t kFew = 100;
  constexpr std::int64_t kMany = 1000;
  constexpr std::int64_t kUsual = 10;
  constexpr std::int64_t kLarge = 20;
  if (tasks < kFew) return std::max<std::int64_t>(1, tasks / workers);
  return tasks < kMany ? kUsual : kLarge;
}

// An increment is rewritten as a whole each time: not too often.  (What is not
// written yet dies with its runner: not too seldom, by the settings.)
constexpr double kShortestFlush = 10;

// A few refusals are usual: nobody waits for those.
constexpr double kRefusedLeast = 0.01;

std::string Short(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string Size(double bytes) {
  constexpr double kMiB = 1 << 20;
  constexpr double kGiB = 1 << 30;
  return bytes < kGiB ? fmt::format("{:.0f} MiB", bytes / kMiB)
                      : fmt::format("{:.1f} GiB", bytes / kGiB);
}

std::int64_t ByCpus(const Rule& rule, double cpus) {
  return std::max<std::int64_t>(
      1, std::min(rule.most,
                  static_cast<std::int64_t>(std::floor(rule.per_cpu * cpus))));
}

// Where the room for runners is the smallest, and for how many.
struct Room {
  std::int64_t runners = 0;
  double total_bytes = 0;
  std::string group;  // Empty: the machine.
};

Room SmallestRoom(const host::Machine& machine, const TuneMemory& memory,
                  double each, double free_share) {
  // What the runners hold now is theirs already.
  const auto fit = [&](double total, double available, double inside) {
    const double room = available + inside - total * free_share;
    return static_cast<std::int64_t>(std::max(0.0, std::floor(room / each)));
  };
  Room room;
  room.total_bytes = static_cast<double>(memory.state->total_bytes);
  room.runners =
      fit(room.total_bytes, static_cast<double>(memory.state->available_bytes),
          static_cast<double>(memory.pss_bytes));
  for (const host::GroupMemory& group : memory.state->groups) {
    double inside = 0;
    for (const TuneRunner& runner : memory.runners) {
      const std::string name = machine.MemoryGroupOf(runner.process.pid);
      if (name == group.name || group.name == "/" ||
          name.starts_with(group.name + "/")) {
        inside += static_cast<double>(runner.pss_bytes.value_or(0));
      }
    }
    const std::int64_t fits =
        fit(static_cast<double>(group.limit_bytes),
            static_cast<double>(group.available_bytes()), inside);
    if (fits < room.runners) {
      room = {fits, static_cast<double>(group.limit_bytes), group.name};
    }
  }
  return room;
}

TuneLimit MemoryLimit(const host::Machine& machine,
                      const store::Settings& settings,
                      const TuneMemory& memory) {
  TuneLimit limit{.name = "memory"};
  if (!memory.state) {
    limit.about = Say(N_("the machine does not tell its memory"));
    return limit;
  }
  const std::uint64_t measured = memory.per_runner_bytes.value_or(0);
  const auto each =
      static_cast<double>(std::max(measured, settings.tune_runner_memory));
  if (each == 0) {
    limit.about = Say(
        N_("no runner to measure: none is running, and none was seen before"));
    return limit;
  }
  const double free_percent =
      std::min(static_cast<double>(settings.tune_free_percent), kPercent);
  const Room room =
      SmallestRoom(machine, memory, each, free_percent / kPercent);
  limit.value = room.runners;
  const std::string kept = Short(free_percent) + "%";
  const bool as_set = settings.tune_runner_memory > measured;
  if (room.group.empty()) {
    limit.about =
        as_set ? Say(N_("{0} per runner, as set, in {1}; {2} stays free"),
                     Size(each), Size(room.total_bytes), kept)
        : memory.per_runner_remembered
            ? Say(N_("{0} per runner, as measured before, in {1}; {2} stays "
                     "free"),
                  Size(each), Size(room.total_bytes), kept)
            : Say(N_("{0} per runner, in {1}; {2} stays free"), Size(each),
                  Size(room.total_bytes), kept);
  } else {
    limit.about =
        as_set ? Say(N_("{0} per runner, as set, in {1} of the control group "
                        "{2}; {3} stays free"),
                     Size(each), Size(room.total_bytes), room.group, kept)
        : memory.per_runner_remembered
            ? Say(N_("{0} per runner, as measured before, in {1} of the "
                     "control group {2}; {3} stays free"),
                  Size(each), Size(room.total_bytes), room.group, kept)
            : Say(N_("{0} per runner, in {1} of the control group {2}; {3} "
                     "stays free"),
                  Size(each), Size(room.total_bytes), room.group, kept);
  }
  return limit;
}

// The services accept so much and no more: the runners whose requests would
// all be accepted.
TuneLimit ApiLimit(const Pace& pace, std::int64_t running,
                   TuneRateLimits& rate) {
  TuneLimit limit{.name = "api_rate"};
  const auto refused = static_cast<double>(rate.refused);
  if (rate.refused == 0) {
    limit.about = Say(N_("no request was refused (429) in 24 h"));
    return limit;
  }
  const auto runners =
      static_cast<double>(std::max(running, pace.most_runners));
  if (runners == 0 || (pace.tests == 0 && !rate.retry_after_seconds)) {
    limit.about =
        Say(N_("{0} requests were refused (429) in 24 h; how many went "
               "through, and by how many runners, cannot be told"),
            rate.refused);
    return limit;
  }
  double useful = runners;
  if (pace.tests > 0) {
    rate.refused_share = refused / (refused + static_cast<double>(pace.tests));
    if (*rate.refused_share >= kRefusedLeast) {
      useful = runners * (1 - *rate.refused_share);
    }
  }
  if (rate.retry_after_seconds) {
    // So many runners did nothing but wait.
    const double active =
        pace.active_seconds > 0 ? std::min(pace.active_seconds, kDay) : kDay;
    useful = std::min(useful,
                      runners - refused * *rate.retry_after_seconds / active);
  }
  if (useful > runners - 1) {
    limit.about = Say(N_("{0} requests were refused (429) in 24 h, too few to "
                         "matter"),
                      rate.refused);
    return limit;
  }
  limit.value =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(std::floor(useful)));
  const auto count = static_cast<std::int64_t>(runners);
  limit.about =
      rate.retry_after_seconds
          ? Say(N_("{0} requests of {1} runners were refused (429) in 24 h, "
                   "{2} tests went through; Retry-After is {3} s"),
                rate.refused, count, pace.tests,
                Short(*rate.retry_after_seconds))
          : Say(N_("{0} requests of {1} runners were refused (429) in 24 h, "
                   "{2} tests went through"),
                rate.refused, count, pace.tests);
  return limit;
}

void SetBatch(std::uint64_t tasks, std::int64_t longest_seconds,
              TuneReport& report) {
  TuneBatch& batch = report.batch;
  constexpr std::uint64_t kMost = 1'000'000'000;
  const auto count = static_cast<std::int64_t>(std::min(tasks, kMost));
  batch.guide = GuideBatch(count, report.workers);
  batch.value = batch.guide;
  const std::optional<double>& each = report.pace.seconds_per_test;
  if (!each || *each <= 0) {
    batch.about =
        Say(N_("the guide's rule; how long a test takes is not known "
               "yet"));
    return;
  }
  const auto most = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(
             std::min(static_cast<double>(longest_seconds) / *each,
                      static_cast<double>(kMost))));
  // But every runner gets its share.
  const std::int64_t share =
      std::max<std::int64_t>(1, (count + report.workers - 1) / report.workers);
  const auto least = std::min(
      {static_cast<std::int64_t>(std::min(std::ceil(kShortestFlush / *each),
                                          static_cast<double>(kMost))),
       share, most});
  const std::string pace = Short(*each);
  if (batch.guide > most) {
    batch.value = most;
    batch.about =
        Say(N_("the guide says {0}, but a test takes {1} s: results would "
               "wait longer than {2} s before they are written"),
            batch.guide, pace, longest_seconds);
  } else if (batch.guide < least) {
    batch.value = least;
    batch.about =
        Say(N_("the guide says {0}, but a test takes {1} s: the increment "
               "would be rewritten more often than every {2} s"),
            batch.guide, pace, static_cast<std::int64_t>(kShortestFlush));
  } else {
    batch.about = Say(N_("the guide's rule; a test takes {0} s, so results "
                         "wait {1} s at most"),
                      pace,
                      static_cast<std::int64_t>(
                          std::ceil(static_cast<double>(batch.value) * *each)));
  }
}

}  // namespace

const char* StorageName(Storage storage) {
  return storage == Storage::kParquet ? "parquet" : "json";
}

void SetLimits(const host::Machine& machine, const store::Settings& settings,
               std::uint64_t tasks, TuneReport& report) {
  const host::CpuAllowance cpus = machine.Cpus();
  const Rule rule = RuleFor(report.storage);
  TuneLimit guide{.name = "guide", .value = ByCpus(rule, cpus.online)};
  guide.about =
      report.storage == Storage::kParquet
          ? Say(N_("Parquet: two per processor, at most {0}; the machine has "
                   "{1}"),
                rule.most, cpus.online)
          : Say(N_("JSON: one per processor, at most {0}; the machine has {1}"),
                rule.most, cpus.online);
  TuneLimit affinity{.name = "affinity", .value = ByCpus(rule, cpus.affinity)};
  affinity.about =
      Say(N_("may run on {0} of {1} processors"), cpus.affinity, cpus.online);
  TuneLimit quota{.name = "cpu_quota"};
  if (cpus.quota) {
    quota.value = ByCpus(rule, *cpus.quota);
    quota.about = Say(N_("the control group {0} allows the time of {1} "
                         "processors"),
                      cpus.quota_group, Short(*cpus.quota));
  } else {
    quota.about = Say(N_("no control group limits the processors"));
  }
  report.limits = {
      std::move(guide), std::move(affinity), std::move(quota),
      MemoryLimit(machine, settings, report.memory),
      ApiLimit(report.pace,
               static_cast<std::int64_t>(report.memory.runners.size()),
               report.rate)};
  const auto tighter = [](const TuneLimit& a, const TuneLimit& b) {
    if (!a.value || !b.value) return a.value.has_value();
    return *a.value < *b.value;
  };
  // Of equal ones the first: the guide's rule decides as long as nothing is
  // tighter.
  const auto tightest =
      std::min_element(report.limits.begin(), report.limits.end(), tighter);
  tightest->binds = true;
  report.workers = std::max<std::int64_t>(1, tightest->value.value_or(1));
  SetBatch(tasks, settings.tune_flush_seconds, report);
}

std::optional<double> RetryAfterIn(const std::string& message) {
  std::string text;
  for (const unsigned char c : message) {
    text += static_cast<char>(c < 0x80 ? std::tolower(c) : c);
  }
  std::optional<double> longest;
  for (const char* phrase : {"retry-after", "retry after", "retry_after",
                             "try again in", "retry in"}) {
    std::size_t at = text.find(phrase);
    for (; at != std::string::npos; at = text.find(phrase, at + 1)) {
      std::size_t i = at + std::string(phrase).size();
      // What stands between: ": ", "\": \"", "=".
      while (i < text.size() &&
             std::string(" :=\"'").find(text[i]) != std::string::npos) {
        ++i;
      }
      double seconds = 0;
      bool any = false;
      while (i < text.size() &&
             std::isdigit(static_cast<unsigned char>(text[i])) != 0) {
        const std::size_t end =
            std::min(text.find_first_not_of("0123456789.", i), text.size());
        const double number =
            std::strtod(text.substr(i, end - i).c_str(), nullptr);
        i = end;
        while (i < text.size() && text[i] == ' ') ++i;
        double unit = 1;
        if (text.compare(i, 2, "ms") == 0) {
          unit = 0.001;
          i += 2;
        } else if (i < text.size() && text[i] == 'm') {
          unit = 60;
          ++i;
        } else if (i < text.size() && text[i] == 'h') {
          unit = kHour;
          ++i;
        } else if (i < text.size() && text[i] == 's') {
          ++i;
        }
        seconds += number * unit;
        any = true;
      }
      if (any && seconds <= kDay) {
        longest = std::max(longest.value_or(0), seconds);
      }
    }
  }
  return longest;
}

std::optional<double> GrowthPerHour(const std::vector<MemoryPoint>& points,
                                    std::chrono::seconds least) {
  if (points.size() < 2) return std::nullopt;
  const auto [first, last] =
      std::minmax_element(points.begin(), points.end(),
                          [](const MemoryPoint& a, const MemoryPoint& b) {
                            return a.seconds < b.seconds;
                          });
  if (last->seconds - first->seconds < static_cast<double>(least.count()) ||
      last->seconds <= first->seconds) {
    return std::nullopt;
  }
  const auto n = static_cast<double>(points.size());
  double mean_t = 0;
  double mean_b = 0;
  for (const MemoryPoint& point : points) {
    mean_t += point.seconds / n;
    mean_b += point.bytes / n;
  }
  double spread = 0;
  double together = 0;
  for (const MemoryPoint& point : points) {
    spread += (point.seconds - mean_t) * (point.seconds - mean_t);
    together += (point.seconds - mean_t) * (point.bytes - mean_b);
  }
  return together / spread * kHour;
}

}  // namespace benchkeep::ops
