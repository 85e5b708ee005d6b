// Log lines as the campaign writes them; Chinese ones as escapes, since our
// sources are ASCII.

#include "ops/demo_logs.h"

#include <fmt/format.h>

#include <array>

#include "ops/demo_campaign.h"

namespace benchkeep::ops {
namespace {

constexpr const char* kInfo = "\x1b[0;34m[INFO]\x1b[0m ";
constexpr const char* kWarning = "\x1b[1;33m[WARNING]\x1b[0m ";
constexpr const char* kError = "\x1b[0;31m[ERROR]\x1b[0m ";

constexpr std::array<const char*, 4> kModels = {
    "qwen2.5-72b-instruct", "qwen2.5-7b-instruct", "DeepSeek-V3-0324",
    "Llama-3.3-70B-Instruct"};

// "2025-08-27 00:18:31,675", one second per line or so.
std::string Stamp(std::uint64_t position, DemoRandom& random) {
  std::string text = DemoTime(position).substr(0, 19);
  text[10] = ' ';
  return text + fmt::format(",{:03}", random.Below(1000));
}

// What really went wrong, with how often it does.
std::string Cause(const std::string& stamp, DemoRandom& random) {
  const std::uint64_t attempt = 1 + random.Below(5);
  const std::uint64_t dice = random.Below(100);
  if (dice < 40) {
    return fmt::format(
        "{}  [LLM_ERROR] Attempt {}/5: Error code: 400 - {{'success': False, "
        "'message': '\u6a21\u578b\u63d0\u4f9b\u65b9\u9650\u6d41', 'data': "
        "None, 'code': 'MPE-429', 'detailMessage': "
        "'{{\"code\":\"Throttling.RateQuota\",\"message\":\"Requests rate "
        "limit exceeded, please try again later.\"}}'}}",
        kError, attempt);
  }
  if (dice < 60) {
    return fmt::format(
        "{} - openai - ERROR - Error code: 429 - {{'error': {{'message': 'Rate "
        "limit reached for requests', 'type': 'requests'}}}}",
        stamp);
  }
  if (dice < 72) {
    return fmt::format(
        "{} - batch_test_runner - ERROR - Error code: 401 - Invalid API key "
        "provided: sk-demo********0000",
        stamp);
  }
  if (dice < 78) {
    return fmt::format(
        "{} - api_client_manager - ERROR - "
        "API\u5bc6\u94a5\u65e0\u6548\uff0c\u8bf7\u68c0\u67e5\u914d\u7f6e",
        stamp);
  }
  if (dice < 90) {
    return fmt::format(
        "{} - batch_test_runner - ERROR - Test timeout after 600 seconds (10 "
        "minutes)",
        stamp);
  }
  if (dice < 96) {
    return fmt::format(
        "{} - batch_test_runner - ERROR - "
        "\u8bf7\u6c42\u8d85\u65f6\uff08{}\u79d2\uff09\uff0c\u6b63\u5728\u91cd"
        "\u8bd5",
        stamp, 60 * attempt);
  }
  return fmt::format(
      "{} - batch_test_runner - ERROR - Test failed with exception: [Errno 32] "
      "Broken pipe",
      stamp);
}

// An INFO line that another script has wrapped into an error.
std::string Wrapped(const std::string& stamp, DemoRandom& random) {
  if (random.Below(4) == 0) {
    return fmt::format(
        "{}  {} - result_merger - INFO - "
        "\u5408\u5e76\u5b8c\u6210\uff0c\u5171\u5904\u7406{}\u4e2a\u6587\u4ef6"
        "\uff0c\u4fdd\u5b58{}\u6761\u8bb0\u5f55",
        kError, stamp, 1 + random.Below(90), 1 + random.Below(200));
  }
  return fmt::format(
      "{}  {} - httpx - INFO - HTTP Request: POST "
      "https://api.example.com/openai/deployments/gpt-5-nano/chat/completions "
      "\"HTTP/1.1 200 OK\"",
      kError, stamp);
}

constexpr const char* kTraceback =
    "Traceback (most recent call last):\n"
    "  File \"/srv/pilot-bench/./ultra_parallel_runner.py\", line 1184, in "
    "<module>\n"
    "    exit(main())\n"
    "         ^^^^^^\n"
    "  File \"/srv/pilot-bench/./ultra_parallel_runner.py\", line 845, in "
    "run_ultra_parallel_test\n"
    "    saved = manager.append_summary_record(record)\n"
    "ValueError: Unable to parse string \"N/A\" at position 3\n";

std::string BatchLog(std::uint64_t from, DemoRandom& random) {
  std::string text;
  for (std::uint64_t line = 0; line < 400; ++line) {
    const std::string stamp = Stamp(from + line, random);
    if (random.Below(12) == 0) {
      text += Cause(stamp, random) + "\n";
    } else {
      text += fmt::format(
          "{} - batch_test_runner - {} - Executing workflow with {} steps\n",
          stamp, random.Below(3) == 0 ? "INFO" : "DEBUG", 1 + random.Below(6));
    }
  }
  return text + kTraceback;
}

std::string WrapperLog(std::uint64_t from, DemoRandom& random) {
  std::string text = fmt::format(
      "{}\u68c0\u67e5\u73af\u5883\u548c\u4f9d\u8d56\u6587\u4ef6...\n", kInfo);
  std::uint64_t position = from;
  for (const char* model : kModels) {
    text += fmt::format(
        "{}\U0001f680 \u5f00\u59cb\u6d4b\u8bd5 - \u6a21\u578b: {}, "
        "\u7f3a\u9677\u7c7b\u578b: flawed_sequence_disorder\n",
        kInfo, model);
    text += fmt::format(
        "{}\u274c \u6a21\u578b {} \u6d4b\u8bd5\u5931\u8d25 "
        "(\u9000\u51fa\u7801: 137)\n",
        kError, model);
    text += fmt::format(
        "{}=== \u6700\u540e50\u884c\u65e5\u5fd7\u5185\u5bb9 ===\n", kError);
    for (int line = 0; line < 50; ++line) {
      const std::string stamp = Stamp(++position, random);
      text += (random.Below(6) == 0 ? Cause(stamp, random)
                                    : Wrapped(stamp, random)) +
              "\n";
    }
    text += fmt::format("{}=== Traceback\u7ed3\u675f ===\n", kError);
  }
  return text + fmt::format(
                    "{}\u6536\u5230\u4fe1\u53f7 "
                    "15\uff0c\u51c6\u5907\u5173\u95ed\n",
                    kWarning);
}

}  // namespace

std::vector<DemoLog> MakeDemoLogs(std::uint64_t seed) {
  DemoRandom random(seed ^ 0x10c5U);
  return {{"batch_test_20250827_001831.log", BatchLog(0, random)},
          {"batch_test_20250828_025859.log", BatchLog(9'000, random)},
          {"test_5_3_custom_20250829_005819.log", WrapperLog(15'000, random)}};
}

}  // namespace benchkeep::ops
