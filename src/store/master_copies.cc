// Reading copies of the master database.

#include "store/master_copies.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

#include "fs/sha256.h"
#include "store/master_audit.h"
#include "store/master_database.h"

namespace benchkeep::store {
namespace {

MasterCopy Examine(const Store& store, CopyFile file) {
  MasterCopy copy;
  copy.file = std::move(file);
  const auto bad = [&](Message why) {
    copy.problem = std::move(why);
    return copy;
  };
  const Result<MasterText> read =
      ReadMasterText(store.file_system(), copy.file.path);
  if (!read.ok()) return bad(read.error().message);
  copy.sha256 = fs::Sha256Of(read->text);
  Result<Json> document = ParseJson(read->text);
  if (!document.ok()) return bad(document.error().message);
  copy.created_at = document->StringAt("created_at").value_or("");
  copy.last_updated = document->StringAt("last_updated").value_or("");
  const Result<MasterDatabase> master = MasterOf(*document, copy.file.path);
  if (!master.ok()) return bad(master.error().message);
  const MasterAudit audit = AuditMaster(*document, *master);
  copy.tests = audit.leaf.tests;
  for (const Leaf& leaf : master->leaves) {
    const std::int64_t tests = TestsOf(leaf);
    copy.cells[leaf.pointer] += tests;
    copy.by_models[leaf.model] += tests;
  }
  if (copy.tests == 0) return bad(Say(N_("it holds no tests")));
  if (!audit.consistent) {
    return bad(Say(N_("the numbers of some cells do not add up")));
  }
  copy.good = true;
  return copy;
}

std::int64_t TimeOf(const MasterCopy& copy) {
  return ParseIsoTime(copy.last_updated).value_or(copy.file.time_ns);
}

}  // namespace

std::vector<MasterCopy> ReadMasterCopies(const Store& store,
                                         std::uint64_t max_bytes) {
  std::vector<MasterCopy> copies;
  std::set<std::string> seen;
  for (CopyFile& file : MasterCopies(store)) {
    if (file.bytes > max_bytes) continue;
    max_bytes -= file.bytes;
    MasterCopy copy = Examine(store, std::move(file));
    // Unreadable ones have no hash; each of them is named.
    if (!copy.sha256.empty() && !seen.insert(copy.sha256).second) continue;
    copies.push_back(std::move(copy));
  }
  std::stable_sort(copies.begin(), copies.end(),
                   [](const MasterCopy& a, const MasterCopy& b) {
                     return TimeOf(a) > TimeOf(b);
                   });
  return copies;
}

Result<Json> DocumentOf(const Store& store, const MasterCopy& copy) {
  BENCHKEEP_ASSIGN(const MasterText read,
                   ReadMasterText(store.file_system(), copy.file.path));
  if (fs::Sha256Of(read.text) != copy.sha256) {
    return Fail(
        Code::kBusy,
        Say(N_("{0} was changed while it was being read"), copy.file.name),
        Say(N_("run the command again")), copy.file.path);
  }
  return ParseJson(read.text);
}

std::optional<std::int64_t> ParseIsoTime(const std::string& text) {
  // "2025-08-17T01:35:12", then perhaps ".313820" and a zone.
  constexpr std::size_t kPlain = 19;
  if (text.size() < kPlain || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':') {
    return std::nullopt;
  }
  bool digits = true;
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = 0;
    const char* begin = text.data() + at;
    const auto [stop, error] = std::from_chars(begin, begin + length, value);
    digits = digits && error == std::errc{} && stop == begin + length;
    return value;
  };
  const std::chrono::year_month_day day{
      std::chrono::year{number(0, 4)},
      std::chrono::month(static_cast<unsigned>(number(5, 2))),
      std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  std::chrono::nanoseconds time = std::chrono::hours(number(11, 2)) +
                                  std::chrono::minutes(number(14, 2)) +
                                  std::chrono::seconds(number(17, 2));
  std::size_t at = kPlain;
  if (at < text.size() && text[at] == '.') {
    std::int64_t scale = 100'000'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      time += std::chrono::nanoseconds((text[at] - '0') * scale);
      scale /= 10;
    }
  }
  if (at < text.size() && (text[at] == '+' || text[at] == '-') &&
      text.size() >= at + 6 && text[at + 3] == ':') {
    const std::chrono::minutes zone = std::chrono::hours(number(at + 1, 2)) +
                                      std::chrono::minutes(number(at + 4, 2));
    time += text[at] == '+' ? -zone : zone;
  } else if (at < text.size() && text[at] != 'Z') {
    return std::nullopt;
  }
  if (!digits || !day.ok()) return std::nullopt;
  return (std::chrono::sys_days(day).time_since_epoch() + time) /
         std::chrono::nanoseconds{1};
}

}  // namespace benchkeep::store
