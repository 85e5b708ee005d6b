// A diagnosis, as JSON and text.

#pragma once

#include "ops/diagnose.h"
#include "render/document.h"

namespace benchkeep::render {

Document DiagnoseDocument(const ops::DiagnoseReport& report, const Face& face);

// The levels and the vote as members of `data`; used by repair, too.
void SetLevels(const store::MasterAudit* audit, const Face& face, Json& data);

// The levels as a table; empty without a master database.
std::string LevelTable(const store::MasterAudit* audit, const Face& face);

}  // namespace benchkeep::render
