// Reading a log from where it was left, and finding the errors in it.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fs/file_system.h"
#include "ops/log_memo.h"
#include "ops/log_tally.h"

namespace benchkeep::ops {

// The text of a log, plain or compressed by gzip (told by its name).
class LogInput {
 public:
  virtual ~LogInput() = default;
  // Starts at byte `offset` of the text.
  static Result<std::unique_ptr<LogInput>> Open(fs::FileSystem& file_system,
                                                const fs::Path& path,
                                                std::uint64_t offset);
  // The next bytes; 0 at the end.
  virtual Result<std::size_t> Read(std::span<char> buffer) = 0;
};

// Finds errors in text that comes in pieces.
class LogScanner {
 public:
  // `time` and `model` were the last ones seen above; `tally` gets the errors.
  LogScanner(std::string time, std::string model, LogTally& tally)
      : time_(std::move(time)), model_(std::move(model)), tally_(&tally) {}

  // Whole lines; the last one may lack its newline.
  void Lines(std::string_view text);
  // A line too long to hold: its pieces in order, then its end.
  void LongPiece(std::string_view piece);
  void LongEnd();
  // The end of what there is to read.  When it fell into a traceback, the lines
  // of that are given back: returns how many bytes, to be read again later.
  std::uint64_t Finish();

  // What a log that is cut off ends with: counted, but not yet read.
  void FinishForGood();

  [[nodiscard]] std::uint64_t error_lines() const { return error_lines_; }
  [[nodiscard]] const std::string& time() const { return time_; }
  [[nodiscard]] const std::string& model() const { return model_; }

 private:
  // How far into a traceback.
  enum class Trace { kNone, kFrames, kException };

  void Look(std::string_view line, std::string_view after);
  void Judge(std::string_view line, std::string_view after);
  void Take(const LineMeaning& meaning, std::string_view after,
            LineMemo::Slot* slot);
  void InTrace(std::string_view line, std::string_view after);
  void EndTrace();
  std::optional<std::size_t> Count(std::string_view message, bool crash);

  std::string time_;
  std::string model_;
  LogTally* tally_;
  LineMemo memo_;  // Its causes are those of tally_.
  std::uint64_t error_lines_ = 0;

  Trace trace_ = Trace::kNone;
  std::size_t trace_indent_ = 0;
  std::uint64_t trace_bytes_ = 0;        // Since its first line.
  std::uint64_t trace_error_lines_ = 0;  // Before its first line.
  std::string above_;                    // The error that it belongs to.
  std::string exception_;                // Its last line.

  std::string long_head_;
  bool long_error_ = false;
  bool long_anchor_ = false;
  bool in_long_ = false;
};

// What reading a log gave.
struct LogScan {
  std::uint64_t offset = 0;  // Read up to here.
  std::uint64_t bytes = 0;   // How many were looked at.
  std::uint64_t error_lines = 0;
  std::string time;
  std::string model;
  LogTally tally;
  // A last line without a newline, or an unfinished traceback: it counts now,
  // and is read again the next time.
  std::uint64_t rest_error_lines = 0;
  LogTally rest;
  std::optional<Error> error;  // Why it ended early.
};

struct LogStart {
  std::uint64_t offset = 0;
  std::string time;
  std::string model;
};

LogScan ScanLog(fs::FileSystem& file_system, const fs::Path& path,
                const LogStart& start);

}  // namespace benchkeep::ops
