// Finding errors in the text of a log.

#include "ops/log_scan.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "ops/log_anchor.h"

namespace benchkeep::ops {
namespace {

constexpr std::size_t kBuffer = std::size_t{256} << 10;  // Fits a cache.
constexpr std::size_t kMaxLine = std::size_t{64} << 10;  // Judged by its start.
constexpr std::size_t kOverlap = 64;  // Longer than any anchor.
constexpr std::uint64_t kMaxTraceBytes = std::uint64_t{64} << 10;
constexpr auto kNone = std::string_view::npos;

constexpr std::string_view kChain[] = {
    "During handling of the above exception",
    "The above exception was the direct cause",
};

std::string_view FirstLine(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

// The traceback that follows at once belongs to the line above it.
bool StartsTrace(std::string_view text) {
  constexpr std::size_t kMaxWrapper = 80;
  const std::string_view line = FirstLine(text).substr(0, kMaxWrapper);
  return line.find(kTraceback) != kNone;
}

}  // namespace

void LogScanner::Lines(std::string_view text) {
  // Up to the end of the first ERROR in a line.  Where lines of one script
  // follow each other, the next one begins the same.
  std::string_view start;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t begin = at;
    std::size_t hit = at;
    if (!start.empty() && text.substr(at).starts_with(start)) {
      hit = at + start.size() - kErrorWord.size();
    } else if (trace_ == Trace::kNone) {
      hit = NextAnchor(text, at);
      if (hit == kNone) return;
      if (hit > at) {
        const void* newline = ::memrchr(text.data() + at, '\n', hit - at);
        if (newline != nullptr) {
          begin = static_cast<std::size_t>(static_cast<const char*>(newline) -
                                           text.data()) +
                  1;
        }
      }
    }
    const std::size_t newline = text.find('\n', hit);
    const std::size_t end = newline == kNone ? text.size() : newline;
    const std::string_view line = text.substr(begin, end - begin);
    at = std::min(end + 1, text.size());
    // The first anchor is ERROR, or else it may stand further on.
    if (text.substr(hit).starts_with(kErrorWord)) {
      start = text.substr(begin, hit + kErrorWord.size() - begin);
      ++error_lines_;
    } else if (line.find(kErrorWord) != kNone) {
      ++error_lines_;
    }
    const std::string_view after = text.substr(at);
    if (trace_ == Trace::kNone) {
      Look(line, after);
    } else {
      InTrace(line, after);
    }
    if (trace_ != Trace::kNone) trace_bytes_ += line.size() + 1;
  }
}

void LogScanner::Look(std::string_view line, std::string_view after) {
  Judge(line.substr(0, kMaxLine), after);
  if (trace_ == Trace::kNone) return;
  trace_bytes_ = 0;
  trace_error_lines_ =
      error_lines_ - (line.find(kErrorWord) == kNone ? 0U : 1U);
}

void LogScanner::Judge(std::string_view line, std::string_view after) {
  if (line.size() > LineMemo::kMaxLine) {
    Take(MeaningOf(line), after, nullptr);
    return;
  }
  LineMemo::Slot& slot = memo_.At(line);
  if (!slot.Holds(line)) {
    const LineMeaning meaning = MeaningOf(line);
    if (!slot.Keep(line, meaning)) {
      Take(meaning, after, nullptr);
      return;
    }
  }
  Take(slot.meaning(), after, &slot);
}

// `slot` is where the line is kept, if it is.
void LogScanner::Take(const LineMeaning& meaning, std::string_view after,
                      LineMemo::Slot* slot) {
  if (!meaning.time.empty()) time_ = meaning.time;
  switch (meaning.says) {
    case LineMeaning::Says::kNothing:
      return;
    case LineMeaning::Says::kModel:
      if (model_ != meaning.text) model_ = meaning.text;
      return;
    case LineMeaning::Says::kTraceback:
      trace_ = Trace::kFrames;
      trace_indent_ = meaning.indent;
      exception_.clear();
      return;
    case LineMeaning::Says::kError:
      break;
  }
  if (StartsTrace(after)) {
    above_ = meaning.text;
  } else if (slot == nullptr) {
    Count(meaning.text, false);
  } else if (const auto cause = slot->cause()) {
    tally_->AddAgain(*cause, time_);
  } else {
    slot->set_cause(Count(meaning.text, false));
  }
}

std::optional<std::size_t> LogScanner::Count(std::string_view message,
                                             bool crash) {
  std::string_view model = ModelIn(message);
  if (model.empty()) model = model_;
  return tally_->Add({message, time_, model, crash});
}

void LogScanner::InTrace(std::string_view text, std::string_view after) {
  const LogLine line = ParseLogLine(text.substr(0, kMaxLine));
  const bool other = !line.time.empty() || line.level == LogLevel::kInfo ||
                     line.level == LogLevel::kWarning ||
                     line.level == LogLevel::kDebug;
  if (!other && trace_bytes_ < kMaxTraceBytes) {
    if (line.message.empty()) return;
    const bool chained = std::any_of(std::begin(kChain), std::end(kChain),
                                     [&](std::string_view start) {
                                       return line.message.starts_with(start);
                                     });
    if (chained) {
      trace_ = Trace::kFrames;
      return;
    }
    if (trace_ == Trace::kFrames) {
      if (line.message.starts_with(kTraceback)) {
        trace_indent_ = line.indent;
      } else if (line.indent <= trace_indent_) {
        exception_ = line.message;
        trace_ = Trace::kException;
      }
      return;
    }
  }
  EndTrace();
  Look(text, after);
}

void LogScanner::EndTrace() {
  trace_ = Trace::kNone;
  // Whoever pressed Ctrl-C knows.
  const bool meant = exception_.starts_with("KeyboardInterrupt") ||
                     exception_.starts_with("SystemExit");
  if (above_.empty()) {
    if (!meant) {
      Count(exception_.empty() ? "Traceback without an exception" : exception_,
            true);
    }
  } else {
    if (!exception_.empty()) above_ += " | " + exception_;
    Count(above_, false);
  }
  above_.clear();
  exception_.clear();
}

void LogScanner::LongPiece(std::string_view piece) {
  if (!in_long_) {
    in_long_ = true;
    long_error_ = long_anchor_ = false;
    long_head_ = piece.substr(0, kMaxLine);
  }
  long_error_ |= piece.find(kErrorWord) != kNone;
  long_anchor_ |= NextAnchor(piece, 0) != kNone;
}

void LogScanner::LongEnd() {
  if (!in_long_) return;
  in_long_ = false;
  if (long_error_) ++error_lines_;
  const std::string head = std::exchange(long_head_, {});
  if (trace_ != Trace::kNone) {
    InTrace(head, {});
    if (trace_ != Trace::kNone) EndTrace();
  } else if (long_anchor_) {
    Judge(head, {});
    if (trace_ != Trace::kNone) EndTrace();
  }
}

std::uint64_t LogScanner::Finish() {
  if (trace_ == Trace::kNone) return 0;
  trace_ = Trace::kNone;
  error_lines_ = trace_error_lines_;
  return trace_bytes_;
}

void LogScanner::FinishForGood() {
  if (trace_ != Trace::kNone) EndTrace();
}

namespace {

// Drives a scanner over an input, line by line, in bounded memory.
class Reader {
 public:
  Reader(LogInput& input, LogScan& scan, LogScanner& scanner)
      : input_(input), scan_(scan), scanner_(scanner), buffer_(kBuffer) {}

  Status Read() {
    while (true) {
      BENCHKEEP_ASSIGN(const std::size_t got,
                       input_.Read(std::span(buffer_).subspan(have_)));
      if (got == 0) return {};
      scan_.bytes += got;
      have_ += got;
      Take();
    }
  }

  // What stands behind the last newline.
  [[nodiscard]] std::string_view rest() const {
    return {buffer_.data(), have_};
  }
  [[nodiscard]] bool in_long() const { return in_long_; }

 private:
  void Take() {
    const void* last = ::memrchr(buffer_.data(), '\n', have_);
    if (last == nullptr) {
      if (have_ == buffer_.size()) {
        in_long_ = true;
        scanner_.LongPiece(rest());
        // Enough to see a word that is cut in two.
        held_ += have_ - kOverlap;
        Keep(kOverlap);
      }
      return;
    }
    std::string_view lines(
        buffer_.data(), static_cast<std::size_t>(
                            static_cast<const char*>(last) - buffer_.data()) +
                            1);
    const std::size_t taken = lines.size();
    if (in_long_) {
      const std::size_t end = lines.find('\n') + 1;
      scanner_.LongPiece(lines.substr(0, end));
      scanner_.LongEnd();
      in_long_ = false;
      lines.remove_prefix(end);
    }
    scanner_.Lines(lines);
    scan_.offset += std::exchange(held_, 0) + taken;
    Keep(have_ - taken);
  }

  // Moves the last bytes to the front.
  void Keep(std::size_t bytes) {
    std::memmove(buffer_.data(), buffer_.data() + have_ - bytes, bytes);
    have_ = bytes;
  }

  LogInput& input_;
  LogScan& scan_;
  LogScanner& scanner_;
  std::vector<char> buffer_;
  std::size_t have_ = 0;
  std::uint64_t held_ = 0;  // Bytes of a long line that are already dropped.
  bool in_long_ = false;
};

// The unfinished end of the log, on a count of its own.
void CountRest(fs::FileSystem& file_system, const fs::Path& path,
               LogScan& scan) {
  auto input = LogInput::Open(file_system, path, scan.offset);
  if (!input.ok()) return;
  LogScanner scanner(scan.time, scan.model, scan.rest);
  LogScan rest;
  Reader reader(**input, rest, scanner);
  // What it says of errors in reading was said before.
  IgnoreError(reader.Read(), "reported by the first pass");
  if (reader.in_long()) {
    scanner.LongPiece(reader.rest());
    scanner.LongEnd();
  } else {
    scanner.Lines(reader.rest());
  }
  scanner.FinishForGood();
  scan.rest_error_lines = scanner.error_lines();
}

}  // namespace

LogScan ScanLog(fs::FileSystem& file_system, const fs::Path& path,
                const LogStart& start) {
  LogScan scan;
  scan.offset = start.offset;
  scan.time = start.time;
  scan.model = start.model;
  auto input = LogInput::Open(file_system, path, start.offset);
  if (!input.ok()) {
    scan.error = input.error();
    return scan;
  }
  LogScanner scanner(start.time, start.model, scan.tally);
  bool more = false;
  {
    Reader reader(**input, scan, scanner);
    if (const Status read = reader.Read(); !read.ok())
      scan.error = read.error();
    more = reader.in_long() || !reader.rest().empty();
    if (more && path.extension() == ".gz" && !reader.in_long()) {
      // Nobody will write the end of that line any more.
      scanner.Lines(reader.rest());
      scanner.FinishForGood();
      scan.offset += reader.rest().size();
      more = false;
    }
  }
  const std::uint64_t given_back = scanner.Finish();
  scan.offset -= given_back;
  scan.error_lines = scanner.error_lines();
  scan.time = scanner.time();
  scan.model = scanner.model();
  if (more || given_back > 0) CountRest(file_system, path, scan);
  return scan;
}

}  // namespace benchkeep::ops
