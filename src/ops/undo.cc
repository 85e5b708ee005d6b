// Undo: what changed the store, and taking a change back.

#include "ops/undo.h"

#include <algorithm>
#include <utility>

#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

std::string TextOf(const Json& json, const char* name) {
  return json.StringAt(name).value_or("");
}

Message PlanLine(const Json& step) {
  const std::string action = TextOf(step, "do");
  if (action == "replace") {
    const Json* expected = step.Find("expected");
    const std::string target = TextOf(step, "target");
    return expected == nullptr || expected->is_null()
               ? Say(N_("remove {0}, which it made"), target)
               : Say(N_("bring back {0} as it was before"), target);
  }
  if (action == "remove") {
    return Say(N_("bring back {0}"), TextOf(step, "from"));
  }
  return Say(N_("move {0} back"), TextOf(step, "to"));
}

Change ToChange(const store::PastTransaction& past) {
  Change change{past.id,        past.op,        past.time,
                past.undone_by, Json::Object(), {}};
  if (const Json* notes = past.record.Find("notes")) change.notes = *notes;
  if (const Json* steps = past.record.Find("steps")) {
    for (const Json& step : steps->items()) {
      change.plan.push_back(PlanLine(step));
    }
  }
  if (const auto source = past.record.StringAt("taken_from")) {
    change.plan.push_back(
        Say(N_("put the increments it merged back into {0}"), *source));
  }
  return change;
}

}  // namespace

Result<std::vector<Change>> ListChanges(const store::Store& store) {
  BENCHKEEP_ASSIGN(const auto all, store::ListTransactions(store));
  std::vector<Change> changes;
  changes.reserve(all.size());
  for (const store::PastTransaction& past : all) {
    changes.push_back(ToChange(past));
  }
  return changes;
}

Result<Change> FindChange(const store::Store& store, const std::string& id) {
  BENCHKEEP_ASSIGN(std::vector<Change> changes, ListChanges(store));
  for (Change& change : changes) {
    if (change.id == id) return std::move(change);
  }
  return Fail(Code::kNotFound, Say(N_("there is no change \"{0}\""), id),
              Say(N_("`benchkeep undo list` shows the changes that can be "
                     "taken back")));
}

Status CheckUndo(const store::Store& store, const std::string& id) {
  BENCHKEEP_ASSIGN(
      [[maybe_unused]] const std::string none,
      store::UndoTransaction(store, nullptr, id, store::Rehearse::kYes));
  return {};
}

Result<std::string> UndoChange(const store::Store& store,
                               const store::StoreLock& lock,
                               const std::string& id) {
  return store::UndoTransaction(store, &lock, id, store::Rehearse::kNo);
}

}  // namespace benchkeep::ops
