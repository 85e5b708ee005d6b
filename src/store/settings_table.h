// The one table of settings: section, key, where the value lives, what it may
// be, what it is for.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/settings.h"

namespace benchkeep::store {

// What a value may be, beyond its type.
enum class Rule {
  kPath,     // Below the root.
  kPaths,    // A list of those; may be empty.
  kPattern,  // Of file names, without '/'.
  kColumn,   // The name of a column.
  kColumns,  // At least one, none twice.
  kMode,     // SummaryMode, as a word.
  kCount,    // A whole number from `least` on.
  kText,     // Any text; may be empty.
  kTexts,    // A list of texts; may be empty.
  kSize,     // Bytes: a whole number or "512MiB".
  // One of a few words, or an address without a password in it.
  kLanguage,
  kAlertLevel,
  kMailTls,
  kMailServer,
};

using Place =
    std::variant<std::string Settings::*, std::vector<std::string> Settings::*,
                 SummaryMode Settings::*, std::int64_t Settings::*,
                 std::uint64_t Settings::*>;

struct SettingSpec {
  const char* section;
  const char* key;
  Place place;
  Rule rule;
  const char* about;  // msgid
  std::int64_t least = 0;
};

// In the order of the file; a section's keys stand together.
std::span<const SettingSpec> SettingSpecs();

// Reads the text of a settings file by the table (settings_parser.cc).
Result<LoadedSettings> ParseLoadedSettings(std::string_view toml,
                                           const fs::Path& origin);

// "replace", "accumulate".
const char* SummaryModeName(SummaryMode mode);

}  // namespace benchkeep::store
