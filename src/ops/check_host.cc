// The checks of the machine: who writes, and how full the disk is.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/disk_space.h"
#include "host/writers.h"
#include "ops/check_parts.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::int64_t kHour = 3600;
constexpr double kMinute = 60;
constexpr double kGaps = 5;  // So many usual gaps without a write are too many.
constexpr std::int64_t kHistory = 72 * kHour;  // For the trend of the disk.
constexpr std::int64_t kLeastHistory = kHour;

std::string Decimal(double value) { return fmt::format("{:.1f}", value); }
std::string PercentText(double value) { return Decimal(value) + "%"; }

std::int64_t ModifiedNs(const CheckInput& input, const fs::Path& path) {
  const Result<fs::FileInfo> info = input.store.file_system().Info(path);
  return info.ok() ? info->mtime_ns : 0;
}

host::WriterQuery QueryOf(const CheckInput& input) {
  const store::Layout& layout = input.store.layout();
  host::WriterQuery query;
  query.root = layout.root();
  query.data = {layout.results(), layout.increments(), layout.master()};
  query.apart = {layout.state(),
                 layout.root() / input.store.settings().backups};
  query.patterns = input.store.settings().writer_scripts;
  query.self = input.options.self;
  const auto entries = input.store.file_system().List(layout.increments());
  if (!entries.ok()) return query;
  for (const fs::DirEntry& entry : *entries) {
    query.increments.push_back(
        {entry.name, ModifiedNs(input, layout.increments() / entry.name)});
  }
  return query;
}

// When the writer last changed something below the root.
std::int64_t LastWrite(const CheckInput& input, const host::Writer& writer,
                       const host::WriterQuery& query) {
  std::int64_t newest = 0;
  for (const host::IncrementName& increment : query.increments) {
    if (host::PidOfIncrement(increment.name) == writer.process.pid) {
      newest = std::max(newest, increment.mtime_ns);
    }
  }
  const auto open =
      input.options.processes.OpenFilesBelow(writer.process.pid, query.root);
  if (!open) return newest;
  for (const host::OpenFile& file : *open) {
    if (file.writable) newest = std::max(newest, ModifiedNs(input, file.path));
  }
  return newest;
}

struct Judged {
  const char* state;  // alive, stuck, dead
  store::SeenWriter seen;
};

class WriterJudge {
 public:
  explicit WriterJudge(const CheckInput& input) : input_(input) {}

  Judged Judge(const host::Writer& writer, const host::WriterQuery& query) {
    const host::Process& process = writer.process;
    store::SeenWriter seen{
        process.pid,         process.start_ticks,
        input_.now,          LastWrite(input_, writer, query),
        process.cpu.count(), 0};
    const store::SeenWriter* before = Before(process);
    if (before != nullptr) {
      seen.usual_gap_seconds = before->usual_gap_seconds;
      if (before->last_write_ns > 0 &&
          seen.last_write_ns > before->last_write_ns) {
        const double gap =
            static_cast<double>(seen.last_write_ns - before->last_write_ns) /
            static_cast<double>(kNanos);
        seen.usual_gap_seconds =
            UsualGap(seen.usual_gap_seconds, gap,
                     static_cast<double>(input_.now - before->time));
      }
    }
    if (process.state == 'Z' || process.state == 'X') return {"dead", seen};
    return {
        IsQuiet(writer, seen) && !Works(process, before) ? "stuck" : "alive",
        seen};
  }

 private:
  // Looking seldom makes gaps look long: then the shortest one counts.  Who
  // looks more often than there is a write sees the gaps as they are: two
  // writes in a row must not make a patient writer look stuck.
  static double UsualGap(double usual, double gap, double between_looks) {
    constexpr double kWeight = 0.2;
    if (usual == 0) return gap;
    if (between_looks > gap) return std::min(usual, gap);
    return usual + kWeight * (gap - usual);
  }

  [[nodiscard]] const store::SeenWriter* Before(
      const host::Process& process) const {
    for (const store::SeenWriter& each : input_.memory.writers) {
      if (each.pid == process.pid && each.start_ticks == process.start_ticks) {
        return &each;
      }
    }
    return nullptr;
  }

  // No write for five times its usual gap; while that is not known, for the
  // time of the settings.
  [[nodiscard]] bool IsQuiet(const host::Writer& writer,
                             const store::SeenWriter& seen) const {
    const double least =
        static_cast<double>(input_.store.settings().check_quiet_minutes) *
        kMinute;
    const double allowed =
        seen.usual_gap_seconds > 0
            ? std::max(kMinute, kGaps * seen.usual_gap_seconds)
            : least;
    const std::int64_t started =
        writer.process.started.time_since_epoch().count();
    const std::int64_t since = std::max(seen.last_write_ns, started);
    return static_cast<double>(input_.now) -
               static_cast<double>(since) / static_cast<double>(kNanos) >
           allowed;
  }

  // It used the processor since the last time, or does so now.
  bool Works(const host::Process& process, const store::SeenWriter* before) {
    constexpr std::chrono::milliseconds kMoment{500};
    constexpr int kMoments = 3;
    constexpr double kBusyShare = 0.001;
    if (before != nullptr && input_.now > before->time) {
      const double share =
          static_cast<double>(process.cpu.count() - before->cpu_ns) /
          (static_cast<double>(input_.now - before->time) *
           static_cast<double>(kNanos));
      if (share < kBusyShare) return false;
    }
    for (int i = 0; i < kMoments; ++i) {
      input_.store.clock().SleepFor(kMoment);
      const auto now = input_.options.processes.Find(process.pid);
      if (!now || !now->Same(process)) return true;  // It just ended.
      if (now->cpu > process.cpu) return true;
    }
    return false;
  }

  const CheckInput& input_;
};

// Hours until the disk is full, by how its free space went down.
std::optional<double> HoursToFull(const CheckInput& input, double free_now) {
  double n = 1;
  double sum_t = 0;
  double sum_v = free_now;
  double sum_tt = 0;
  double sum_tv = 0;
  std::int64_t oldest = input.now;
  for (const store::Sample& sample : input.memory.samples) {
    if (sample.name != store::kFreeBytesSample || sample.time > input.now ||
        sample.time < input.now - kHistory) {
      continue;
    }
    const auto t = static_cast<double>(sample.time - input.now);
    n += 1;
    sum_t += t;
    sum_v += sample.value;
    sum_tt += t * t;
    sum_tv += t * sample.value;
    oldest = std::min(oldest, sample.time);
  }
  const double spread = n * sum_tt - sum_t * sum_t;
  if (input.now - oldest < kLeastHistory || spread <= 0) return std::nullopt;
  const double slope =
      (n * sum_tv - sum_t * sum_v) / spread;  // Bytes a second.
  if (slope >= 0) return std::nullopt;
  return free_now / -slope / static_cast<double>(kHour);
}

std::uint64_t SizeOf(const CheckInput& input, const fs::Path& path) {
  const Result<fs::FileInfo> info = input.store.file_system().Info(path);
  return info.ok() ? info->size : 0;
}

std::uint64_t SizeOfIncrements(const CheckInput& input) {
  const fs::Path& folder = input.store.layout().increments();
  const auto entries = input.store.file_system().List(folder);
  std::uint64_t bytes = 0;
  if (!entries.ok()) return bytes;
  for (const fs::DirEntry& entry : *entries) {
    bytes += SizeOf(input, folder / entry.name);
  }
  return bytes;
}

}  // namespace

CheckOutput CheckProcesses(const CheckInput& input) {
  CheckOutput output;
  CheckResult& result = output.result;
  result.state = CheckState::kOk;
  const host::WriterQuery query = QueryOf(input);
  const std::vector<host::Writer> writers =
      host::FindWriters(input.options.processes, query);
  WriterJudge judge(input);
  Json& list = result.details.Set("writers", Json::Array());
  std::int64_t certain = 0;
  std::int64_t alive = 0;
  std::int64_t stuck = 0;
  std::int64_t dead = 0;
  int first_stuck = 0;
  for (const host::Writer& writer : writers) {
    const Judged judged = judge.Judge(writer, query);
    const std::string state = judged.state;
    output.keep.writers.push_back(judged.seen);
    // What may belong to another campaign is shown, but not judged.
    if (writer.certain) {
      ++certain;
      alive += state == "alive" ? 1 : 0;
      stuck += state == "stuck" ? 1 : 0;
      dead += state == "dead" ? 1 : 0;
      if (state == "stuck" && first_stuck == 0) {
        first_stuck = writer.process.pid;
      }
    }
    Json& one = list.Append(Json::Object());
    one.Set("pid", Json::Int(writer.process.pid));
    one.Set("name", Json::String(writer.process.name));
    one.Set("state", Json::String(state));
    one.Set("sign", Json::String(host::WriterSignName(writer.sign)));
    one.Set("certain", Json::Bool(writer.certain));
    one.Set("evidence", Json::String(writer.evidence));
    one.Set("script", Json::String(host::PythonScript(writer.process)));
    one.Set("started", Json::String(FormatIso(writer.process.started)));
    one.Set("cpu_seconds",
            Json::Double(static_cast<double>(writer.process.cpu.count()) /
                         static_cast<double>(kNanos)));
    one.Set("rss_bytes", Json::Uint(writer.process.rss_bytes));
    one.Set("last_write", judged.seen.last_write_ns == 0
                              ? Json()
                              : Json::Int(judged.seen.last_write_ns / kNanos));
    one.Set("usual_gap_seconds",
            judged.seen.usual_gap_seconds == 0
                ? Json()
                : Json::Double(judged.seen.usual_gap_seconds));
  }
  const std::int64_t wanted = input.store.settings().check_runners;
  result.value = static_cast<double>(alive);
  result.limits = {static_cast<double>(wanted), {}, ""};
  result.message = Say(N_("{0} programs write results"), alive);
  if (stuck > 0) {
    Worsen(result, CheckState::kCritical,
           Say(N_("{0} of {1} writers are stuck: no write for long, and no "
                  "work"),
               stuck, certain),
           Say(N_("look at process {0}; `benchkeep logs errors --new` may say "
                  "why; results that were written are safe"),
               first_stuck));
  }
  if (dead > 0) {
    Worsen(result, CheckState::kWarning,
           Say(N_("{0} of {1} writers are dead but not cleared away"), dead,
               certain),
           Say(N_("end the program that started them")));
  }
  if (alive < wanted) {
    const Message message =
        alive == 0 ? Say(N_("no program writes results"))
                   : Say(N_("only {0} programs write results, {1} are "
                            "expected"),
                         alive, wanted);
    Worsen(result, CheckState::kWarning, message,
           Say(N_("start the campaign again, or set [check] runners = 0 when "
                  "it is over")));
  }
  return output;
}

CheckOutput CheckDisk(const CheckInput& input) {
  CheckOutput output;
  CheckResult& result = output.result;
  const auto space = host::DiskSpaceOf(input.store.layout().root());
  if (!space) {
    result.message = Say(N_("the file system does not say how full it is"));
    return output;
  }
  result.state = CheckState::kOk;
  const store::Settings& settings = input.store.settings();
  const auto free = static_cast<double>(space->free_bytes);
  KeepSample(input, store::kFreeBytesSample, free, output);
  const double used = std::round(space->UsedPercent() * 10) / 10;
  const CheckLimits limits{
      static_cast<double>(settings.check_disk_warning_percent),
      static_cast<double>(settings.check_disk_critical_percent), "%"};
  const CheckState filled = Compare(result, used, limits);
  result.message = Say(N_("{0} used"), PercentText(used));
  const Message make_room =
      Say(N_("`benchkeep clean`, `benchkeep logs compress` and `benchkeep "
             "backup prune` make room"));
  Worsen(result, filled, Say(N_("{0} used"), PercentText(used)), make_room);

  const double inodes = space->UsedInodesPercent();
  CheckResult by_inodes;
  Worsen(result, Compare(by_inodes, inodes, limits),
         Say(N_("{0} of the inodes used"), PercentText(inodes)), make_room);

  const std::optional<double> hours = HoursToFull(input, free);
  if (hours && *hours < static_cast<double>(settings.check_full_hours)) {
    Worsen(result, CheckState::kWarning,
           Say(N_("{0} used; full in {1} h if it goes on like this"),
               PercentText(used), Decimal(*hours)),
           make_room);
  }
  // What the next jobs need for a moment, besides what is there.
  const std::uint64_t results = SizeOf(input, input.store.layout().results());
  const std::uint64_t increments = SizeOfIncrements(input);
  const std::uint64_t master = SizeOf(input, input.store.layout().master());
  const std::uint64_t consolidation = increments > 0 ? results + increments : 0;
  // The copy itself, and the scratch folder in which it is proven.
  const std::uint64_t backup = 2 * (results + increments + master);
  const std::uint64_t needed = std::max(consolidation, backup);
  if (space->free_bytes < needed) {
    Worsen(result, CheckState::kCritical,
           space->free_bytes < consolidation
               ? Say(N_("the next consolidation needs {0} bytes, {1} are free"),
                     consolidation, space->free_bytes)
               : Say(N_("the next backup needs {0} bytes, {1} are free"),
                     backup, space->free_bytes),
           make_room);
  }
  result.details.Set("total_bytes", Json::Uint(space->total_bytes));
  result.details.Set("free_bytes", Json::Uint(space->free_bytes));
  result.details.Set("used_percent", Json::Double(used));
  result.details.Set("inodes_used_percent",
                     space->total_inodes == 0 ? Json() : Json::Double(inodes));
  result.details.Set("hours_to_full", hours ? Json::Double(*hours) : Json());
  result.details.Set("needed_bytes", Json::Uint(needed));
  return output;
}

}  // namespace benchkeep::ops
