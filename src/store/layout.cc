// Every name on disk.

#include "store/layout.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "fs/atomic_file.h"

namespace benchkeep::store {

Layout::Layout(fs::Path root, const Settings& settings)
    : root_(std::move(root)),
      results_(root_ / settings.results),
      increments_(root_ / settings.increments),
      increment_pattern_(settings.increment_pattern),
      master_(root_ / settings.master),
      exports_(root_ / settings.exports),
      reports_(root_ / settings.reports),
      logs_(root_ / settings.logs),
      backups_(root_ / settings.backups),
      config_(root_ / settings.config) {}

bool Layout::IsIncrementName(const std::string& name) const {
  return !name.starts_with('.') &&
         ::fnmatch(increment_pattern_.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

bool Layout::IsLogName(const std::string& name) {
  if (name.starts_with('.')) return false;
  constexpr const char* kForms[] = {"*.log", "*.log.[0-9]*", "*.log-[0-9]*",
                                    "*.log.gz"};
  return std::any_of(std::begin(kForms), std::end(kForms),
                     [&name](const char* form) {
                       return ::fnmatch(form, name.c_str(), 0) == 0;
                     });
}

bool Layout::IsStateName(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "format",      "lock", "state.db", "txn",         "trash",
      "quarantine",  "tmp",  "reserve",  "token",       "verified.json",
      "daemon.lock", "jobs", "outbox",   "outbox.lock", "notify.json"};
  const bool known =
      std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
  // SQLite keeps files of its own beside state.db; replacements are staged.
  return known || name.starts_with("state.db-") ||
         name.find(fs::kStagingInfix) != std::string_view::npos;
}

std::string Layout::Relative(const fs::Path& path) const {
  const std::string prefix = root_.string() + "/";
  const std::string text = path.string();
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

std::string MakeTxnId(TimePoint now, std::string_view op, unsigned salt) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(now) -
                      std::chrono::floor<std::chrono::seconds>(now);
  return fmt::format("{}-{:03}-{}-{:04x}", FormatStamp(now), millis.count(), op,
                     salt & 0xFFFFU);
}

std::string MakeBackupId(TimePoint now) { return FormatStamp(now); }

bool IsBackupId(std::string_view name) {
  constexpr std::size_t kDate = 8;
  constexpr std::size_t kStamp = 15;
  if (name.size() != kDate && name.size() != kStamp) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(name[i])) != 0;
    if (i == kDate ? name[i] != '-' : !digit) return false;
  }
  return true;
}

std::string MakeReportName(std::string_view span, TimePoint now,
                           std::string_view ending) {
  return fmt::format("{}-{}.{}", span, FormatStamp(now), ending);
}

std::optional<ReportName> ParseReportName(std::string_view name) {
  constexpr std::size_t kStamp = 15;  // "20260131-235959"
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view rest = name.substr(dash + 1);
  const std::string_view span = name.substr(0, dash);
  if ((span != "daily" && span != "weekly") || rest.size() < kStamp + 2 ||
      rest[kStamp] != '.' || !IsBackupId(rest.substr(0, kStamp))) {
    return std::nullopt;
  }
  const std::string_view ending = rest.substr(kStamp + 1);
  if (ending != "html" && ending != "md" && ending != "json" &&
      ending != "txt") {
    return std::nullopt;
  }
  return ReportName{
      std::string(span),
      fmt::format("{}-{}-{}T{}:{}:{}Z", rest.substr(0, 4), rest.substr(4, 2),
                  rest.substr(6, 2), rest.substr(9, 2), rest.substr(11, 2),
                  rest.substr(13, 2)),
      std::string(ending)};
}

bool IsTxnId(std::string_view name) {
  // 8 digits, 6 digits, 3 digits, a word, 4 hex digits; dashes between them.
  constexpr std::size_t kStamp = 19;
  constexpr std::size_t kSalt = 4;
  if (name.size() < kStamp + kSalt + 3 || name[8] != '-' || name[15] != '-' ||
      name[kStamp] != '-' || name[name.size() - kSalt - 1] != '-') {
    return false;
  }
  const std::string_view stamp = name.substr(0, kStamp);
  const std::string_view salt = name.substr(name.size() - kSalt);
  const auto digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const auto hex = [](unsigned char c) { return std::isxdigit(c) != 0; };
  return std::count_if(stamp.begin(), stamp.end(), digit) == 17 &&
         std::all_of(salt.begin(), salt.end(), hex);
}

}  // namespace benchkeep::store
