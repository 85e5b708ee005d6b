// Cron expressions: the times of a job, in the words of crontab(5).
//
// Five fields (minute, hour, day of the month, month, day of the week), each a
// list of values, ranges and steps; names for months and days; Sunday is 0 and
// 7.  Or one word: @hourly, @daily (@midnight), @weekly, @monthly, @yearly
// (@annually), @reboot.  As in Vixie cron a day must suit both day fields when
// one of them begins with '*', and either of them otherwise.
//
// This is the grammar alone; jobs/fire_times.h puts it on a clock.

#pragma once

#include <bitset>
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace benchkeep {

class CronSchedule {
 public:
  // kInvalidArgument names the field and what is wrong with it; a day that
  // never comes ("0 0 31 2 *") is an error, too.
  static Result<CronSchedule> Parse(std::string_view text);

  // Once after every start of the machine; then nothing below has a meaning.
  [[nodiscard]] bool at_reboot() const { return at_reboot_; }

  [[nodiscard]] bool OnDay(std::chrono::year_month_day day) const;
  [[nodiscard]] bool AtHour(unsigned hour) const { return hours_[hour]; }
  [[nodiscard]] bool AtMinute(unsigned minute) const {
    return minutes_[minute];
  }
  // Due in every hour of its days: such a job follows the hours as they pass,
  // any other one the hands of the clock.
  [[nodiscard]] bool EveryHour() const { return hours_.all(); }

  // The fields, for whoever writes them in another language.  Days of the week
  // count from Sunday, 0; days of the month and months from 1.
  [[nodiscard]] const std::bitset<60>& minutes() const { return minutes_; }
  [[nodiscard]] const std::bitset<24>& hours() const { return hours_; }
  [[nodiscard]] const std::bitset<32>& days() const { return days_; }
  [[nodiscard]] const std::bitset<13>& months() const { return months_; }
  [[nodiscard]] const std::bitset<7>& weekdays() const { return weekdays_; }
  [[nodiscard]] bool any_day_field_suffices() const { return either_; }

  // As it was given.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  [[nodiscard]] bool EverComes() const;

  std::string text_;
  bool at_reboot_ = false;
  bool either_ = false;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<7> weekdays_;
};

}  // namespace benchkeep
