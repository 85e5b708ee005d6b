// Every name on disk.

#include "store/layout.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cctype>

namespace benchkeep::store {

Layout::Layout(fs::Path root, const Settings& settings)
    : root_(std::move(root)),
      results_(root_ / settings.results),
      increments_(root_ / settings.increments),
      increment_pattern_(settings.increment_pattern),
      master_(root_ / settings.master),
      exports_(root_ / settings.exports) {}

bool Layout::IsIncrementName(const std::string& name) const {
  return !name.starts_with('.') &&
         ::fnmatch(increment_pattern_.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

std::string Layout::Relative(const fs::Path& path) const {
  const std::string prefix = root_.string() + "/";
  const std::string text = path.string();
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

std::string MakeTxnId(TimePoint now, std::string_view op, unsigned salt) {
  return fmt::format("{}-{}-{:04x}", FormatStamp(now), op, salt & 0xFFFFU);
}

bool IsTxnId(std::string_view name) {
  // 8 digits, dash, 6 digits, dash, a word, dash, 4 hex digits.
  constexpr std::size_t kStamp = 15;
  if (name.size() < kStamp + 7 || name[8] != '-' || name[kStamp] != '-') {
    return false;
  }
  const std::string_view stamp = name.substr(0, kStamp);
  const std::string_view salt = name.substr(name.size() - 4);
  const auto digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const auto hex = [](unsigned char c) { return std::isxdigit(c) != 0; };
  return std::count_if(stamp.begin(), stamp.end(), digit) == 14 &&
         std::all_of(salt.begin(), salt.end(), hex) &&
         name[name.size() - 5] == '-';
}

}  // namespace benchkeep::store
