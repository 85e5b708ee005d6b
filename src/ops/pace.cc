// How fast the campaign goes.

#include "ops/pace.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "host/writers.h"
#include "store/parquet_footer.h"
#include "store/transaction.h"
#include "store/transaction_record.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::int64_t kDayNs = 86'400 * kNanos;
constexpr std::size_t kMostIncrements = 256;
constexpr std::size_t kMostMerges = 100;

struct Candidate {
  fs::Path path;
  std::string name;
  std::int64_t end_ns = 0;
};

void Collect(const store::Store& store, const fs::Path& folder,
             std::vector<Candidate>& found) {
  const auto entries = store.file_system().List(folder);
  if (!entries.ok()) return;
  for (const fs::DirEntry& entry : *entries) {
    if (entry.type != fs::FileType::kRegular ||
        host::PidOfIncrement(entry.name) == 0) {
      continue;
    }
    const auto info = store.file_system().Info(folder / entry.name);
    if (info.ok()) {
      found.push_back({folder / entry.name, entry.name, info->mtime_ns});
    }
  }
}

std::optional<std::uint64_t> RowsOf(const store::Store& store,
                                    const fs::Path& path) {
  const auto file = store.file_system().Open(path);
  if (!file.ok()) return std::nullopt;
  const auto footer = store::ParquetFooter::Read(**file, path);
  if (!footer.ok()) return std::nullopt;  // Half written, or broken.
  return footer->rows();
}

double Seconds(std::int64_t nanos) {
  return static_cast<double>(nanos) / static_cast<double>(kNanos);
}

// A runner may write each increment once, when it is full: then the time in the
// name is that of the writing, and the tests were done since the one before.
void FindStarts(std::vector<WrittenIncrement>& increments) {
  constexpr std::int64_t kAtOnce = 5 * kNanos;
  constexpr std::int64_t kLongestGap = 3600 * kNanos;
  std::sort(increments.begin(), increments.end(),
            [](const WrittenIncrement& a, const WrittenIncrement& b) {
              return std::pair(a.pid, a.end_ns) < std::pair(b.pid, b.end_ns);
            });
  const WrittenIncrement* before = nullptr;
  for (WrittenIncrement& each : increments) {
    if (each.start_ns && each.end_ns - *each.start_ns < kAtOnce) {
      each.start_ns.reset();
    }
    if (!each.start_ns && before != nullptr && before->pid == each.pid &&
        each.end_ns > before->end_ns &&
        each.end_ns - before->end_ns <= kLongestGap) {
      each.start_ns = before->end_ns;
    }
    before = &each;
  }
}

// How many of the spans overlap at most.
std::int64_t MostAtOnce(const std::vector<WrittenIncrement>& increments) {
  std::vector<std::pair<std::int64_t, int>> changes;
  std::set<int> untimed;
  for (const WrittenIncrement& each : increments) {
    if (!each.start_ns) {
      untimed.insert(each.pid);
      continue;
    }
    changes.emplace_back(*each.start_ns, 1);
    changes.emplace_back(each.end_ns, -1);
  }
  // At the same moment one ends before the next begins.
  std::sort(changes.begin(), changes.end());
  std::int64_t now = 0;
  std::int64_t most = 0;
  for (const auto& [time, change] : changes) {
    now += change;
    most = std::max(most, now);
  }
  return std::max(most, static_cast<std::int64_t>(untimed.size()));
}

}  // namespace

std::optional<std::int64_t> StartOfIncrement(std::string_view name,
                                             std::int64_t end_ns,
                                             std::chrono::seconds utc_offset) {
  constexpr std::int64_t kOldest = 946'684'800 * kNanos;  // The year 2000.
  constexpr std::size_t kDateDigits = 8;
  constexpr std::size_t kTimeDigits = 6;
  const std::size_t first = name.find('_');
  const std::size_t second =
      first == std::string_view::npos ? first : name.find('_', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view text = name.substr(second + 1);
  const std::size_t digits =
      std::min(text.find_first_not_of("0123456789"), text.size());
  std::int64_t start = 0;
  if (digits == kDateDigits && text.size() > kDateDigits + kTimeDigits &&
      (text[digits] == '_' || text[digits] == '-')) {
    const std::string date(text.substr(0, kDateDigits));
    const std::string time(text.substr(kDateDigits + 1, kTimeDigits));
    const auto parsed =
        ParseIso(date.substr(0, 4) + "-" + date.substr(4, 2) + "-" +
                 date.substr(6, 2) + "T" + time.substr(0, 2) + ":" +
                 time.substr(2, 2) + ":" + time.substr(4, 2));
    if (!parsed) return std::nullopt;
    start = (*parsed - utc_offset).time_since_epoch().count();
  } else {
    std::int64_t number = 0;
    const auto parsed =
        std::from_chars(text.data(), text.data() + digits, number);
    if (parsed.ec != std::errc{} || digits < 10) return std::nullopt;
    // The unit is the one by which it is a time of our days.
    constexpr std::int64_t kThousand = 1000;
    std::int64_t unit = kNanos;
    while (unit > 1 && number > end_ns / unit) unit /= kThousand;
    if (number > end_ns / unit) return std::nullopt;
    start = number * unit;
  }
  if (start < kOldest || start >= end_ns) return std::nullopt;
  return start;
}

Pace PaceOf(std::vector<WrittenIncrement> increments, std::int64_t now_ns) {
  Pace pace;
  pace.increments = increments.size();
  FindStarts(increments);
  std::vector<double> paces;
  for (const WrittenIncrement& each : increments) {
    if (!each.start_ns || each.tests == 0) continue;
    paces.push_back(Seconds(each.end_ns - *each.start_ns) /
                    static_cast<double>(each.tests));
  }
  if (!paces.empty()) {
    const auto middle =
        paces.begin() + static_cast<std::ptrdiff_t>(paces.size() / 2);
    std::nth_element(paces.begin(), middle, paces.end());
    pace.seconds_per_test = *middle;
  }
  const std::int64_t since = now_ns - kDayNs;
  std::erase_if(increments, [since](const WrittenIncrement& each) {
    return each.end_ns < since;
  });
  std::int64_t first = now_ns;
  std::int64_t last = since;
  for (WrittenIncrement& each : increments) {
    pace.tests += each.tests;
    if (each.start_ns) each.start_ns = std::max(*each.start_ns, since);
    first = std::min(first, each.start_ns.value_or(each.end_ns));
    last = std::max(last, each.end_ns);
  }
  pace.active_seconds = std::max(0.0, Seconds(last - first));
  pace.most_runners = MostAtOnce(increments);
  return pace;
}

Result<Pace> ReadPace(const store::Store& store, std::int64_t now_ns,
                      std::chrono::seconds utc_offset) {
  std::vector<Candidate> found;
  Collect(store, store.layout().increments(), found);
  BENCHKEEP_ASSIGN(const auto merges, store::ListTransactions(store));
  std::size_t looked_at = 0;
  for (const store::PastTransaction& past : merges) {
    if (past.op != "consolidate") continue;
    if (++looked_at > kMostMerges) break;
    Collect(store, store.layout().trash_dir() / past.id / store::kTakenFolder,
            found);
  }
  std::sort(found.begin(), found.end(),
            [](const Candidate& a, const Candidate& b) {
              return a.end_ns > b.end_ns;
            });
  if (found.size() > kMostIncrements) found.resize(kMostIncrements);
  std::vector<WrittenIncrement> increments;
  for (const Candidate& each : found) {
    const auto rows = RowsOf(store, each.path);
    if (!rows) continue;
    increments.push_back({host::PidOfIncrement(each.name),
                          StartOfIncrement(each.name, each.end_ns, utc_offset),
                          each.end_ns, *rows});
  }
  return PaceOf(std::move(increments), now_ns);
}

}  // namespace benchkeep::ops
