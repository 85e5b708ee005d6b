// What an export did, for people and for scripts.

#pragma once

#include "ops/export.h"
#include "render/document.h"

namespace benchkeep::render {

// data: rows, columns, dry_run, files:[{file, format, bytes, sheets}]; and
// file, format, bytes, sheets once more of the only file.
Document ExportDocument(const ops::ExportReport& report, const Face& face);

}  // namespace benchkeep::render
