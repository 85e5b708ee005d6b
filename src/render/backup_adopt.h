// Copies taken in as backups, as text and JSON.

#pragma once

#include "ops/backup_adopt.h"
#include "render/document.h"

namespace benchkeep::render {

Document BackupAdoptDocument(const ops::AdoptReport& report, const Face& face);

}  // namespace benchkeep::render
