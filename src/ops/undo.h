// Undo: what changed the store, and taking a change back.

#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/message.h"
#include "base/result.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

// A finished change that can be taken back (unless undone_by is set).
struct Change {
  std::string id;
  std::string command;
  std::string time;           // ISO, UTC.
  std::string undone_by;      // The change that took it back; empty: none.
  Json notes;                 // Its numbers: "rows_before", ...
  std::vector<Message> plan;  // What taking it back does, a line each.
};

// Newest first.
Result<std::vector<Change>> ListChanges(const store::Store& store);

// The change of that id; kNotFound says how to find one.
Result<Change> FindChange(const store::Store& store, const std::string& id);

// Fails when something speaks against taking the change back.
Status CheckUndo(const store::Store& store, const std::string& id);

// Takes the change back and returns the id of doing so.
Result<std::string> UndoChange(const store::Store& store,
                               const store::StoreLock& lock,
                               const std::string& id);

}  // namespace benchkeep::ops
