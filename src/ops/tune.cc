// Tune: measure, then set the limits.

#include "ops/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "host/writers.h"
#include "ops/log_errors.h"
#include "ops/store_writers.h"
#include "store/check_memory.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;
// Of a process by its pid and start: "runner_pss 4711 123456".
constexpr const char* kSamplePrefix = "runner_pss ";
constexpr std::int64_t kKeepSamples = 7 * kDay;
constexpr std::int64_t kGrowthHistory = kDay;
constexpr std::chrono::seconds kLeastHistory{600};
// Less than this is noise.
constexpr double kLeastGrowth = 1 << 20;
constexpr double kOomSoonHours = 24;
constexpr double kOomNowHours = 1;

std::string SampleName(const host::Process& process) {
  return kSamplePrefix + std::to_string(process.pid) + " " +
         std::to_string(process.start_ticks);
}

std::string Decimal(double value) { return fmt::format("{:.1f}", value); }

class Tuning {
 public:
  Tuning(const store::Store& store, const TuneOptions& options,
         Progress& progress)
      : store_(store),
        options_(options),
        progress_(progress),
        table_(options.machine.proc()) {}

  Result<TuneReport> Run() {
    progress_.Stage(Say(N_("looking at the machine")), 0);
    report_.storage = options_.storage.value_or(StorageOfStore());
    BENCHKEEP_TRY(ReadRunners());
    BENCHKEEP_TRY(ReadGrowth());
    TuneMemory& memory = report_.memory;
    memory.state = options_.machine.Memory();
    memory.memory_pressure = options_.machine.PressureOf("memory");
    memory.cpu_pressure = options_.machine.PressureOf("cpu");
    memory.io_pressure = options_.machine.PressureOf("io");
    memory.is_short =
        memory.state && MemoryIsShort(*memory.state, memory.memory_pressure,
                                      store_.settings().tune_free_percent);
    memory.cache = ReadStoreCache(store_, progress_);
    const std::int64_t now_ns = store_.clock().Now().time_since_epoch().count();
    BENCHKEEP_ASSIGN(report_.pace,
                     ReadPace(store_, now_ns, options_.utc_offset));
    ReadRateLimits();
    if (progress_.Cancelled()) {
      return Fail(Code::kCancelled, Say(N_("interrupted")));
    }
    SetLimits(options_.machine, store_.settings(), options_.tasks, report_);
    Forecast();
    Judge();
    return std::move(report_);
  }

 private:
  [[nodiscard]] std::int64_t Now() const {
    return store_.clock().Now().time_since_epoch().count() / kNanos;
  }

  // Where results go now.
  [[nodiscard]] Storage StorageOfStore() const {
    const auto there = [this](const fs::Path& path) {
      const Result<bool> exists = fs::Exists(store_.file_system(), path);
      return exists.ok() && *exists;
    };
    const store::Layout& layout = store_.layout();
    return there(layout.results()) || there(layout.increments())
               ? Storage::kParquet
               : Storage::kJson;
  }

  Status ReadRunners() {
    BENCHKEEP_ASSIGN(host::WriterQuery query, WriterQueryFor(store_));
    if (options_.self != 0) query.self = options_.self;
    for (const host::Writer& writer : host::FindWriters(table_, query)) {
      // What may belong to another campaign is not counted.
      if (!writer.certain || writer.process.state == 'Z') continue;
      TuneRunner runner;
      runner.process = writer.process;
      runner.script = host::PythonScript(writer.process);
      report_.memory.runners.push_back(std::move(runner));
    }
    Measure();
    return {};
  }

  void Measure() {
    TuneMemory& memory = report_.memory;
    memory.pss_bytes = 0;
    memory.per_runner_bytes.reset();
    const std::int64_t now = Now();
    for (TuneRunner& runner : memory.runners) {
      runner.pss_bytes = table_.PssBytes(runner.process.pid);
      if (!runner.pss_bytes) continue;
      memory.pss_bytes += *runner.pss_bytes;
      memory.per_runner_bytes =
          std::max(memory.per_runner_bytes.value_or(0), *runner.pss_bytes);
      const auto bytes = static_cast<double>(*runner.pss_bytes);
      samples_.push_back({now, SampleName(runner.process), bytes});
      points_[SampleName(runner.process)].push_back(
          {static_cast<double>(now), bytes});
    }
  }

  Status ReadGrowth() {
    const fs::Path db = store_.layout().state_db();
    auto known = store::LoadSamples(db, kSamplePrefix);
    if (!known.ok()) {
      report_.findings.push_back(
          {"tune_memory_unusable", Severity::kWarning,
           store_.layout().Relative(db), known.error().message,
           Say(N_("the growth of the runners is not known; nothing else "
                  "depends on it"))});
      known = std::vector<store::Sample>();
    }
    const std::int64_t now = Now();
    double newest = 0;
    for (const store::Sample& sample : *known) {
      newest = std::max(newest, static_cast<double>(sample.time));
    }
    TuneMemory& memory = report_.memory;
    std::chrono::seconds least = kLeastHistory;
    for (const store::Sample& sample : *known) {
      const auto time = static_cast<double>(sample.time);
      if (sample.time < now && sample.time > now - kGrowthHistory) {
        points_[sample.name].push_back({time, sample.value});
      }
      // The last time that there were runners.
      if (memory.runners.empty() && time == newest) {
        memory.per_runner_remembered = true;
        memory.per_runner_bytes =
            std::max(memory.per_runner_bytes.value_or(0),
                     static_cast<std::uint64_t>(std::max(0.0, sample.value)));
      }
    }
    if (options_.interval.count() > 0 && !memory.runners.empty()) {
      BENCHKEEP_TRY(WaitAndMeasure());
      least = std::chrono::seconds(1);
    }
    for (TuneRunner& runner : memory.runners) {
      runner.growth_bytes_per_hour =
          GrowthPerHour(points_[SampleName(runner.process)], least);
      if (!runner.growth_bytes_per_hour) continue;
      memory.growth_bytes_per_hour = memory.growth_bytes_per_hour.value_or(0) +
                                     *runner.growth_bytes_per_hour;
    }
    Remember();
    return {};
  }

  Status WaitAndMeasure() {
    constexpr std::chrono::milliseconds kStep{100};
    progress_.Stage(
        Say(N_("watching the runners for {0} s"), options_.interval.count()),
        0);
    const TimePoint end = store_.clock().Now() + options_.interval;
    while (store_.clock().Now() < end) {
      if (progress_.Cancelled()) {
        return Fail(Code::kCancelled, Say(N_("interrupted")));
      }
      store_.clock().SleepFor(kStep);
    }
    Measure();
    return {};
  }

  void Remember() {
    if (!options_.remember || samples_.empty()) return;
    const auto remember = [this]() -> Status {
      BENCHKEEP_TRY(
          store_.file_system().MakeDirs(store_.layout().state(), 0700));
      return store::AddSamples(store_.layout().state_db(), samples_,
                               kSamplePrefix, Now() - kKeepSamples);
    };
    IgnoreError(remember(), "it costs a point of the history");
  }

  void ReadRateLimits() {
    const LogErrorsOptions options{
        .recall = options_.remember ? LogRecall::kRemember : LogRecall::kLook,
        .rescan = false,
        .threads = options_.machine.Cpus().affinity,
        .utc_offset = options_.utc_offset};
    const auto errors = ReadLogErrors(store_, options, progress_);
    if (!errors.ok()) {
      if (errors.error().code == Code::kCancelled) return;
      report_.findings.push_back(
          {"tune_logs_unreadable", Severity::kWarning, store_.settings().logs,
           errors.error().message,
           Say(N_("what the services refuse is not known"))});
      return;
    }
    for (const ErrorCause& cause : errors->causes) {
      if (cause.kind != ErrorClass::kRateLimit || cause.recent == 0) continue;
      report_.rate.refused += cause.recent;
      if (const auto wait = RetryAfterIn(cause.example)) {
        report_.rate.retry_after_seconds =
            std::max(report_.rate.retry_after_seconds.value_or(0), *wait);
      }
    }
  }

  void Forecast() {
    TuneMemory& memory = report_.memory;
    if (!memory.state || !memory.growth_bytes_per_hour ||
        *memory.growth_bytes_per_hour < kLeastGrowth) {
      return;
    }
    memory.hours_to_oom = static_cast<double>(memory.state->LeastAvailable()) /
                          *memory.growth_bytes_per_hour;
  }

  void Judge() {
    const TuneMemory& memory = report_.memory;
    const auto add = [this](const char* code, Severity severity,
                            Message message, Message fix) {
      report_.findings.push_back(
          {code, severity, "", std::move(message), std::move(fix)});
    };
    if (memory.hours_to_oom && *memory.hours_to_oom < kOomSoonHours) {
      add("tune_oom_soon",
          *memory.hours_to_oom < kOomNowHours ? Severity::kCritical
                                              : Severity::kWarning,
          Say(N_("the runners grow: in {0} h the memory is used up"),
              Decimal(*memory.hours_to_oom)),
          Say(N_("start the runners anew one by one, or run fewer of them")));
    }
    if (memory.is_short) {
      add("tune_memory_short", Severity::kWarning,
          Say(N_("memory is short: {0} is free"),
              Decimal(memory.state->FreePercent()) + "%"),
          Say(N_("`benchkeep tune --release`; run fewer runners")));
    }
    const auto running = static_cast<std::int64_t>(memory.runners.size());
    if (running > report_.workers) {
      add("tune_too_many_runners", Severity::kWarning,
          Say(N_("{0} runners are at work, {1} would be right"), running,
              report_.workers),
          Say(N_("start the next campaign with {0}"), report_.workers));
    }
  }

  const store::Store& store_;
  const TuneOptions& options_;
  Progress& progress_;
  const host::ProcessTable table_;
  TuneReport report_;
  std::vector<store::Sample> samples_;
  std::map<std::string, std::vector<MemoryPoint>> points_;
};

}  // namespace

Result<TuneReport> ReadTune(const store::Store& store,
                            const TuneOptions& options, Progress& progress) {
  return Tuning(store, options, progress).Run();
}

}  // namespace benchkeep::ops
