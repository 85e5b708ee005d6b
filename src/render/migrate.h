// What migrate did.

#pragma once

#include "ops/migrate.h"
#include "render/document.h"

namespace benchkeep::render {

Document MigrateDocument(const ops::MigrateReport& report, const Face& face);

}  // namespace benchkeep::render
