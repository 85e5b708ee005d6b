// Backups verified and pruned, as text and JSON.

#pragma once

#include "ops/backup_prune.h"
#include "ops/backup_verify.h"
#include "render/document.h"

namespace benchkeep::render {

Document BackupVerifyDocument(const ops::VerifyReport& report,
                              const Face& face);
Document BackupPruneDocument(const ops::PruneReport& report, const Face& face);

}  // namespace benchkeep::render
