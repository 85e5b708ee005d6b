// Reading cron expressions.

#include "base/cron.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <span>
#include <vector>

namespace benchkeep {
namespace {

using namespace std::string_view_literals;

constexpr std::array kMonths = {"jan"sv, "feb"sv, "mar"sv, "apr"sv,
                                "may"sv, "jun"sv, "jul"sv, "aug"sv,
                                "sep"sv, "oct"sv, "nov"sv, "dec"sv};
constexpr std::array kWeekdays = {"sun"sv, "mon"sv, "tue"sv, "wed"sv,
                                  "thu"sv, "fri"sv, "sat"sv};

struct Nickname {
  std::string_view word;
  std::string_view fields;
};
constexpr Nickname kNicknames[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},  {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"}};

struct Field {
  int number;  // Among the fields, from 1.
  int least;
  int most;
  std::span<const std::string_view> names = {};
  int first_name = 0;
};
constexpr Field kMinute = {1, 0, 59};
constexpr Field kHour = {2, 0, 23};
constexpr Field kDay = {3, 1, 31};
constexpr Field kMonth = {4, 1, 12, kMonths, 1};
constexpr Field kWeekday = {5, 0, 7, kWeekdays, 0};

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return out;
}

std::vector<std::string_view> Split(std::string_view text,
                                    std::string_view separators) {
  std::vector<std::string_view> parts;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end =
        std::min(text.find_first_of(separators, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::optional<int> Number(std::string_view text) {
  int value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  const bool digits =
      !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) != 0;
  if (!digits || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

Unexpected Wrong(const Field& field, std::string_view part) {
  return Fail(Code::kInvalidArgument,
              Say(N_("field {0} of the schedule is '{1}': a number from {2} to "
                     "{3} was expected"),
                  field.number, std::string(part), field.least, field.most));
}

Result<int> Value(const Field& field, std::string_view part) {
  const std::string word = Lower(part);
  const auto name = std::find(field.names.begin(), field.names.end(), word);
  if (name != field.names.end()) {
    return field.first_name +
           static_cast<int>(std::distance(field.names.begin(), name));
  }
  const std::optional<int> number = Number(part);
  if (!number || *number < field.least || *number > field.most) {
    return Wrong(field, part);
  }
  return *number;
}

// One of the parts that commas separate: "*", "5", "1-5", "*/10", "1-30/2",
// "5/15" (from 5 on).
template <std::size_t kSize>
Status ReadPart(const Field& field, std::string_view part,
                std::bitset<kSize>& bits) {
  const std::size_t slash = part.find('/');
  const std::string_view range = part.substr(0, slash);
  int step = 1;
  if (slash != std::string_view::npos) {
    const std::optional<int> number = Number(part.substr(slash + 1));
    if (!number || *number < 1 || *number > field.most) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("field {0} of the schedule has no usable step: '{1}'"),
                      field.number, std::string(part)));
    }
    step = *number;
  }
  int from = field.least;
  int to = field.most;
  const std::size_t dash = range.find('-');
  const bool weekday = field.names.data() == kWeekdays.data();
  if (range == "*") {
    if (weekday) to = 6;
  } else if (dash != std::string_view::npos) {
    BENCHKEEP_ASSIGN(from, Value(field, range.substr(0, dash)));
    BENCHKEEP_ASSIGN(to, Value(field, range.substr(dash + 1)));
    // "fri-sun" ends with the week.
    if (weekday && to == 0 && from > 0) to = 7;
    if (from > to) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("field {0} of the schedule runs backwards: '{1}'"),
                      field.number, std::string(range)));
    }
  } else {
    BENCHKEEP_ASSIGN(from, Value(field, range));
    if (slash == std::string_view::npos) {
      to = from;
    } else if (weekday) {
      to = 6;
    }
  }
  for (int value = from; value <= to; value += step) {
    bits.set(static_cast<std::size_t>(weekday ? value % 7 : value));
  }
  return {};
}

template <std::size_t kSize>
Status ReadField(const Field& field, std::string_view text,
                 std::bitset<kSize>& bits) {
  for (const std::string_view part : Split(text, ",")) {
    BENCHKEEP_TRY(ReadPart(field, part, bits));
  }
  return {};
}

Result<std::string_view> Fields(std::string_view word) {
  const std::string lower = Lower(word);
  for (const Nickname& nickname : kNicknames) {
    if (nickname.word == lower) return nickname.fields;
  }
  return Fail(Code::kInvalidArgument,
              Say(N_("'{0}' is not one of @hourly, @daily, @weekly, @monthly, "
                     "@yearly and @reboot"),
                  std::string(word)));
}

}  // namespace

Result<CronSchedule> CronSchedule::Parse(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  CronSchedule schedule;
  std::vector<std::string_view> words = Split(text, kBlanks);
  std::erase(words, std::string_view());
  for (const std::string_view word : words) {
    schedule.text_ += (schedule.text_.empty() ? "" : " ") + std::string(word);
  }
  if (words.size() == 1 && words[0].starts_with('@')) {
    if (Lower(words[0]) == "@reboot") {
      schedule.at_reboot_ = true;
      return schedule;
    }
    BENCHKEEP_ASSIGN(const std::string_view fields, Fields(words[0]));
    words = Split(fields, kBlanks);
  }
  if (words.size() != 5) {
    return Fail(Code::kInvalidArgument,
                Say(N_("a schedule has 5 fields (minute, hour, day, month, day "
                       "of the week), this one has {0}"),
                    words.size()));
  }
  BENCHKEEP_TRY(ReadField(kMinute, words[0], schedule.minutes_));
  BENCHKEEP_TRY(ReadField(kHour, words[1], schedule.hours_));
  BENCHKEEP_TRY(ReadField(kDay, words[2], schedule.days_));
  BENCHKEEP_TRY(ReadField(kMonth, words[3], schedule.months_));
  BENCHKEEP_TRY(ReadField(kWeekday, words[4], schedule.weekdays_));
  schedule.either_ = !words[2].starts_with('*') && !words[4].starts_with('*');
  if (!schedule.EverComes()) {
    return Fail(Code::kInvalidArgument,
                Say(N_("the day of '{0}' never comes"), schedule.text_));
  }
  return schedule;
}

bool CronSchedule::OnDay(std::chrono::year_month_day day) const {
  if (!months_[static_cast<unsigned>(day.month())]) return false;
  const bool by_month = days_[static_cast<unsigned>(day.day())];
  const std::chrono::weekday weekday{std::chrono::sys_days(day)};
  const bool by_week = weekdays_[weekday.c_encoding()];
  return either_ ? by_month || by_week : by_month && by_week;
}

// 28 years hold every pair of date and day of the week, but for the centuries
// without a leap day.
bool CronSchedule::EverComes() const {
  using std::chrono::days;
  using std::chrono::sys_days;
  using std::chrono::year_month_day;
  constexpr int kDays = 28 * 366;
  const sys_days start{std::chrono::year{2001} / 1 / 1};
  for (int day = 0; day < kDays; ++day) {
    if (OnDay(year_month_day{start + days(day)})) return true;
  }
  return false;
}

}  // namespace benchkeep
