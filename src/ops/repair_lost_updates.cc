// Bringing overwritten cells back.

#include "ops/repair_lost_updates.h"

#include <map>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/json_pointer.h"
#include "store/guard.h"
#include "store/master_database.h"

namespace benchkeep::ops {
namespace {

constexpr const char* kRule = "brought_back";

PlannedChange ChangeOf(const store::Store& store, const Json& document,
                       const store::LostUpdate& alarm,
                       const store::FallenCell& cell, const Json& held) {
  store::Correction correction;
  correction.code = kLostUpdate;
  correction.severity = Severity::kCritical;
  correction.pointer = cell.pointer;
  if (const Json* now = FindAt(document, cell.pointer)) {
    correction.before = *now;
  }
  correction.after = held;
  correction.rule = kRule;
  correction.message =
      Say(N_("{0} held {1} tests until {2}, now {3}"), cell.cell, cell.before,
          FormatIso(alarm.time), cell.after);
  return {std::move(correction),
          ChangeOrigin{"guard", store.layout().Relative(alarm.before.file)}};
}

}  // namespace

Result<std::vector<PlannedChange>> CellsToBringBack(const store::Store& store,
                                                    const Json& document) {
  BENCHKEEP_ASSIGN(const store::MasterDatabase master,
                   store::MasterOf(document));
  BENCHKEEP_ASSIGN(const std::vector<store::LostUpdate> alarms,
                   store::Guard(store).StillLost(master));
  std::map<std::string, std::int64_t> fullest;
  std::map<std::string, PlannedChange> changes;
  for (const store::LostUpdate& alarm : alarms) {
    BENCHKEEP_ASSIGN(
        const store::MasterText image,
        store::ReadMasterText(store.file_system(), alarm.before.file));
    BENCHKEEP_ASSIGN(const Json kept, ParseJson(image.text));
    for (const store::FallenCell& cell : alarm.cells) {
      const Json* held = FindAt(kept, cell.pointer);
      if (held == nullptr || fullest[cell.pointer] >= cell.before) continue;
      fullest[cell.pointer] = cell.before;
      changes.insert_or_assign(cell.pointer,
                               ChangeOf(store, document, alarm, cell, *held));
    }
  }
  std::vector<PlannedChange> out;
  for (auto& [pointer, change] : changes) out.push_back(std::move(change));
  return out;
}

Status SettleLostUpdates(const store::Store& store) {
  BENCHKEEP_ASSIGN(
      const store::MasterDatabase master,
      store::LoadMaster(store.file_system(), store.layout().master()));
  return store::Guard(store).SettleRecovered(master);
}

}  // namespace benchkeep::ops
