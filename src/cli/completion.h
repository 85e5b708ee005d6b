// Completion scripts for shells.

#pragma once

#include <string>

#include "base/result.h"
#include "render/translate.h"

namespace benchkeep::cli {

// kInvalidArgument for a shell other than bash, zsh and fish.
Result<std::string> CompletionScript(const std::string& shell,
                                     const render::Translator& translator);

}  // namespace benchkeep::cli
