// Logs read as a whole, and line by line: nothing that is remembered from line
// to line may change what is found.

#include "ops/log_scan.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/mem_file_system.h"

namespace benchkeep::ops {
namespace {

constexpr const char* kWrap = "\x1b[0;31m[ERROR]\x1b[0m   ";

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::size_t Below(std::size_t end) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state_ >> 33) % end;
  }

 private:
  std::uint64_t state_;
};

std::string Digits(Random& random, std::size_t count) {
  std::string digits;
  while (digits.size() < count) {
    digits += static_cast<char>('0' + random.Below(10));
  }
  return digits;
}

// Lines that come again, lines that do not, and lines that look like others.
std::string Line(Random& random) {
  const std::string wrap = random.Below(4) == 0 ? "" : kWrap;
  const std::string stamp =
      "2025-08-27 0" + Digits(random, 1) + ":4" + Digits(random, 1) + ":09,1";
  switch (random.Below(20)) {
    case 0:
      return wrap + "[LLM_CALL] Using model: qwen2.5-" + Digits(random, 1) +
             "b-instruct";
    case 1:
      return wrap + "[LLM_ERROR] Attempt " + Digits(random, 1) +
             "/5: Error code: 400 - {'success': False, 'message': "
             "'\xE6\xA8\xA1\xE5\x9E\x8B\xE9\x99\x90\xE6\xB5\x81', 'code': "
             "'MPE-429', 'detail': '" +
             Digits(random, 80) + "'}";
    case 2:
      return wrap + stamp + " - httpx - INFO - HTTP Request: POST";
    case 3:
      return stamp + " - runner - ERROR - Test timeout after 600 seconds";
    case 4:
      return stamp + " - runner - DEBUG - Selected task";
    case 5:
      return wrap + "  [FORMAT_ISSUE] Turn " + Digits(random, 1) +
             ": No tools executed";
    case 6:
      return wrap + "[TURN " + Digits(random, 1) + "/10]\r";
    case 7:
      return std::string("ERROR: at the start, ") + Digits(random, 1);
    case 8:
      return "\xE2\x9D\x8C \xE6\xA8\xA1\xE5\x9E\x8B gpt-4o ERROR \xE9\x80\x80";
    case 9:
      return wrap + std::string("nul \0 here", 10) + Digits(random, 1);
    case 10:  // Around the longest line that is remembered.
      return kWrap + std::string("[API_FAILURE] ") +
             std::string(84 + random.Below(24), 'x');
    case 11:
      return "CRITICAL failure of model gpt-4o";
    case 12:
      return "ValueError: no FATAL one, says ERROR";
    case 13:
      return "worker 7 Killed by the system";
    case 14:
      return std::string(random.Below(9), ' ') + "ERROR";
    case 15:
      return kWrap + Digits(random, 1);
    case 16:
      return std::string(random.Below(200), 'a') + " ERROR";
    default:
      return random.Below(2) == 0 ? "" : "nothing of interest";
  }
}

struct Found {
  LogTally tally;
  std::uint64_t error_lines = 0;
  std::string time;
  std::string model;

  void Take(const LogScanner& scanner) {
    error_lines += scanner.error_lines();
    time = scanner.time();
    model = scanner.model();
  }
};

// Every line by a scanner that has seen no other.
Found OneByOne(const std::vector<std::string>& lines) {
  Found found;
  for (const std::string& line : lines) {
    LogScanner scanner(found.time, found.model, found.tally);
    scanner.Lines(line + "\n");
    found.Take(scanner);
  }
  return found;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

void ExpectSame(const LogTally& tally, const LogTally& expected) {
  ASSERT_EQ(tally.causes().size(), expected.causes().size());
  for (std::size_t i = 0; i < tally.causes().size(); ++i) {
    const LogTally::Cause& cause = tally.causes()[i];
    const LogTally::Cause& other = expected.causes()[i];
    SCOPED_TRACE(other.pattern);
    EXPECT_EQ(cause.kind, other.kind);
    EXPECT_EQ(cause.pattern, other.pattern);
    EXPECT_EQ(cause.example, other.example);
    EXPECT_EQ(cause.model, other.model);
    ASSERT_EQ(cause.hours.size(), other.hours.size());
    for (std::size_t j = 0; j < cause.hours.size(); ++j) {
      EXPECT_EQ(cause.hours[j].hour, other.hours[j].hour);
      EXPECT_EQ(cause.hours[j].count, other.hours[j].count);
      EXPECT_EQ(cause.hours[j].first, other.hours[j].first);
      EXPECT_EQ(cause.hours[j].last, other.hours[j].last);
    }
  }
}

TEST(LogScannerTest, FindsTogetherWhatItFindsOneByOne) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<std::string> lines;
    while (lines.size() < 1500) lines.push_back(Line(random));
    const Found expected = OneByOne(lines);
    ASSERT_GT(expected.tally.causes().size(), 10U);
    ASSERT_GT(expected.error_lines, 500U);

    Found found;
    LogScanner scanner("", "", found.tally);
    for (std::size_t at = 0; at < lines.size();) {
      // Some lines at a time, as they come from a file.
      const std::size_t end =
          std::min(lines.size(), at + 1 + random.Below(400));
      scanner.Lines(Joined({lines.begin() + static_cast<std::ptrdiff_t>(at),
                            lines.begin() + static_cast<std::ptrdiff_t>(end)}));
      at = end;
    }
    found.Take(scanner);
    EXPECT_EQ(found.error_lines, expected.error_lines);
    EXPECT_EQ(found.time, expected.time);
    EXPECT_EQ(found.model, expected.model);
    ExpectSame(found.tally, expected.tally);
  }
}

TEST(LogScannerTest, AKnownLineMayStartATraceback) {
  const std::string error = "ERROR: it broke\n";
  const std::string trace =
      "Traceback (most recent call last):\n"
      "  File \"a.py\", line 1, in <module>\n"
      "ValueError: no\n";
  LogTally tally;
  LogScanner scanner("", "", tally);
  scanner.Lines(error + error + error + trace + error + trace + error);
  scanner.FinishForGood();
  ASSERT_EQ(tally.causes().size(), 2U);
  EXPECT_EQ(tally.causes()[0].pattern, "it broke");
  EXPECT_EQ(tally.causes()[0].hours[0].count, 3U);
  EXPECT_EQ(tally.causes()[1].pattern, "it broke | ValueError: no");
  EXPECT_EQ(tally.causes()[1].hours[0].count, 2U);
  EXPECT_EQ(scanner.error_lines(), 5U);
}

TEST(LogScannerTest, ALineCountsAtTheTimeAboveIt) {
  LogTally tally;
  LogScanner scanner("", "", tally);
  for (const char* hour : {"01", "02", "02"}) {
    scanner.Lines(std::string("2025-08-27 ") + hour +
                  ":00:00 - a - INFO - the word ERROR\nERROR: it broke\n");
  }
  ASSERT_EQ(tally.causes().size(), 1U);
  const std::vector<LogTally::Hour>& hours = tally.causes()[0].hours;
  ASSERT_EQ(hours.size(), 2U);
  EXPECT_EQ(hours[0].hour, "2025-08-27T01");
  EXPECT_EQ(hours[0].count, 1U);
  EXPECT_EQ(hours[1].hour, "2025-08-27T02");
  EXPECT_EQ(hours[1].count, 2U);
  EXPECT_EQ(hours[1].last, "2025-08-27T02:00:00");
}

// Lines across the ends of buffers, and some longer than any buffer.
TEST(ScanLogTest, FindsInAFileWhatItFindsOneByOne) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<std::string> lines;
    while (lines.size() < 12'000) lines.push_back(Line(random));
    const std::string filling(300'000 + random.Below(300'000), '.');
    lines[1000] = kWrap + filling;
    lines[4000] = "ERROR: long " + filling;
    lines[7000] = filling + " ERROR " + filling;
    lines[10'000] = filling;
    const Found expected = OneByOne(lines);

    fs::MemFileSystem file_system;
    auto file = file_system.Create("/a.log", 0600);
    ASSERT_TRUE(file.ok());
    const std::string text = Joined(lines);
    ASSERT_TRUE((*file)->Append(text).ok());
    const LogScan scan = ScanLog(file_system, "/a.log", {});
    ASSERT_FALSE(scan.error);
    EXPECT_EQ(scan.offset, text.size());
    EXPECT_EQ(scan.error_lines, expected.error_lines);
    EXPECT_EQ(scan.time, expected.time);
    EXPECT_EQ(scan.model, expected.model);
    ExpectSame(scan.tally, expected.tally);
  }
}

}  // namespace
}  // namespace benchkeep::ops
