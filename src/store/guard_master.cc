// Versions of the master database, and alarms when its counters fall.

#include <algorithm>
#include <map>
#include <set>

#include "store/guard.h"
#include "store/guard_files.h"
#include "store/master_database.h"
#include "store/transaction_record.h"

namespace benchkeep::store {
namespace {

constexpr const char* kData = ".master";
constexpr const char* kNoData = ".none";
// A change of ours is among the newest transactions.
constexpr std::size_t kNewestLookedAt = 8;

std::string CellText(const Leaf& leaf) {
  return leaf.model + " / " + leaf.prompt_type + " / " +
         leaf.rate.value_or("?") + " / " + leaf.difficulty + " / " +
         leaf.task_type;
}

std::int64_t TestsIn(const MasterDatabase& master) {
  std::int64_t tests = 0;
  for (const Leaf& leaf : master.leaves) tests += TestsOf(leaf);
  return tests;
}

Json ToJson(const LostUpdate& alarm) {
  Json json = Json::Object();
  json.Set("time", Json::Int(GuardNanos(alarm.time)));
  json.Set("before", Json::String(alarm.before.id));
  Json& cells = json.Set("cells", Json::Array());
  for (const FallenCell& cell : alarm.cells) {
    Json& one = cells.Append(Json::Object());
    one.Set("pointer", Json::String(cell.pointer));
    one.Set("cell", Json::String(cell.cell));
    one.Set("before", Json::Int(cell.before));
    one.Set("after", Json::Int(cell.after));
  }
  return json;
}

LostUpdate AlarmOf(const std::string& id, const Json& json) {
  LostUpdate alarm;
  alarm.id = id;
  alarm.time = GuardTime(json.IntAt("time").value_or(0));
  alarm.before.id = json.StringAt("before").value_or("");
  if (const Json* cells = json.Find("cells")) {
    for (const Json& one : cells->items()) {
      alarm.cells.push_back({one.StringAt("pointer").value_or(""),
                             one.StringAt("cell").value_or(""),
                             one.IntAt("before").value_or(0),
                             one.IntAt("after").value_or(0)});
    }
  }
  return alarm;
}

// True when every cell of `small` was at least as full before `large`.
bool Covers(const LostUpdate& large, const LostUpdate& small) {
  std::map<std::string, std::int64_t> before;
  for (const FallenCell& cell : large.cells) before[cell.pointer] = cell.before;
  return std::all_of(
      small.cells.begin(), small.cells.end(), [&](const FallenCell& cell) {
        const auto found = before.find(cell.pointer);
        return found != before.end() && found->second >= cell.before;
      });
}

// The cells of the alarm that hold fewer tests in `master`, as of now.
std::vector<FallenCell> StillFallen(const LostUpdate& alarm,
                                    const MasterDatabase& master) {
  std::map<std::string, std::int64_t> now;
  for (const Leaf& leaf : master.leaves) now[leaf.pointer] = TestsOf(leaf);
  std::vector<FallenCell> fallen;
  for (FallenCell cell : alarm.cells) {
    const auto found = now.find(cell.pointer);
    cell.after = found == now.end() ? 0 : found->second;
    if (cell.after < cell.before) fallen.push_back(std::move(cell));
  }
  return fallen;
}

// True when the record says that the transaction made this version of `target`.
bool Made(const Json& record, const std::string& target,
          const fs::FileInfo& version) {
  const Json* steps = record.Find("steps");
  if (steps == nullptr) return false;
  return std::any_of(
      steps->items().begin(), steps->items().end(), [&](const Json& step) {
        const Json* result = step.Find("result");
        const std::string name =
            step.StringAt("target").value_or(step.StringAt("to").value_or(""));
        return result != nullptr && name == target &&
               InfoFromJson(*result).SameState(version);
      });
}

}  // namespace

std::vector<FallenCell> FallenCells(const MasterDatabase& before,
                                    const MasterDatabase& after) {
  std::map<std::string, std::int64_t> now;
  for (const Leaf& leaf : after.leaves) now[leaf.pointer] = TestsOf(leaf);
  std::vector<FallenCell> fallen;
  for (const Leaf& leaf : before.leaves) {
    const auto found = now.find(leaf.pointer);
    const std::int64_t tests = found == now.end() ? 0 : found->second;
    if (tests >= TestsOf(leaf)) continue;
    fallen.push_back({leaf.pointer, CellText(leaf), TestsOf(leaf), tests});
  }
  return fallen;
}

Result<std::vector<MasterImage>> Guard::Images() const {
  const fs::Path folder = store_->layout().guard_master();
  BENCHKEEP_ASSIGN(const auto notes,
                   ReadGuardNotes(store_->file_system(), folder));
  std::vector<MasterImage> images;
  for (const auto& [id, json] : notes) {
    MasterImage image;
    image.id = id;
    image.source = GuardSource(json);
    image.tests = json.IntAt("tests").value_or(0);
    image.kept = GuardTime(json.IntAt("kept").value_or(0));
    image.file = folder / (id + kData);
    BENCHKEEP_ASSIGN(const bool there,
                     fs::Exists(store_->file_system(), image.file));
    if (there) images.push_back(std::move(image));
  }
  return images;
}

Result<MasterImage> Guard::KeepMaster(const fs::HeldFile& file) {
  const fs::Path folder = store_->layout().guard_master();
  MasterImage image;
  BENCHKEEP_ASSIGN(image.id, NewId(folder));
  image.kept = store_->clock().Now();
  image.file = folder / (image.id + kData);
  BENCHKEEP_ASSIGN(image.source, file.CopyTo(store_->file_system(), image.file,
                                             fs::Durable::kYes));
  return image;
}

Result<bool> Guard::IsOurs(const fs::FileInfo& version) const {
  const Layout& layout = store_->layout();
  fs::FileSystem& file_system = store_->file_system();
  const std::string target = layout.Relative(layout.master());
  for (const fs::Path& folder : {layout.txn_dir(), layout.trash_dir()}) {
    BENCHKEEP_ASSIGN(const bool exists, fs::Exists(file_system, folder));
    if (!exists) continue;
    BENCHKEEP_ASSIGN(const auto entries, file_system.List(folder));
    std::vector<std::string> ids;
    for (const fs::DirEntry& entry : entries) {
      if (IsTxnId(entry.name)) ids.push_back(entry.name);
    }
    std::sort(ids.rbegin(), ids.rend());
    if (ids.size() > kNewestLookedAt) ids.resize(kNewestLookedAt);
    for (const std::string& id : ids) {
      const Result<Json> record = ReadRecord(*store_, folder / id);
      if (record.ok() && Made(*record, target, version)) return true;
    }
  }
  return false;
}

Result<std::optional<LostUpdate>> Guard::SeeMaster() {
  const std::optional<LostUpdate> nothing;
  const Layout& layout = store_->layout();
  fs::FileSystem& file_system = store_->file_system();
  const Result<fs::HeldFile> file = fs::HeldFile::Open(layout.master());
  if (!file.ok()) {
    if (file.error().code == Code::kNotFound) return nothing;
    return Unexpected(file.error());
  }
  BENCHKEEP_ASSIGN(const fs::FileInfo now, file->Info());
  BENCHKEEP_ASSIGN(const std::vector<MasterImage> images, Images());
  if (!images.empty() && images.back().source.SameState(now)) return nothing;
  BENCHKEEP_ASSIGN(const MasterImage image, KeepMaster(*file));
  const Result<MasterDatabase> master = LoadMaster(file_system, image.file);
  const auto alarm = master.ok() ? Compare(image, *master, images)
                                 : Unexpected(master.error());
  if (!alarm.ok()) {
    // The image before it stays the newest, and this one is looked at anew.
    IgnoreError(
        RemoveGuarded(file_system, layout.guard_master(), image.id, kData),
        "what is left of it is found when pruning");
    const bool torn = !master.ok() && master.error().code == Code::kCorruption;
    return torn ? nothing : alarm;
  }
  BENCHKEEP_TRY(PruneImages());
  return alarm;
}

// The note of the image is the last that is written: with it the fall is seen.
Result<std::optional<LostUpdate>> Guard::Compare(
    const MasterImage& image, const MasterDatabase& master,
    const std::vector<MasterImage>& before) {
  const Layout& layout = store_->layout();
  fs::FileSystem& file_system = store_->file_system();
  std::optional<LostUpdate> alarm;
  BENCHKEEP_ASSIGN(const bool ours, IsOurs(image.source));
  if (!before.empty() && !ours) {
    const Result<MasterDatabase> last =
        LoadMaster(file_system, before.back().file);
    LostUpdate fallen;
    if (last.ok()) fallen.cells = FallenCells(*last, master);
    if (!fallen.cells.empty()) {
      fallen.id = image.id;
      fallen.time = image.kept;
      fallen.before = before.back();
      alarm = std::move(fallen);
    }
  }
  BENCHKEEP_ASSIGN(const std::vector<LostUpdate> open, LostUpdates());
  bool covered = false;
  std::vector<std::string> over;
  for (const LostUpdate& old : open) {
    const bool recovered = StillFallen(old, master).empty();
    covered = covered || (!recovered && alarm && Covers(old, *alarm));
    if (recovered || (alarm && !covered && Covers(*alarm, old))) {
      over.push_back(old.id);
    }
  }
  if (alarm && !covered) {
    BENCHKEEP_TRY(MakeFolder(layout.guard_alarms()));
    BENCHKEEP_TRY(WriteGuardNote(file_system, layout.guard_alarms(), alarm->id,
                                 ToJson(*alarm)));
  }
  for (const std::string& old : over) {
    BENCHKEEP_TRY(
        RemoveGuarded(file_system, layout.guard_alarms(), old, kNoData));
  }
  Json note = GuardJson(image.source, image.kept);
  note.Set("tests", Json::Int(TestsIn(master)));
  BENCHKEEP_TRY(
      WriteGuardNote(file_system, layout.guard_master(), image.id, note));
  return alarm;
}

Result<std::vector<LostUpdate>> Guard::LostUpdates() const {
  BENCHKEEP_ASSIGN(
      const auto notes,
      ReadGuardNotes(store_->file_system(), store_->layout().guard_alarms()));
  BENCHKEEP_ASSIGN(const std::vector<MasterImage> images, Images());
  std::vector<LostUpdate> alarms;
  for (const auto& [id, json] : notes) {
    LostUpdate alarm = AlarmOf(id, json);
    const auto image = std::find_if(
        images.begin(), images.end(),
        [&](const MasterImage& each) { return each.id == alarm.before.id; });
    if (image == images.end()) continue;
    alarm.before = *image;
    alarms.push_back(std::move(alarm));
  }
  return alarms;
}

Result<std::vector<LostUpdate>> Guard::StillLost(
    const MasterDatabase& master) const {
  BENCHKEEP_ASSIGN(const std::vector<LostUpdate> all, LostUpdates());
  std::vector<LostUpdate> lost;
  for (LostUpdate alarm : all) {
    alarm.cells = StillFallen(alarm, master);
    if (!alarm.cells.empty()) lost.push_back(std::move(alarm));
  }
  return lost;
}

Status Guard::SettleRecovered(const MasterDatabase& master) {
  BENCHKEEP_ASSIGN(const std::vector<LostUpdate> all, LostUpdates());
  for (const LostUpdate& alarm : all) {
    if (StillFallen(alarm, master).empty()) BENCHKEEP_TRY(Settle(alarm.id));
  }
  return {};
}

Status Guard::Settle(const std::string& alarm) {
  BENCHKEEP_TRY(RemoveGuarded(store_->file_system(),
                              store_->layout().guard_alarms(), alarm, kNoData));
  return PruneImages();
}

// Only the newest version, and what an alarm needs.
Status Guard::PruneImages() {
  BENCHKEEP_ASSIGN(const std::vector<MasterImage> images, Images());
  BENCHKEEP_ASSIGN(const std::vector<LostUpdate> alarms, LostUpdates());
  std::set<std::string> needed;
  std::set<std::string> standing;
  if (!images.empty()) needed.insert(images.back().id);
  for (const LostUpdate& alarm : alarms) {
    needed.insert(alarm.before.id);
    standing.insert(alarm.id);
  }
  for (const MasterImage& image : images) {
    if (needed.contains(image.id)) continue;
    BENCHKEEP_TRY(RemoveGuarded(store_->file_system(),
                                store_->layout().guard_master(), image.id,
                                kData));
  }
  BENCHKEEP_TRY(RemoveGuardLeftovers(store_->file_system(),
                                     store_->layout().guard_alarms(), standing,
                                     store_->clock().Now()));
  return RemoveGuardLeftovers(store_->file_system(),
                              store_->layout().guard_master(), needed,
                              store_->clock().Now());
}

}  // namespace benchkeep::store
