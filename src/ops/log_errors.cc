// Log errors: match, read what is new, remember, add up.

#include "ops/log_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include "ops/log_files.h"
#include "ops/log_match.h"
#include "ops/log_scan.h"
#include "store/log_memory.h"

namespace benchkeep::ops {
namespace {

// Counts of other rules are not mixed with ours: raise it when log_line.cc,
// log_class.cc or log_pattern.cc judge differently.
constexpr int kRules = 1;

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kKeepGone = 30 * kDay;  // Then only its sums stay.
constexpr const char* kErrorLines = "error_lines";

// A spike: at least so many in an hour, and so many times the usual.
constexpr std::uint64_t kSpikeLeast = 20;
constexpr double kSpikeTimes = 5;

std::int64_t SecondsOf(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time)
      .time_since_epoch()
      .count();
}

// "2025-08-27T00:43:09", as the clock of the logs shows it.
std::string LogTime(TimePoint time) { return FormatIso(time).substr(0, 19); }

// The time in a name like batch_test_20250827_003257.log, or else that of the
// last change: for logs whose lines have none.
std::string TimeOfFile(const LogFile& file, std::chrono::seconds utc_offset) {
  const std::string name = file.path.filename().string();
  const auto digits = [&name](std::size_t from, std::size_t count) {
    return from + count <= name.size() &&
           std::all_of(name.begin() + static_cast<std::ptrdiff_t>(from),
                       name.begin() + static_cast<std::ptrdiff_t>(from + count),
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  for (std::size_t i = 0; i + 15 <= name.size(); ++i) {
    if (!name.substr(i).starts_with("20") || !digits(i, 8) ||
        (name[i + 8] != '_' && name[i + 8] != '-') || !digits(i + 9, 6)) {
      continue;
    }
    return fmt::format("{}-{}-{} {}:{}:{}", name.substr(i, 4),
                       name.substr(i + 4, 2), name.substr(i + 6, 2),
                       name.substr(i + 9, 2), name.substr(i + 11, 2),
                       name.substr(i + 13, 2));
  }
  const TimePoint changed{std::chrono::nanoseconds(file.info.mtime_ns)};
  return LogTime(changed + utc_offset);
}

class LogErrors {
 public:
  LogErrors(const store::Store& store, const LogErrorsOptions& options,
            Progress& progress)
      : store_(store), options_(options), progress_(progress) {}

  Result<LogErrorsReport> Run() {
    BENCHKEEP_ASSIGN(const std::vector<LogFile> files,
                     ListLogs(store_, report_.findings));
    BENCHKEEP_TRY(Recall());
    BENCHKEEP_ASSIGN(logs_,
                     MatchLogs(store_, files, SecondsOf(store_.clock().Now()),
                               record_, report_.findings));
    BENCHKEEP_TRY(Scan());
    for (std::size_t i = 0; i < logs_.size(); ++i) TakeIn(i);
    Fold();
    Remember();
    AddUp();
    return std::move(report_);
  }

 private:
  // Cause of memory, or of the unfinished ends of this run.
  using CauseKey = std::pair<std::string, std::string>;

  Status Recall();
  void Remember();
  Status Scan();
  void TakeIn(std::size_t i);
  void TakeCounts(const LogTally& tally, const std::string& file,
                  std::vector<store::LogCount>& counts);
  std::size_t CauseIndex(const LogTally::Cause& cause, const std::string& file);
  void Fold();
  void AddUp();
  void Judge(ErrorCause& cause,
             const std::map<std::string, std::uint64_t>& hours) const;

  const store::Store& store_;
  const LogErrorsOptions& options_;
  Progress& progress_;
  LogErrorsReport report_;
  std::optional<store::LogMemory> memory_;
  store::LogRecord record_;
  std::map<CauseKey, std::size_t> cause_at_;
  std::vector<MatchedLog> logs_;
  std::vector<LogScan> scans_;  // One for each of logs_.
};

Status LogErrors::Recall() {
  const fs::Path db = store_.layout().state_db();
  const auto open = [&]() -> Result<store::LogMemory> {
    if (options_.recall == LogRecall::kLook) {
      return store::LogMemory::OpenToRead(db, kRules);
    }
    BENCHKEEP_TRY(store_.file_system().MakeDirs(store_.layout().state(), 0700));
    return store::LogMemory::Open(db, kRules);
  };
  const auto recall = [&]() -> Status {
    BENCHKEEP_ASSIGN(store::LogMemory memory, open());
    BENCHKEEP_ASSIGN(store::LogRecord record, memory.Load());
    memory_.emplace(std::move(memory));
    if (!options_.rescan) record_ = std::move(record);
    return {};
  };
  const Status recalled = recall();
  if (!recalled.ok() && recalled.error().code != Code::kNotFound) {
    report_.findings.push_back(
        {"log_memory_unusable", Severity::kWarning,
         store_.layout().Relative(db), recalled.error().message,
         Say(N_("all logs were read anew; nothing else depends on it"))});
  }
  for (std::size_t i = 0; i < record_.causes.size(); ++i) {
    cause_at_[{record_.causes[i].kind, record_.causes[i].pattern}] = i;
  }
  return {};
}

void LogErrors::Remember() {
  if (!memory_ || options_.recall == LogRecall::kLook) return;
  const Status saved = memory_->Save(record_);
  report_.remembered = saved.ok();
  if (saved.ok() || saved.error().code == Code::kBusy) return;
  report_.findings.push_back(
      {"log_memory_unsaved", Severity::kWarning,
       store_.layout().Relative(store_.layout().state_db()),
       saved.error().message, saved.error().fix});
}

Status LogErrors::Scan() {
  scans_.resize(logs_.size());
  std::vector<std::size_t> order;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    if (!logs_[i].read) continue;
    order.push_back(i);
    total += logs_[i].file.info.size;
  }
  // The longest first, so that all threads end together.
  std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    return logs_[a].file.info.size > logs_[b].file.info.size;
  });
  progress_.Stage(Say(N_("reading logs")), total);
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> done{0};
  std::atomic<bool> failed{false};
  const auto scan_some = [&](bool tell) {
    while (!failed && !progress_.Cancelled()) {
      const std::size_t at = next.fetch_add(1);
      if (at >= order.size()) return;
      const MatchedLog& log = logs_[order[at]];
      const store::LogFileRecord& known = record_.files[log.record];
      LogStart start{known.offset, known.last_time, known.last_model};
      if (start.time.empty()) {
        start.time = TimeOfFile(log.file, options_.utc_offset);
      }
      scans_[order[at]] = ScanLog(store_.file_system(), log.file.path, start);
      done += log.file.info.size;
      if (tell) progress_.Advance(done);
    }
  };
  std::vector<std::thread> others;
  const auto wanted = std::min<std::size_t>(
      order.size(), static_cast<std::size_t>(std::max(1, options_.threads)));
  for (std::size_t i = 1; i < wanted; ++i) {
    others.emplace_back([&] {
      try {
        scan_some(false);
      } catch (const std::exception&) {
        failed = true;
      }
    });
  }
  try {
    scan_some(true);
  } catch (const std::exception&) {
    failed = true;
  }
  for (std::thread& other : others) other.join();
  if (failed) {
    return Fail(Code::kInternal, Say(N_("the logs could not be read: out of "
                                        "memory")));
  }
  if (progress_.Cancelled()) {
    return Fail(Code::kCancelled, Say(N_("interrupted")));
  }
  return {};
}

std::size_t LogErrors::CauseIndex(const LogTally::Cause& cause,
                                  const std::string& file) {
  const std::string kind = ErrorClassName(cause.kind);
  const auto [at, is_new] =
      cause_at_.try_emplace({kind, cause.pattern}, record_.causes.size());
  if (is_new) {
    record_.causes.push_back(
        {kind, cause.pattern, cause.example, cause.model, file});
  }
  return at->second;
}

void LogErrors::TakeCounts(const LogTally& tally, const std::string& file,
                           std::vector<store::LogCount>& counts) {
  for (const LogTally::Cause& cause : tally.causes()) {
    const std::size_t index = CauseIndex(cause, file);
    for (const LogTally::Hour& hour : cause.hours) {
      const auto same = std::find_if(
          counts.begin(), counts.end(), [&](const store::LogCount& each) {
            return each.cause == index && each.hour == hour.hour;
          });
      if (same == counts.end()) {
        counts.push_back({index, hour.hour, hour.count, hour.first, hour.last});
        continue;
      }
      same->count += hour.count;
      same->first = std::min(same->first, hour.first);
      same->last = std::max(same->last, hour.last);
    }
  }
}

void LogErrors::TakeIn(std::size_t i) {
  const MatchedLog& log = logs_[i];
  ++report_.files;
  report_.bytes += log.file.info.size;
  if (!log.read) return;
  const LogScan& scan = scans_[i];
  store::LogFileRecord& known = record_.files[log.record];
  report_.bytes_read += scan.bytes;
  known.offset = scan.offset;
  known.error_lines += scan.error_lines;
  known.last_time = scan.time;
  known.last_model = scan.model;
  TakeCounts(scan.tally, known.name, known.counts);
  if (scan.error) {
    report_.findings.push_back({"log_unreadable", Severity::kWarning,
                                known.name, scan.error->message,
                                scan.error->fix});
  }
}

// Of logs that are long gone only sums stay.
void LogErrors::Fold() {
  const std::int64_t now = SecondsOf(store_.clock().Now());
  std::vector<std::size_t> moved_to(record_.files.size());
  std::vector<store::LogFileRecord> stay;
  for (std::size_t i = 0; i < record_.files.size(); ++i) {
    store::LogFileRecord& each = record_.files[i];
    if (each.gone == 0 || each.gone + kKeepGone > now) {
      moved_to[i] = stay.size();
      stay.push_back(std::move(each));
      continue;
    }
    record_.folded[kErrorLines] += each.error_lines;
    for (const store::LogCount& count : each.counts) {
      record_.folded[record_.causes[count.cause].kind] += count.count;
    }
  }
  record_.files = std::move(stay);
  for (MatchedLog& log : logs_) log.record = moved_to[log.record];
}

void LogErrors::AddUp() {
  struct Sum {
    ErrorCause cause;
    std::set<std::size_t> files;
    std::map<std::string, std::uint64_t> hours;
  };
  // What was remembered, plus the unfinished ends of the logs: these are not.
  std::map<std::size_t, Sum> sums;
  const auto add = [&](const store::LogCount& count, std::size_t file) {
    Sum& sum = sums[count.cause];
    ErrorCause& cause = sum.cause;
    cause.count += count.count;
    if (!count.first.empty() &&
        (cause.first.empty() || count.first < cause.first)) {
      cause.first = count.first;
    }
    cause.last = std::max(cause.last, count.last);
    sum.files.insert(file);
    sum.hours[count.hour] += count.count;
  };
  const auto total = [this](const store::LogCount& count) {
    const ErrorClass kind = ErrorClassOf(record_.causes[count.cause].kind);
    report_.total_by_class[static_cast<std::size_t>(kind)] += count.count;
  };
  for (const auto& [name, count] : record_.folded) {
    if (name == kErrorLines) {
      report_.total_error_lines += count;
    } else {
      const auto kind = static_cast<std::size_t>(ErrorClassOf(name));
      report_.total_by_class[kind] += count;
    }
  }
  for (std::size_t i = 0; i < record_.files.size(); ++i) {
    const store::LogFileRecord& file = record_.files[i];
    report_.total_error_lines += file.error_lines;
    for (const store::LogCount& count : file.counts) {
      total(count);
      if (file.gone == 0) add(count, i);
    }
    if (file.gone == 0) report_.error_lines += file.error_lines;
  }
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    if (!logs_[i].read) continue;
    report_.error_lines += scans_[i].rest_error_lines;
    std::vector<store::LogCount> counts;
    TakeCounts(scans_[i].rest, record_.files[logs_[i].record].name, counts);
    for (const store::LogCount& count : counts) add(count, logs_[i].record);
  }
  for (auto& [index, sum] : sums) {
    const store::LogCause& known = record_.causes[index];
    sum.cause.kind = ErrorClassOf(known.kind);
    sum.cause.pattern = known.pattern;
    sum.cause.example = known.example;
    sum.cause.model = known.model;
    sum.cause.file = known.file;
    sum.cause.files = sum.files.size();
    Judge(sum.cause, sum.hours);
    report_.errors += sum.cause.count;
    report_.by_class[static_cast<std::size_t>(sum.cause.kind)] +=
        sum.cause.count;
    report_.causes.push_back(std::move(sum.cause));
  }
  const auto rank = [](const ErrorCause& cause) {
    const bool said =
        cause.kind == ErrorClass::kFormat || cause.kind == ErrorClass::kOther;
    return std::tuple(said, ~cause.count);
  };
  std::stable_sort(report_.causes.begin(), report_.causes.end(),
                   [&rank](const ErrorCause& a, const ErrorCause& b) {
                     return rank(a) < rank(b);
                   });
}

void LogErrors::Judge(ErrorCause& cause,
                      const std::map<std::string, std::uint64_t>& hours) const {
  const TimePoint now = store_.clock().Now() + options_.utc_offset;
  const std::string since = LogTime(now - std::chrono::seconds(kDay));
  const std::string week = LogTime(now - std::chrono::seconds(8 * kDay));
  const std::string since_hour = since.substr(0, 13);
  const TimePoint end = now - options_.recent_ago;
  const std::string recent_from = LogTime(end - options_.recent).substr(0, 13);
  const std::string recent_to = LogTime(end).substr(0, 13);
  std::uint64_t usual = 0;
  std::uint64_t usual_hours = 0;
  for (const auto& [hour, count] : hours) {
    if (hour >= recent_from && hour <= recent_to) cause.recent += count;
    if (hour >= since_hour) {
      if (count > cause.spike_count) {
        cause.spike_count = count;
        cause.spike_hour = hour;
      }
    } else if (hour >= week.substr(0, 13)) {
      usual += count;
      ++usual_hours;
    }
  }
  cause.is_new = !cause.first.empty() && cause.first >= since;
  if (usual_hours > 0) {
    cause.spike_usual =
        static_cast<double>(usual) / static_cast<double>(usual_hours);
  }
  if (usual_hours == 0 || cause.spike_count < kSpikeLeast ||
      static_cast<double>(cause.spike_count) <
          kSpikeTimes * cause.spike_usual) {
    cause.spike_hour.clear();
    cause.spike_count = 0;
    cause.spike_usual = 0;
  }
}

}  // namespace

Result<LogErrorsReport> ReadLogErrors(const store::Store& store,
                                      const LogErrorsOptions& options,
                                      Progress& progress) {
  return LogErrors(store, options, progress).Run();
}

}  // namespace benchkeep::ops
