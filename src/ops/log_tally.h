// Errors of one log, counted by cause and hour.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ops/log_line.h"

namespace benchkeep::ops {

// One error, as it was found.  Views need not outlive the call.
struct LoggedError {
  std::string_view message;
  std::string_view time;   // "2025-08-27 00:43:09", or empty.
  std::string_view model;  // Or empty.
  bool crash = false;      // The end of a program.
};

class LogTally {
 public:
  struct Hour {
    std::string hour;  // "2025-08-27T00"; empty when no time is known.
    std::uint64_t count = 0;
    std::string first;  // "2025-08-27T00:43:09"
    std::string last;
  };
  // Everything in it may be shown: secrets are out.
  struct Cause {
    ErrorClass kind = ErrorClass::kOther;
    std::string pattern;
    std::string example;
    std::string model;
    std::vector<Hour> hours = {};
  };

  // Returns the place in causes() of all errors with this message, whatever
  // their time and model; nothing when that may differ.
  std::optional<std::size_t> Add(const LoggedError& error);
  // Another error of the cause at that place.
  void AddAgain(std::size_t cause, std::string_view time);
  [[nodiscard]] const std::vector<Cause>& causes() const { return causes_; }
  [[nodiscard]] bool empty() const { return causes_.empty(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Index =
      std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;
  // A cause that is known by the start of its messages (DecidingBytes).
  struct Start {
    std::string text;
    std::string model;
    std::size_t cause = 0;
  };
  std::size_t ByStart(const LoggedError& error);
  std::size_t ByPattern(const LoggedError& error);
  std::size_t NewCause(const LoggedError& error, std::string pattern);

  std::vector<Cause> causes_;
  Index known_;          // By pattern as computed, with "!" for crashes.
  Index seen_;           // By message.
  std::string pattern_;  // Reused.
  std::vector<Start> starts_;
  std::size_t next_start_ = 0;  // To be replaced.
};

}  // namespace benchkeep::ops
