// What earlier consolidates saw of the increments.

#include "ops/past_looks.h"

#include <algorithm>
#include <optional>
#include <string>

#include "store/guard_files.h"
#include "store/transaction_record.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kNanosPerMilli = 1'000'000;

// When it began: "20260131-235959-123-consolidate-...".
std::optional<std::int64_t> BeginOf(const std::string& id) {
  const std::string iso = id.substr(0, 4) + "-" + id.substr(4, 2) + "-" +
                          id.substr(6, 2) + "T" + id.substr(9, 2) + ":" +
                          id.substr(11, 2) + ":" + id.substr(13, 2);
  const std::optional<TimePoint> time = ParseIso(iso);
  if (!time) return std::nullopt;
  return store::GuardNanos(*time) +
         std::stoll(id.substr(16, 3)) * kNanosPerMilli;
}

// Of a record that does not say (an older version wrote it, or it is damaged):
// it may have merged whatever was there when it began.
Look UnknownLook(std::int64_t begin) {
  return {.time = store::GuardTime(begin), .newest_ns = begin, .open = {}};
}

Look LookOf(const Json& json) {
  Look look;
  look.time = store::GuardTime(json.IntAt("time_ns").value_or(0));
  look.newest_ns = json.IntAt("newest_ns").value_or(0);
  const Json* open = json.Find("open");
  if (open == nullptr) return look;
  for (const Json& one : open->items()) {
    look.open.push_back({store::InfoFromJson(one),
                         store::GuardTime(one.IntAt("seen_ns").value_or(0))});
  }
  return look;
}

bool IsOlder(const Look& look, const store::KeptIncrement& kept) {
  const std::int64_t changed = kept.source.mtime_ns;
  if (changed > store::GuardNanos(look.time)) return true;
  // No form of it that was merged can be older than itself.
  if (changed > look.newest_ns) return true;
  // What was open for writing then was not merged, and closed later than all
  // that was.
  if (kept.open && *kept.open > look.time) return true;
  return std::any_of(
      look.open.begin(), look.open.end(), [&](const OpenIncrement& open) {
        return open.info.SameFile(kept.source) && kept.kept > open.seen;
      });
}

}  // namespace

Json LookToJson(const Look& look) {
  Json json = Json::Object();
  json.Set("time_ns", Json::Int(store::GuardNanos(look.time)));
  json.Set("newest_ns", Json::Int(look.newest_ns));
  Json& open = json.Set("open", Json::Array());
  for (const OpenIncrement& one : look.open) {
    Json& entry = open.Append(store::InfoToJson(one.info));
    entry.Set("seen_ns", Json::Int(store::GuardNanos(one.seen)));
  }
  return json;
}

Result<PastLooks> PastLooks::Read(const store::Store& store, TimePoint since) {
  const fs::Path trash = store.layout().trash_dir();
  std::vector<Look> looks;
  BENCHKEEP_ASSIGN(const bool exists, fs::Exists(store.file_system(), trash));
  if (!exists) return PastLooks(std::move(looks));
  BENCHKEEP_ASSIGN(auto entries, store.file_system().List(trash));
  // Newest first: ids begin with a time.
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name > b.name; });
  for (const fs::DirEntry& entry : entries) {
    if (!store::IsTxnId(entry.name) ||
        entry.name.find("-consolidate-") == std::string::npos) {
      continue;
    }
    const std::optional<std::int64_t> begin = BeginOf(entry.name);
    if (!begin) continue;
    const Result<Json> record = store::ReadRecord(store, trash / entry.name);
    const Json* looked = record.ok() ? record->Find("looked") : nullptr;
    looks.push_back(looked != nullptr ? LookOf(*looked) : UnknownLook(*begin));
    // One after the other: those before it looked even earlier.
    if (looks.back().time < since) break;
  }
  return PastLooks(std::move(looks));
}

bool PastLooks::AreAllOlder(const store::KeptIncrement& kept) const {
  return std::all_of(looks_.begin(), looks_.end(),
                     [&](const Look& look) { return IsOlder(look, kept); });
}

}  // namespace benchkeep::ops
