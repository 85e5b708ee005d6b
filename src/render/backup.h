// Backups made, listed and brought back, as text and JSON.

#pragma once

#include <chrono>
#include <vector>

#include "base/clock.h"
#include "ops/backup_create.h"
#include "ops/backup_restore.h"
#include "render/document.h"

namespace benchkeep::render {

Document BackupCreateDocument(const ops::BackupCreateReport& report,
                              const Face& face);

Document BackupListDocument(const std::vector<store::BackupEntry>& backups,
                            TimePoint now, const Face& face);

// A plan with report.dry_run, else what was done.
Document BackupRestoreDocument(const ops::RestoreReport& report,
                               const Face& face);

// One backup, as it stands in the documents of list and verify.
Json BackupJson(const store::BackupEntry& backup, const Face& face);

// "good", "suspect", "bad" in the words and ink of people.
std::string StateWord(store::BackupState state, const Face& face);
Ink StateInk(store::BackupState state);

}  // namespace benchkeep::render
