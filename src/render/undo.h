// Past changes, as JSON and text.

#pragma once

#include <string>
#include <vector>

#include "render/document.h"
#include "store/transaction.h"

namespace benchkeep::render {

Document UndoListDocument(const std::vector<store::PastTransaction>& past,
                          const Face& face);
Document UndoShowDocument(const store::PastTransaction& past, const Face& face);

// Files that taking `past` back changes, one line each.
std::string UndoPlanText(const store::PastTransaction& past, const Face& face);

}  // namespace benchkeep::render
