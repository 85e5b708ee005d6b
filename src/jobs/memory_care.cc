// Watches the memory while the daemon runs.

#include "jobs/memory_care.h"

#include <fmt/format.h>

#include <exception>
#include <optional>
#include <utility>

#include "base/json.h"
#include "host/command_runner.h"
#include "host/memory.h"
#include "ops/tune_release.h"

namespace benchkeep::jobs {
namespace {

constexpr std::chrono::minutes kLongest{10};
constexpr std::uint64_t kHeapWorthIt = std::uint64_t{4} << 20;

std::string MiB(std::int64_t bytes) {
  constexpr double kMiB = 1 << 20;
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / kMiB);
}

}  // namespace

TuneRun TuneByChild(Program program) {
  return [program = std::move(program)](
             TuneFor what,
             const std::function<bool()>& cancelled) -> Result<std::string> {
    host::CommandOptions options;
    options.argv = {program.path, "-C",         program.root.string(),
                    "--json",     "--no-input", "--quiet",
                    "tune"};
    if (what == TuneFor::kRelease) {
      options.argv.insert(options.argv.end(), {"--release", "--if-short"});
    }
    options.timeout = kLongest;
    options.cancelled = cancelled;
    BENCHKEEP_ASSIGN(host::CommandResult result, host::RunCommand(options));
    return std::move(result.output);
  };
}

MemoryCare::MemoryCare(host::Machine machine, const store::Settings& settings,
                       TuneRun tune, TimePoint now, std::function<void()> wake)
    : machine_(std::move(machine)),
      every_(settings.tune_release_minutes),
      free_percent_(settings.tune_free_percent),
      tune_(std::move(tune)),
      wake_(std::move(wake)),
      last_(now) {}

MemoryCare::~MemoryCare() { Stop(); }

void MemoryCare::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void MemoryCare::Tick(TimePoint now) {
  if (now < last_) last_ = now;  // The clock was put back.
  if (every_.count() == 0 || now - last_ < every_ || running_ || stop_) return;
  last_ = now;
  if (host::OwnMemoryNow().free_heap_bytes >= kHeapWorthIt) host::TrimHeap();
  const auto memory = machine_.Memory();
  const bool is_short =
      memory &&
      ops::MemoryIsShort(*memory, machine_.PressureOf("memory"), free_percent_);
  const TuneFor what = is_short ? TuneFor::kRelease : TuneFor::kLook;
  if (thread_.joinable()) thread_.join();
  running_ = true;
  thread_ = std::thread([this, what] {
    try {
      Run(what);
    } catch (const std::exception&) {
      // Out of memory: all the more reason to try again.
    }
    running_ = false;
  });
}

void MemoryCare::Run(TuneFor what) {
  const Result<std::string> answer =
      tune_(what, [this] { return stop_.load(); });
  if (stop_ || what == TuneFor::kLook) return;
  const Result<Json> json =
      answer.ok() ? ParseJson(*answer) : Result<Json>(Json());
  const Json* data = json.ok() ? json->Find("data") : nullptr;
  const Json* release = data == nullptr ? nullptr : data->Find("release");
  const std::optional<std::int64_t> freed =
      release == nullptr ? std::nullopt : release->IntAt("freed_bytes");
  Message message =
      !freed ? Say(N_("memory is short, and giving it back failed"))
      : *freed == 0
          ? Say(N_("memory is short, and there was nothing to give back"))
          : Say(N_("memory is short: {0} were given back"), MiB(*freed));
  {
    const std::lock_guard guard(mutex_);
    said_.push_back(std::move(message));
  }
  running_ = false;
  wake_();
}

std::vector<Message> MemoryCare::Collect() {
  const std::lock_guard guard(mutex_);
  return std::exchange(said_, {});
}

}  // namespace benchkeep::jobs
