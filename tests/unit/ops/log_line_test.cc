// Lines of logs: unwrapped, judged, classified, grouped, scrubbed.

#include "ops/log_line.h"

#include <gtest/gtest.h>

#include <string>

#include "ops/log_anchor.h"

namespace benchkeep::ops {
namespace {

constexpr const char* kWrap = "\x1b[0;31m[ERROR]\x1b[0m ";

bool IsError(const std::string& line) {
  return TellsOfError(ParseLogLine(line));
}

std::string Pattern(const std::string& message) {
  std::string pattern;
  PatternOf(message, ModelIn(message), pattern);
  return pattern;
}

TEST(LogLineTest, TheInnermostLevelCounts) {
  EXPECT_TRUE(
      IsError("2025-08-27 00:43:09,999 - batch_test_runner - ERROR - "
              "Test timeout after 600 seconds"));
  EXPECT_TRUE(IsError("ERROR:__main__:no such model"));
  EXPECT_TRUE(IsError("[2025-08-27 00:43:09] ERROR no such model"));
  EXPECT_TRUE(IsError("CRITICAL: cannot go on"));
  EXPECT_TRUE(IsError(std::string(kWrap) + "\xE2\x9D\x8C it failed"));
  EXPECT_FALSE(IsError(std::string(kWrap) +
                       "  2025-08-29 01:05:13,129 - httpx - INFO - HTTP"));
  EXPECT_FALSE(IsError(std::string(kWrap) + "  [INFO] Saving ..."));
  EXPECT_FALSE(IsError(std::string(kWrap) + "  [RETRY] 400 error detected"));
  EXPECT_FALSE(
      IsError(std::string(kWrap) + "  \"category\": \"other_errors\""));
  EXPECT_FALSE(IsError(std::string(kWrap) + "=== the last lines ==="));
  EXPECT_FALSE(IsError(std::string(kWrap) + "  "));
  EXPECT_TRUE(IsError(std::string(kWrap) + "  [LLM_ERROR] Attempt 1/5: no"));
  EXPECT_TRUE(IsError(std::string(kWrap) + "    [API_FAILURE] no answer"));
  EXPECT_TRUE(IsError(std::string(kWrap) + "  ValueError: bad"));
  // What the benchmark's own tools pretend is no error of the campaign.
  EXPECT_FALSE(IsError("    Result: FAILED - NETWORK_ERROR: no connection"));
  EXPECT_FALSE(IsError("INFO:__main__:no ERROR at all"));
}

TEST(LogLineTest, FindsTimeMessageAndIndent) {
  const std::string line =
      std::string(kWrap) + "  2025-08-29 01:05:13,129 - api - ERROR - no key\r";
  const LogLine parsed = ParseLogLine(line);
  EXPECT_EQ(parsed.time, "2025-08-29 01:05:13");
  EXPECT_EQ(parsed.message, "no key");
  EXPECT_EQ(parsed.level, LogLevel::kError);
  EXPECT_FALSE(parsed.wrapped);
  EXPECT_EQ(ParseLogLine("    [API_FAILURE] x").indent, 4U);
  EXPECT_EQ(ParseLogLine("[LLM_ERROR] x").tag, "LLM_ERROR");
  EXPECT_EQ(ParseLogLine("").message, "");
  EXPECT_EQ(ParseLogLine("\x1b").message, "");
}

TEST(LogLineTest, ClassifiesByWordsOfBothLanguages) {
  const struct {
    const char* message;
    ErrorClass kind;
  } kCases[] = {
      {"Error code: 429 - slow down", ErrorClass::kRateLimit},
      {"'message': '\xE5\xB9\xB3\xE5\x8F\xB0\xE9\x99\x90\xE6\xB5\x81'",
       ErrorClass::kRateLimit},
      {"Throttling.RateQuota", ErrorClass::kRateLimit},
      {"HTTP/1.1 429 Too Many Requests", ErrorClass::kRateLimit},
      {"Error code: 401 - Invalid API key", ErrorClass::kAuth},
      {"API\xE5\xAF\x86\xE9\x92\xA5\xE6\x97\xA0\xE6\x95\x88",
       ErrorClass::kAuth},
      {"Test timeout after 600 seconds", ErrorClass::kTimeout},
      {"\xE8\xAF\xB7\xE6\xB1\x82\xE8\xB6\x85\xE6\x97\xB6",
       ErrorClass::kTimeout},
      {"Connection timed out", ErrorClass::kTimeout},
      {"[Errno 32] Broken pipe", ErrorClass::kNetwork},
      {"Connection refused", ErrorClass::kNetwork},
      {"\xE7\xBD\x91\xE7\xBB\x9C\xE9\x94\x99\xE8\xAF\xAF",
       ErrorClass::kNetwork},
      {"[Errno 28] No space left on device: 'a.json'", ErrorClass::kDisk},
      {"Expecting value: invalid JSON", ErrorClass::kFormat},
      {"Segmentation fault (core dumped)", ErrorClass::kCrash},
      {"\xE9\x80\x80\xE5\x87\xBA\xE7\xA0\x81: 137", ErrorClass::kCrash},
      {"something else", ErrorClass::kOther},
      // Numbers and parts of words that only look like it.
      {"Test 429 went wrong", ErrorClass::kOther},
      {"0.429 is too little", ErrorClass::kOther},
      {"no room for more information", ErrorClass::kOther},
  };
  for (const auto& each : kCases) {
    EXPECT_STREQ(ErrorClassName(Classify(each.message)),
                 ErrorClassName(each.kind))
        << each.message;
  }
}

TEST(LogLineTest, ThePatternKeepsWhatStaysTheSame) {
  EXPECT_EQ(Pattern("Test timeout after 600 seconds (10 minutes)"),
            "Test timeout after # seconds (# minutes)");
  EXPECT_EQ(
      Pattern("[LLM_ERROR] Attempt 1/5: Error code: 400 - {'success': False, "
              "'message': 'slow down', 'data': None, 'code': 'MPE-429', "
              "'detailMessage': '{\"code\":\"x\"}, traceId: 215045'}"),
      "[LLM_ERROR] Attempt #/#: Error code: 400 - slow down (MPE-429)");
  EXPECT_EQ(Pattern("cannot open /srv/logs/a_1.log: [Errno 2] none"),
            "cannot open <path>: [Errno 2] none");
  EXPECT_EQ(Pattern("GET https://a.example/v1?x=1 failed"), "GET <url> failed");
  EXPECT_EQ(Pattern("Unable to parse string \"N/A\" at position 3"),
            "Unable to parse string \"*\" at position #");
  EXPECT_EQ(Pattern("request 8f3a-11c2-9d04e1 lost"), "request <id> lost");
  EXPECT_EQ(Pattern("model: qwen2.5-72b-instruct failed"),
            "model: <model> failed");
  EXPECT_EQ(Pattern("no tools2025-08-29 01:05:13,129 - httpx - INFO - x"),
            "no tools");
  EXPECT_EQ(Pattern("don't stop, it's 5"), "don't stop, it's #");
  EXPECT_LE(Pattern(std::string(5000, 'x')).size(), 200U);
}

TEST(LogLineTest, SecretsAreScrubbed) {
  const struct {
    const char* text;
    const char* secret;
  } kCases[] = {
      {"Invalid API key provided: sk-abcDEF1234567890abcd", "abcDEF12345"},
      {"Authorization: Bearer abcdef.ghijkl-mnop", "abcdef.ghijkl"},
      {"api_key=topsecretvalue&x=1", "topsecretvalue"},
      {"{'password': 'hunter2hunter2'}", "hunter2"},
      {"OPENAI_API_KEY=abcdabcdabcd", "abcdabcd"},
      {"GET https://user:pa55word@host.example/", "pa55word"},
      {"azure 0123456789abcdef0123456789abcdef said no", "89abcdef0123"},
      {"token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", "eyJzdWIi"},
      {"\xE5\xAF\x86\xE9\x92\xA5\xEF\xBC\x9Ageheim123456", "geheim123"},
      {"used AKIAIOSFODNN7EXAMPLE here", "IOSFODNN7"},
  };
  for (const auto& each : kCases) {
    const std::string shown = Scrubbed(each.text, 400);
    EXPECT_EQ(shown.find(each.secret), std::string::npos) << shown;
    EXPECT_NE(shown.find("***"), std::string::npos) << shown;
  }
  EXPECT_EQ(Scrubbed("total_tokens=12, KeyError: 'model'", 400),
            "total_tokens=12, KeyError: 'model'");
  EXPECT_EQ(Scrubbed(std::string("a\0\x1b[31mb\xFF\tc", 11), 400),
            "ab\xEF\xBF\xBD c");
  // Cut between characters.
  EXPECT_EQ(Scrubbed("\xE9\x99\x90\xE6\xB5\x81", 4), "\xE9\x99\x90");
}

// All marks in one pass, against one search for each.
TEST(ModelInTest, FindsWhatPlainSearchesFind) {
  const std::string marks[] = {"model=",
                               "model: ",
                               "model '",
                               "'model': '",
                               "\xE6\xA8\xA1\xE5\x9E\x8B: ",
                               "\xE6\xA8\xA1\xE5\x9E\x8B "};
  const std::string pieces[] = {"model", "\xE6\xA8\xA1\xE5\x9E\x8B",
                                "=",     ": ",
                                " '",    "'",
                                "': '",  " ",
                                "gpt-4", "loading",
                                "mode",  "qwen2.5-7b"};
  std::uint64_t random = 1;
  std::size_t found_any = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = 0; i < 9; ++i) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      text += pieces[(random >> 33) % std::size(pieces)];
    }
    std::string expected;
    for (const std::string& mark : marks) {
      const std::size_t at = text.find(mark);
      if (at == std::string::npos) continue;
      const std::string rest = text.substr(at + mark.size());
      const std::string name =
          rest.substr(0, rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                                                "0123456789.-_"));
      if (name.size() <= 3 ||
          name.find_first_of("0123456789") == std::string::npos) {
        continue;
      }
      expected = name;
      break;
    }
    ASSERT_EQ(ModelIn(text), expected) << text;
    found_any += expected.empty() ? 0 : 1;
  }
  EXPECT_GT(found_any, 500U);
}

TEST(LogLineTest, AStampIsRightInEveryByte) {
  const std::string stamp = "2025-08-27 00:43:09";
  EXPECT_EQ(ParseLogLine(stamp).time, stamp);
  for (std::size_t i = 0; i < stamp.size(); ++i) {
    for (const char wrong : {'x', '/', ';', '\0', '\xFF'}) {
      std::string line = stamp;
      line[i] = wrong;
      EXPECT_EQ(ParseLogLine(line).time, "") << line;
    }
  }
  EXPECT_EQ(ParseLogLine(stamp.substr(0, 18)).time, "");
  EXPECT_EQ(ParseLogLine("2025-08-27T00:43:09").time, "2025-08-27T00:43:09");
}

// The search for many words at once, against the plain one.
TEST(LogAnchorTest, FindsWhatAPlainSearchFinds) {
  const std::string words[] = {"ERROR",
                               "CRITICAL",
                               "FATAL",
                               std::string(kTraceback),
                               "Killed",
                               "Segmentation fault",
                               std::string(kCrossMark)};
  const std::string kLetters("RCKTAbgmir2aq1Y=(\x9D\x8C\x9C\xE2 \n\r\0", 25);
  std::uint64_t random = 1;
  std::size_t found_any = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    random = random * 6364136223846793005U + 1442695040888963407U;
    const std::size_t size = (random >> 33) % 300;
    while (text.size() < size) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      // Many halves of the words and letters with the same half of their bits,
      // few whole words.
      text += kLetters[(random >> 40) % kLetters.size()];
      if ((random >> 50) % 61 == 0) text += words[(random >> 33) % 7];
    }
    const std::size_t from = text.empty() ? 0 : (random >> 35) % text.size();
    std::size_t expected = std::string::npos;
    for (const std::string& word : words) {
      expected = std::min(expected, text.find(word, from));
    }
    ASSERT_EQ(NextAnchor(text, from), expected) << text << "\nfrom " << from;
    ASSERT_EQ(NextAnchorAnywhere(text, from), expected)
        << text << "\nfrom " << from;
    found_any += expected == std::string::npos ? 0 : 1;
  }
  EXPECT_GT(found_any, 300U);
}

}  // namespace
}  // namespace benchkeep::ops
