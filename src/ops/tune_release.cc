// Giving memory back.

#include "ops/tune_release.h"

#include <algorithm>
#include <array>
#include <functional>

#include "host/memory.h"
#include "host/page_cache.h"
#include "host/processes.h"

namespace benchkeep::ops {
namespace {

using State = ReleaseStep::State;

constexpr std::size_t kMostFiles = 200'000;
constexpr int kMostDepth = 32;
// Not worth the trouble.
constexpr std::uint64_t kLeast = std::uint64_t{1} << 20;
// A file that changed a moment ago is about to be used again.
constexpr std::int64_t kHotNs = std::int64_t{60} * 1'000'000'000;
// Percent of the time in which somebody waits for memory.
constexpr double kPressed = 1.0;

struct StoreFile {
  fs::Path path;
  std::int64_t mtime_ns = 0;
};

// Every regular file of the store; links are not followed.
class Walk {
 public:
  Walk(const store::Store& store, Progress& progress)
      : store_(store), progress_(progress) {}

  // False when it was too much to see all of it.
  bool Run(const std::function<void(const StoreFile&)>& see) {
    Enter(store_.layout().root(), 0, see);
    return complete_;
  }

 private:
  void Enter(const fs::Path& folder, int depth,
             const std::function<void(const StoreFile&)>& see) {
    const auto entries = store_.file_system().List(folder);
    if (!entries.ok()) return;  // Gone, or not ours to look at.
    for (const fs::DirEntry& entry : *entries) {
      if (seen_ >= kMostFiles || depth > kMostDepth || progress_.Cancelled()) {
        complete_ = false;
        return;
      }
      const fs::Path path = folder / entry.name;
      if (entry.type == fs::FileType::kDirectory) {
        Enter(path, depth + 1, see);
      } else if (entry.type == fs::FileType::kRegular) {
        ++seen_;
        const auto info = store_.file_system().Info(path);
        if (info.ok()) see({path, info->mtime_ns});
      }
    }
  }

  const store::Store& store_;
  Progress& progress_;
  std::size_t seen_ = 0;
  bool complete_ = true;
};

enum Part { kResults, kIncrements, kMaster, kLogs, kBackups, kOther };
constexpr std::array<const char*, 6> kPartNames = {
    "results", "increments", "master", "logs", "backups", "other"};

Part PartOf(const store::Layout& layout, const fs::Path& path) {
  if (host::IsBelow(path, layout.increments())) return kIncrements;
  if (path == layout.results()) return kResults;
  if (path == layout.master()) return kMaster;
  if (host::IsBelow(path, layout.logs())) return kLogs;
  if (host::IsBelow(path, layout.backups())) return kBackups;
  return kOther;
}

ReleaseStep Heap(bool rehearse) {
  ReleaseStep step{.name = "heap"};
  const host::OwnMemory before = host::OwnMemoryNow();
  step.before_bytes = before.resident_bytes;
  step.after_bytes = before.resident_bytes;
  if (before.free_heap_bytes < kLeast) return step;
  if (rehearse) {
    step.state = State::kPlanned;
    step.after_bytes -= std::min(before.free_heap_bytes, step.after_bytes);
    return step;
  }
  step.state = State::kDone;
  host::TrimHeap();
  step.after_bytes = host::OwnMemoryNow().resident_bytes;
  return step;
}

ReleaseStep Cache(const store::Store& store, bool rehearse,
                  Progress& progress) {
  ReleaseStep step{.name = "page_cache"};
  const std::int64_t now = store.clock().Now().time_since_epoch().count();
  std::uint64_t given = 0;
  std::uint64_t told = 0;
  Walk(store, progress).Run([&](const StoreFile& file) {
    const auto before = host::CachedBytes(file.path);
    if (!before) return;
    ++told;
    step.before_bytes += *before;
    if (*before == 0 || file.mtime_ns > now - kHotNs) {
      step.after_bytes += *before;
      return;
    }
    given += *before;
    if (rehearse) return;
    host::DropCached(file.path);
    step.after_bytes += host::CachedBytes(file.path).value_or(*before);
  });
  if (told == 0) {
    step.state = State::kNotHere;
  } else if (given > 0) {
    step.state = rehearse ? State::kPlanned : State::kDone;
  }
  return step;
}

ReleaseStep ControlGroup(const host::Machine& machine, bool rehearse) {
  ReleaseStep step{.name = "control_group"};
  const auto from = machine.Reclaimable();
  if (!from) {
    step.state = State::kNotHere;
    return step;
  }
  step.before_bytes = from->current_bytes;
  step.after_bytes = from->current_bytes;
  if (from->inactive_bytes < kLeast) return step;
  if (rehearse) {
    step.state = State::kPlanned;
    step.after_bytes -= std::min(from->inactive_bytes, step.after_bytes);
    return step;
  }
  step.state = host::Machine::AskBack(*from, from->inactive_bytes)
                   ? State::kDone
                   : State::kNotHere;
  step.after_bytes = host::Machine::CurrentBytes(*from);
  return step;
}

std::optional<std::uint64_t> Available(const host::Machine& machine) {
  const auto memory = machine.Memory();
  if (!memory) return std::nullopt;
  return memory->available_bytes;
}

}  // namespace

const char* ReleaseStateName(State state) {
  switch (state) {
    case State::kDone:
      return "done";
    case State::kPlanned:
      return "planned";
    case State::kNothing:
      return "nothing";
    case State::kNotHere:
      break;
  }
  return "not_here";
}

StoreCache ReadStoreCache(const store::Store& store, Progress& progress) {
  StoreCache cache;
  for (const char* name : kPartNames) cache.parts.push_back({.name = name});
  cache.complete = Walk(store, progress).Run([&](const StoreFile& file) {
    const auto bytes = host::CachedBytes(file.path);
    if (!bytes) {
      ++cache.unknown_files;
      return;
    }
    CachePart& part = cache.parts[PartOf(store.layout(), file.path)];
    ++part.files;
    part.bytes += *bytes;
    ++cache.files;
    cache.bytes += *bytes;
  });
  return cache;
}

bool MemoryIsShort(const host::MemoryState& state,
                   const std::optional<host::Pressure>& pressure,
                   std::int64_t free_percent) {
  return state.FreePercent() < static_cast<double>(free_percent) ||
         (pressure && pressure->some.avg300 >= kPressed);
}

ReleaseReport ReleaseMemory(const store::Store& store,
                            const ReleaseOptions& options, Progress& progress) {
  ReleaseReport report;
  report.rehearsal = options.rehearse;
  const auto memory = options.machine.Memory();
  if (options.only_if_short) {
    report.needed =
        memory && MemoryIsShort(*memory, options.machine.PressureOf("memory"),
                                store.settings().tune_free_percent);
    if (!report.needed) return report;
  }
  progress.Stage(Say(N_("giving memory back")), 0);
  report.available_before = Available(options.machine);
  // Our own heap comes last: the other steps use it.
  report.steps.push_back(Cache(store, options.rehearse, progress));
  report.steps.push_back(ControlGroup(options.machine, options.rehearse));
  report.steps.push_back(Heap(options.rehearse));
  report.available_after = Available(options.machine);
  for (const ReleaseStep& step : report.steps) {
    report.freed_bytes += step.freed_bytes();
  }
  return report;
}

}  // namespace benchkeep::ops
