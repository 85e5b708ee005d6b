// Codes to words, numbers to text.

#include "tui/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "ops/log_line.h"
#include "render/log_errors.h"
#include "render/text_table.h"

namespace benchkeep::tui {
namespace {

struct CodeWord {
  const char* code;
  const char* word;  // msgid
};

std::string WordOf(std::span<const CodeWord> words, const std::string& code,
                   const Look& look) {
  for (const CodeWord& each : words) {
    if (code == each.code) return look.Tr(each.word);
  }
  return code;
}

}  // namespace

std::string WriterWord(const std::string& state, const Look& look) {
  static constexpr std::array<CodeWord, 3> kWords = {{
      {"alive", N_("alive")},
      {"stuck", N_("stuck")},
      {"dead", N_("dead")},
  }};
  return WordOf(kWords, state, look);
}

std::string JobWord(const std::string& state, const Look& look) {
  static constexpr std::array<CodeWord, 6> kWords = {{
      {"waiting", N_("waiting")},
      {"running", N_("running")},
      {"paused", N_("paused")},
      {"disabled", N_("disabled")},
      {"unavailable", N_("no such command")},
      {"failing", N_("failing")},
  }};
  return WordOf(kWords, state, look);
}

std::string RunWord(const std::string& status, const Look& look) {
  static constexpr std::array<CodeWord, 7> kWords = {{
      {"running", N_("running")},
      {"ok", N_("ok")},
      {"findings", N_("findings")},
      {"failed", N_("failed")},
      {"timeout", N_("took too long")},
      {"crashed", N_("crashed")},
      {"interrupted", N_("interrupted")},
  }};
  return WordOf(kWords, status, look);
}

std::string StatusWord(const std::string& status, const Look& look) {
  static constexpr std::array<CodeWord, 4> kWords = {{
      {"ok", N_("ok")},
      {"warning", N_("warning")},
      {"unknown", N_("unknown")},
      {"critical", N_("critical")},
  }};
  return WordOf(kWords, status, look);
}

std::string CheckWord(const std::string& name, const Look& look) {
  static constexpr std::array<CodeWord, 9> kWords = {{
      {"processes", N_("processes")},
      {"master_database", N_("master database")},
      {"results", N_("results")},
      {"increments", N_("increments")},
      {"disk", N_("disk")},
      {"log_errors", N_("log errors")},
      {"api", N_("services")},
      {"backup", N_("backup")},
      {"jobs", N_("jobs")},
  }};
  return WordOf(kWords, name, look);
}

std::string ErrorWord(const std::string& kind, const Look& look) {
  for (std::size_t i = 0; i < ops::kErrorClasses; ++i) {
    const auto each = static_cast<ops::ErrorClass>(i);
    if (kind == ops::ErrorClassName(each)) {
      return look.Tr(render::ErrorClassWords(each));
    }
  }
  return kind;
}

std::string BackupWord(const std::string& state, const Look& look) {
  static constexpr std::array<CodeWord, 3> kWords = {{
      {"good", N_("good")},
      {"suspect", N_("suspect")},
      {"bad", N_("bad")},
  }};
  return WordOf(kWords, state, look);
}

std::string SourceWord(const std::string& source, const Look& look) {
  static constexpr std::array<CodeWord, 2> kWords = {{
      {"results", N_("results file")},
      {"master", N_("master database")},
  }};
  return WordOf(kWords, source, look);
}

std::string PartWord(const std::string& part, const Look& look) {
  static constexpr std::array<CodeWord, 9> kWords = {{
      {"status", N_("totals")},
      {"pace", N_("pace")},
      {"writers", N_("writers")},
      {"check", N_("checks")},
      {"errors", N_("errors")},
      {"jobs", N_("jobs")},
      {"backups", N_("backups")},
      {"breakdown", N_("prompt types")},
      {"machine", N_("machine")},
  }};
  return WordOf(kWords, part, look);
}

Ink InkOfState(const std::string& state) {
  static constexpr std::array<const char*, 5> kGood = {"alive", "ok", "running",
                                                       "good", "waiting"};
  static constexpr std::array<const char*, 5> kBad = {
      "stuck", "critical", "failing", "failed", "bad"};
  static constexpr std::array<const char*, 2> kDim = {"disabled",
                                                      "unavailable"};
  const auto among = [&](const auto& states) {
    return std::find(states.begin(), states.end(), state) != states.end();
  };
  if (among(kGood)) return Ink::kGood;
  if (among(kBad)) return Ink::kBad;
  return among(kDim) ? Ink::kDim : Ink::kWarning;
}

std::string ShortSpan(std::chrono::nanoseconds span, const Look& look) {
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  constexpr std::int64_t kDayHours = 24;
  constexpr std::int64_t kManyHours = 48;
  span = std::max(span, std::chrono::nanoseconds(0));
  const auto count = [&](auto unit) {
    return std::chrono::floor<decltype(unit)>(span).count();
  };
  if (span < minutes(1)) return look.Tr(Say(N_("{0} s"), count(seconds(1))));
  if (span < hours(1)) return look.Tr(Say(N_("{0} min"), count(minutes(1))));
  if (span < hours(kManyHours)) {
    return look.Tr(Say(N_("{0} h"), count(hours(1))));
  }
  return look.Tr(Say(N_("{0} d"), count(hours(1)) / kDayHours));
}

std::string Count(const std::optional<std::int64_t>& number) {
  return number ? render::Thousands(*number) : "-";
}

std::string Rate(const std::optional<double>& rate) {
  if (!rate) return "-";
  constexpr double kWhole = 99.95;
  constexpr double kTenths = 0.995;
  constexpr double kNothing = 0.005;
  if (*rate < kNothing) return "0";
  if (*rate >= kWhole)
    return render::Thousands(static_cast<std::int64_t>(std::llround(*rate)));
  return *rate >= kTenths ? fmt::format("{:.1f}", *rate)
                          : fmt::format("{:.2f}", *rate);
}

std::string PercentOf(const std::optional<double>& share) {
  return render::Percent(share);
}

std::string Bytes(std::int64_t bytes) {
  return render::HumanBytes(
      static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0)));
}

std::string WallDateTime(TimePoint time, std::chrono::seconds utc_offset) {
  std::string text = FormatIso(time + utc_offset);
  text.pop_back();
  constexpr std::size_t kBetween = 10;
  text[kBetween] = ' ';
  return text;
}

std::string WallTime(TimePoint time, std::chrono::seconds utc_offset) {
  constexpr std::size_t kDate = 11;
  return WallDateTime(time, utc_offset).substr(kDate);
}

}  // namespace benchkeep::tui
