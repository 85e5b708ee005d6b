// Crontab lines and systemd units.

#include "jobs/system_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

namespace benchkeep::jobs {
namespace {

constexpr std::string_view kDeleting = "consolidate_incremental_data";
constexpr std::string_view kTurnedOff =
    "# turned off by benchkeep, since it deletes increments unmerged: ";

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string BeginMark(const fs::Path& root) {
  return "# BEGIN benchkeep " + root.string();
}

std::string EndMark(const fs::Path& root) {
  return "# END benchkeep " + root.string();
}

// For the shell that cron starts; '%' would end the line for cron.
std::string CronQuoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '%') {
      out += "\\%";
    } else {
      out += c;
    }
  }
  return out + "'";
}

// For ExecStart=: quotes, and the signs that systemd replaces.
std::string UnitQuoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '%' || c == '$') out += c;
    out += c;
  }
  return out + "\"";
}

template <std::size_t kSize>
std::string Numbers(const std::bitset<kSize>& bits, const char* form = "{}") {
  std::string text;
  for (std::size_t i = 0; i < kSize; ++i) {
    if (!bits[i]) continue;
    text += (text.empty() ? "" : ",") + fmt::format(fmt::runtime(form), i);
  }
  return text;
}

// What cron(8) of Debian knows: no names, no "5/15".
bool IsPlain(std::string_view field) {
  const bool names =
      std::any_of(field.begin(), field.end(),
                  [](unsigned char c) { return std::isalpha(c) != 0; });
  return !names && (field.find('/') == std::string_view::npos ||
                    (field.find(',') == std::string_view::npos &&
                     field.find_first_of("*-") != std::string_view::npos));
}

std::string CronFields(const CronSchedule& schedule) {
  const std::string& text = schedule.text();
  if (text.starts_with('@')) return text;
  std::vector<std::string> fields;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    fields.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  const std::array<std::string, 5> numbers = {
      Numbers(schedule.minutes()), Numbers(schedule.hours()),
      Numbers(schedule.days()), Numbers(schedule.months()),
      Numbers(schedule.weekdays())};
  std::string out;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    out += (i == 0 ? "" : " ") + (IsPlain(fields[i]) ? fields[i] : numbers[i]);
  }
  return out;
}

// 32 bits of FNV-1a: two stores whose folders have one name differ.
std::string ShortHash(const std::string& text) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  }
  return fmt::format("{:08x}", hash);
}

std::string Header(const Program& program) {
  return "# Written by `benchkeep schedule install` for " +
         program.root.string() +
         ";\n# `benchkeep schedule install --remove` takes it away.\n";
}

}  // namespace

std::string CrontabBlock(const std::vector<Job>& jobs, const Program& program,
                         const TimeZone& local, Findings& findings) {
  std::string block =
      BeginMark(program.root) +
      "\n# Written by `benchkeep schedule install --cron`; --remove takes it "
      "away.\n";
  for (const Job& job : jobs) {
    if (!job.active()) continue;
    if (job.zone.name() != local.name()) {
      findings.push_back(
          {"job_not_for_cron", Severity::kWarning, "",
           Say(N_("cron knows one time zone only: the job {0} in {1} was left "
                  "out"),
               job.name, job.zone.name()),
           Say(N_("use `benchkeep schedule install --systemd`, or the "
                  "daemon"))});
      continue;
    }
    block += CronFields(job.schedule) + " " + CronQuoted(program.path) +
             " -C " + CronQuoted(program.root.string()) +
             " --quiet --no-input schedule run " + job.name +
             " >/dev/null 2>&1\n";
  }
  return block + EndMark(program.root) + "\n";
}

std::string WithBlock(std::string_view crontab, const std::string& block,
                      const fs::Path& root) {
  const std::vector<std::string_view> lines = Lines(crontab);
  std::string out;
  bool written = block.empty();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] == BeginMark(root)) {
      const auto end = std::find(lines.begin() + static_cast<std::ptrdiff_t>(i),
                                 lines.end(), EndMark(root));
      if (end != lines.end()) {
        if (!written) out += block;
        written = true;
        i = static_cast<std::size_t>(end - lines.begin());
        continue;
      }
    }
    out += std::string(lines[i]) + "\n";
  }
  return written ? out : out + block;
}

std::vector<std::size_t> DeletingLines(std::string_view crontab) {
  std::vector<std::size_t> numbers;
  const std::vector<std::string_view> lines = Lines(crontab);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t start = lines[i].find_first_not_of(" \t");
    if (start == std::string_view::npos || lines[i][start] == '#') continue;
    if (lines[i].find(kDeleting) != std::string_view::npos) {
      numbers.push_back(i + 1);
    }
  }
  return numbers;
}

std::string WithoutLines(std::string_view crontab,
                         const std::vector<std::size_t>& numbers) {
  std::string out;
  const std::vector<std::string_view> lines = Lines(crontab);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool off =
        std::find(numbers.begin(), numbers.end(), i + 1) != numbers.end();
    if (off) out += kTurnedOff;
    out += std::string(lines[i]) + "\n";
  }
  return out;
}

std::string UnitPrefix(const fs::Path& root) {
  std::string name;
  for (const char c : root.filename().string()) {
    const bool usual = std::isalnum(static_cast<unsigned char>(c)) != 0;
    name += usual ? c : '_';
  }
  return "benchkeep-" + name + "-" + ShortHash(root.string());
}

std::vector<std::string> CalendarExpressions(const CronSchedule& schedule,
                                             const std::string& zone) {
  if (schedule.at_reboot()) return {};
  constexpr std::array kNames = {"Sun", "Mon", "Tue", "Wed",
                                 "Thu", "Fri", "Sat"};
  std::string weekdays;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (!schedule.weekdays()[i]) continue;
    weekdays += (weekdays.empty() ? "" : ",") + std::string(kNames[i]);
  }
  const bool any_weekday = schedule.weekdays().all();
  // Bit 0 of days and months stands for nothing.
  const std::string months = schedule.months().count() == 12
                                 ? "*"
                                 : Numbers(schedule.months(), "{:02}");
  const std::string days =
      schedule.days().count() == 31 ? "*" : Numbers(schedule.days(), "{:02}");
  const std::string hours =
      schedule.hours().all() ? "*" : Numbers(schedule.hours(), "{:02}");
  const std::string minutes =
      schedule.minutes().all() ? "*" : Numbers(schedule.minutes(), "{:02}");
  const auto expression = [&](const std::string& of_week,
                              const std::string& of_month) {
    return (of_week.empty() ? "" : of_week + " ") + "*-" + months + "-" +
           of_month + " " + hours + ":" + minutes + ":00" +
           (zone.empty() ? "" : " " + zone);
  };
  if (schedule.any_day_field_suffices() && !any_weekday && days != "*") {
    return {expression("", days), expression(weekdays, "*")};
  }
  const bool all =
      schedule.any_day_field_suffices() && (any_weekday || days == "*");
  return {expression(any_weekday || all ? "" : weekdays, all ? "*" : days)};
}

std::vector<UnitFile> TimerUnits(const std::vector<Job>& jobs,
                                 const Program& program) {
  std::vector<UnitFile> units;
  for (const Job& job : jobs) {
    if (!job.active()) continue;
    const std::string name = UnitPrefix(program.root) + "-" + job.name;
    // The job watches its own time limit; this is for the worst.
    constexpr std::chrono::seconds kMargin{300};
    units.push_back(
        {name + ".service",
         Header(program) +
             fmt::format("[Unit]\nDescription=benchkeep: {0} of {1}\n\n"
                         "[Service]\nType=oneshot\n"
                         "ExecStart={2} -C {3} --quiet --no-input schedule run "
                         "{0}\nSuccessExitStatus=3\nTimeoutStartSec={4}\n"
                         "Nice=10\nIOSchedulingClass=best-effort\n"
                         "IOSchedulingPriority=7\n",
                         job.name, program.root.filename().string(),
                         UnitQuoted(program.path),
                         UnitQuoted(program.root.string()),
                         (job.timeout + kMargin).count())});
    std::string timer;
    for (const std::string& calendar :
         CalendarExpressions(job.schedule, job.zone.name())) {
      timer += "OnCalendar=" + calendar + "\n";
    }
    if (timer.empty()) timer = "OnBootSec=60\n";
    units.push_back(
        {name + ".timer",
         Header(program) +
             fmt::format("[Unit]\nDescription=benchkeep: {0} of {1}, {2}\n\n"
                         "[Timer]\n{3}AccuracySec=1\nPersistent=true\n"
                         "Unit={4}.service\n\n[Install]\n"
                         "WantedBy=timers.target\n",
                         job.name, program.root.filename().string(),
                         job.schedule.text(), timer, name)});
  }
  return units;
}

std::vector<UnitFile> DaemonUnit(const Program& program) {
  return {{UnitPrefix(program.root) + ".service",
           Header(program) +
               fmt::format(
                   "[Unit]\nDescription=benchkeep: keeps {0}\n"
                   "After=local-fs.target network.target\n\n[Service]\n"
                   "Type=notify\nNotifyAccess=main\n"
                   "ExecStart={1} -C {2} --no-input daemon\n"
                   "ExecReload=/bin/kill -HUP $MAINPID\nWatchdogSec=120\n"
                   "Restart=on-failure\nRestartSec=10\nKillMode=mixed\n"
                   "TimeoutStopSec=60\n\n[Install]\n"
                   "WantedBy=default.target\n",
                   program.root.filename().string(), UnitQuoted(program.path),
                   UnitQuoted(program.root.string()))}};
}

}  // namespace benchkeep::jobs
