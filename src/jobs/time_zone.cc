// TZif files and the rules at their end.

#include "jobs/time_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>

namespace benchkeep::jobs {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kZoneFolders[] = {
    "/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo"};
constexpr const char* kLocalFile = "/etc/localtime";

std::optional<std::string> Slurp(const std::filesystem::path& path) {
  constexpr std::streamsize kMostBytes = 1 << 20;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string bytes(kMostBytes, '\0');
  file.read(bytes.data(), kMostBytes);
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

// "../../etc/passwd" is no zone.
bool MayBeName(const std::string& name) {
  const auto usual = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
  };
  return !name.empty() && name.front() != '/' &&
         std::all_of(name.begin(), name.end(), usual);
}

// Big-endian numbers from a string that was checked to be long enough.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
  void Skip(std::size_t count) { at_ += count; }
  std::int64_t Signed(std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      value = value << 8U | static_cast<unsigned char>(bytes_[at_ + i]);
    }
    at_ += width;
    if (width == 4) return static_cast<std::int32_t>(value);
    return static_cast<std::int64_t>(value);
  }
  std::uint8_t Byte() { return static_cast<std::uint8_t>(bytes_[at_++]); }
  [[nodiscard]] std::string_view Rest() const { return bytes_.substr(at_); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

struct Header {
  char version = '\0';
  std::size_t utc_marks = 0;
  std::size_t standard_marks = 0;
  std::size_t leaps = 0;
  std::size_t times = 0;
  std::size_t types = 0;
  std::size_t letters = 0;

  [[nodiscard]] std::size_t DataSize(std::size_t width) const {
    return times * (width + 1) + types * 6 + letters + leaps * (width + 4) +
           standard_marks + utc_marks;
  }
};

constexpr std::size_t kHeaderSize = 44;

std::optional<Header> ReadHeader(Bytes& bytes) {
  if (bytes.left() < kHeaderSize || !bytes.Rest().starts_with("TZif")) {
    return std::nullopt;
  }
  Header header;
  header.version = bytes.Rest()[4];
  bytes.Skip(20);
  for (std::size_t* count :
       {&header.utc_marks, &header.standard_marks, &header.leaps, &header.times,
        &header.types, &header.letters}) {
    *count = static_cast<std::size_t>(bytes.Signed(4)) & 0xFFFFU;
  }
  return header;
}

}  // namespace

// Reads "CET-1CEST,M3.5.0,M10.5.0/3".
class TimeZone::RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  std::optional<Rule> Read() {
    Rule rule;
    rule.present = true;
    if (!Name()) return std::nullopt;
    const auto standard = Time();
    if (!standard) return std::nullopt;
    rule.standard = -*standard;
    if (text_.empty()) return rule;
    if (!Name()) return std::nullopt;
    rule.has_summer = true;
    rule.summer = rule.standard + hours(1);
    if (!text_.empty() && text_.front() != ',') {
      const auto summer = Time();
      if (!summer) return std::nullopt;
      rule.summer = -*summer;
    }
    const auto begin = Day();
    const auto end = Day();
    if (!begin || !end || !text_.empty()) return std::nullopt;
    rule.begin = *begin;
    rule.end = *end;
    return rule;
  }

 private:
  bool Take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool Name() {
    const bool quoted = Take('<');
    std::size_t size = 0;
    while (size < text_.size() &&
           (quoted
                ? text_[size] != '>'
                : std::isalpha(static_cast<unsigned char>(text_[size])) != 0)) {
      ++size;
    }
    text_.remove_prefix(size);
    return size > 0 && (!quoted || Take('>'));
  }
  std::optional<int> Number() {
    int value = 0;
    std::size_t size = 0;
    while (size < text_.size() && size < 4 &&
           std::isdigit(static_cast<unsigned char>(text_[size])) != 0) {
      value = value * 10 + (text_[size++] - '0');
    }
    text_.remove_prefix(size);
    return size > 0 ? std::optional(value) : std::nullopt;
  }
  std::optional<seconds> Time() {
    const int sign = Take('-') ? -1 : 1;
    if (sign > 0) Take('+');
    const auto hour = Number();
    if (!hour) return std::nullopt;
    seconds time = hours(*hour);
    for (const seconds unit : {seconds(minutes(1)), seconds(1)}) {
      if (!Take(':')) break;
      const auto part = Number();
      if (!part) return std::nullopt;
      time += unit * *part;
    }
    return sign * time;
  }
  std::optional<YearDay> Day() {
    if (!Take(',')) return std::nullopt;
    YearDay day;
    if (Take('M')) {
      const auto month = Number();
      if (!month || !Take('.')) return std::nullopt;
      const auto week = Number();
      if (!week || !Take('.')) return std::nullopt;
      const auto weekday = Number();
      if (!weekday || *month < 1 || *month > 12 || *week < 1 || *week > 5 ||
          *weekday > 6) {
        return std::nullopt;
      }
      day.month = *month;
      day.week = *week;
      day.day = *weekday;
    } else {
      day.kind = Take('J') ? YearDay::Kind::kJulian : YearDay::Kind::kZeroBased;
      const auto number = Number();
      if (!number) return std::nullopt;
      day.day = *number;
    }
    if (Take('/')) {
      const auto time = Time();
      if (!time) return std::nullopt;
      day.time = *time;
    }
    return day;
  }

  std::string_view text_;
};

WallSeconds TimeZone::YearDay::In(std::chrono::year year) const {
  using std::chrono::local_days;
  const local_days start{year / 1 / 1};
  switch (kind) {
    case Kind::kZeroBased:
      return start + days(day) + time;
    case Kind::kJulian: {
      // The 29th of February is not counted.
      constexpr int kLastOfFebruary = 59;
      const int leap = year.is_leap() && day > kLastOfFebruary ? 1 : 0;
      return start + days(day - 1 + leap) + time;
    }
    case Kind::kMonthWeek:
      break;
  }
  const std::chrono::month in{static_cast<unsigned>(month)};
  const std::chrono::weekday on{static_cast<unsigned>(day)};
  constexpr int kLast = 5;
  if (week == kLast)
    return local_days(year / in / on[std::chrono::last]) + time;
  return local_days(year / in / on[static_cast<unsigned>(week)]) + time;
}

Result<TimeZone> TimeZone::FromTzif(std::string name, std::string_view bytes) {
  const auto damaged = [&] {
    return Fail(Code::kCorruption,
                Say(N_("the data of the time zone {0} is damaged"), name));
  };
  TimeZone zone;
  Bytes in(bytes);
  std::optional<Header> header = ReadHeader(in);
  std::size_t width = 4;
  if (header && header->version >= '2') {
    // The same again with times of 64 bits.
    if (in.left() < header->DataSize(width)) return damaged();
    in.Skip(header->DataSize(width));
    header = ReadHeader(in);
    width = 8;
  }
  if (!header || header->types == 0 || in.left() < header->DataSize(width)) {
    return damaged();
  }
  std::vector<SysSeconds> times;
  for (std::size_t i = 0; i < header->times; ++i) {
    times.emplace_back(seconds(in.Signed(width)));
  }
  std::vector<std::size_t> types;
  for (std::size_t i = 0; i < header->times; ++i) types.push_back(in.Byte());
  std::vector<seconds> offsets;
  for (std::size_t i = 0; i < header->types; ++i) {
    offsets.emplace_back(in.Signed(4));
    in.Skip(2);
  }
  in.Skip(header->letters + header->leaps * (width + 4) +
          header->standard_marks + header->utc_marks);
  zone.first_ = offsets[0];
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (types[i] >= offsets.size()) return damaged();
    zone.transitions_.push_back({times[i], offsets[types[i]]});
  }
  if (!std::is_sorted(times.begin(), times.end())) return damaged();
  std::string_view footer = in.Rest();
  if (width == 8 && footer.size() >= 2 && footer.front() == '\n') {
    footer = footer.substr(1, footer.find('\n', 1) - 1);
    if (!footer.empty()) {
      const std::optional<Rule> rule = RuleReader(footer).Read();
      if (!rule) return damaged();
      zone.rule_ = *rule;
    }
  }
  zone.name_ = std::move(name);
  return zone;
}

Result<TimeZone> TimeZone::Load(const std::string& name) {
  if (name == "UTC") return TimeZone();
  if (!MayBeName(name)) {
    return Fail(Code::kInvalidArgument,
                Say(N_("'{0}' cannot be the name of a time zone"), name),
                Say(N_("write it like \"Europe/Berlin\" or \"UTC\"")));
  }
  for (const char* folder : kZoneFolders) {
    const auto bytes = Slurp(std::filesystem::path(folder) / name);
    if (bytes && bytes->starts_with("TZif")) return FromTzif(name, *bytes);
  }
  return Fail(Code::kNotFound,
              Say(N_("this machine knows no time zone '{0}'"), name),
              Say(N_("correct the name, or install the data of the time zones "
                     "(the package tzdata)")));
}

TimeZone TimeZone::Local(const std::string& tz) {
  // ":Europe/Berlin" is another way to write it.
  const std::string name = tz.starts_with(':') ? tz.substr(1) : tz;
  if (!name.empty()) {
    if (Result<TimeZone> zone = Load(name); zone.ok()) return *zone;
  }
  std::error_code error;
  const auto target = std::filesystem::canonical(kLocalFile, error);
  if (error) return {};
  std::string known;
  for (const char* folder : kZoneFolders) {
    const std::string prefix = std::string(folder) + "/";
    if (target.string().starts_with(prefix)) {
      known = target.string().substr(prefix.size());
    }
  }
  const auto bytes = Slurp(target);
  if (!bytes) return {};
  Result<TimeZone> zone = FromTzif(known, *bytes);
  return zone.ok() ? *zone : TimeZone();
}

seconds TimeZone::ByRule(SysSeconds time) const {
  if (!rule_.has_summer) return rule_.standard;
  const std::chrono::year_month_day day{
      std::chrono::floor<days>(time + rule_.standard)};
  const auto utc = [](WallSeconds wall, seconds offset) {
    return SysSeconds(wall.time_since_epoch() - offset);
  };
  const SysSeconds begin = utc(rule_.begin.In(day.year()), rule_.standard);
  const SysSeconds end = utc(rule_.end.In(day.year()), rule_.summer);
  const bool summer =
      begin < end ? time >= begin && time < end : time >= begin || time < end;
  return summer ? rule_.summer : rule_.standard;
}

seconds TimeZone::OffsetAt(SysSeconds time) const {
  const auto next = std::upper_bound(
      transitions_.begin(), transitions_.end(), time,
      [](SysSeconds at, const Transition& one) { return at < one.time; });
  if (next == transitions_.end() && rule_.present) return ByRule(time);
  return next == transitions_.begin() ? first_ : std::prev(next)->offset;
}

SysSeconds TimeZone::FromWall(WallSeconds wall) const {
  const SysSeconds as_utc(wall.time_since_epoch());
  // No offset reaches a day, and zones change less often than that.
  const seconds before = OffsetAt(as_utc - days(1));
  const seconds after = OffsetAt(as_utc + days(1));
  const SysSeconds first = as_utc - before;
  const SysSeconds second = as_utc - after;
  if (OffsetAt(first) == before) return first;
  if (OffsetAt(second) == after) return second;
  // Skipped: the change lies between the two.
  SysSeconds low = second;
  SysSeconds high = first;
  while (low + seconds(1) < high) {
    const SysSeconds middle = low + (high - low) / 2;
    (OffsetAt(middle) == after ? high : low) = middle;
  }
  return high;
}

std::string FormatWall(const TimeZone& zone, TimePoint time) {
  const auto whole = std::chrono::floor<seconds>(time);
  const auto offset = std::chrono::duration_cast<minutes>(zone.OffsetAt(whole));
  const std::string iso = FormatIso(whole + zone.OffsetAt(whole));
  const auto size = std::chrono::abs(offset);
  return iso.substr(0, iso.size() - 1) +
         fmt::format("{}{:02}:{:02}", offset < minutes(0) ? '-' : '+',
                     size.count() / 60, size.count() % 60);
}

}  // namespace benchkeep::jobs
