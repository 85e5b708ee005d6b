// The record of a transaction on disk, and what can be done with one: apply its
// steps, finish it, take it back.  Shared by Transaction, recovery and undo.

#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "store/ledger.h"
#include "store/store.h"

namespace benchkeep::store {

class Transaction;

inline constexpr int kRecordFormat = 1;
inline constexpr const char* kRecordFile = "record.json";
inline constexpr const char* kTakenFolder = "taken";
inline constexpr const char* kStagingFolder = "new";
inline constexpr const char* kOldFolder = "old";

// Replaces record.json of the transaction folder, durably.
Status WriteRecord(const Store& store, const fs::Path& folder,
                   const Json& record);
Result<Json> ReadRecord(const Store& store, const fs::Path& folder);

Json InfoToJson(const fs::FileInfo& info);
fs::FileInfo InfoFromJson(const Json& json);

// Applies all steps of a prepared record; each may have been applied before.
Status ApplySteps(const Store& store, const Json& record);

// Marks the record committed, books the ledger, moves the folder to the trash.
Status FinishTransaction(const Store& store, const std::string& id,
                         Json record);

// Moves taken-in files back and removes the folder.
Status RollBack(const Store& store, const std::string& id, const Json& record);

// For the undo of a transaction with packed files: unpacks those that are not
// in `taken` any more, and plans their way home.
Status UnpackOriginals(const Store& store, const Json& record,
                       const fs::Path& taken, Transaction& txn);

// Renames `from` to `to`, or to a free name beside it.  Returns the name used.
Result<fs::Path> MoveToFreeName(const Store& store, const fs::Path& from,
                                const fs::Path& to);

std::vector<LedgerEntry> LedgerOf(const Json& record);

}  // namespace benchkeep::store
