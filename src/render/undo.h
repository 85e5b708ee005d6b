// Past changes, as JSON and text.

#pragma once

#include <vector>

#include "ops/undo.h"
#include "render/document.h"

namespace benchkeep::render {

Document UndoListDocument(const std::vector<ops::Change>& changes,
                          const Face& face);
Document UndoShowDocument(const ops::Change& change, const Face& face);

}  // namespace benchkeep::render
