// The forms of webhooks.

#include "jobs/webhook_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/base64.h"
#include "fs/hmac.h"

namespace benchkeep::jobs {
namespace {

// What each service takes of a text, with room to spare.
constexpr std::size_t kWeComBytes = 3800;
constexpr std::size_t kDingTalkBytes = 18000;
constexpr std::size_t kFeishuBytes = 18000;
constexpr std::size_t kSlackBytes = 12000;
constexpr std::size_t kTitleBytes = 250;

std::string PercentEncoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' ||
        c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

// In Markdown, a break within a paragraph is two blanks before the line break.
// Signs that would start formatting are taken for what they are.
std::string MarkdownLines(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("*_`#<>[]~\\").find(c) != std::string_view::npos) {
      out += '\\';
    }
    if (c == '\n') out += "  ";
    out += c;
  }
  return out;
}

// WeCom shows Markdown but knows no escapes.
std::string WeComLines(std::string text) {
  std::replace(text.begin(), text.end(), '`', '\'');
  std::replace(text.begin(), text.end(), '*', ' ');
  return text;
}

std::string SlackText(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string JsonBody(const Notice& notice, const std::string& id) {
  Json json = Json::Object();
  json.Set("schema", Json::Int(1));
  json.Set("source", Json::String("benchkeep"));
  json.Set("id", Json::String(id));
  json.Set("kind", Json::String(notice.kind));
  json.Set("state", Json::String(notice.state));
  json.Set("store", Json::String(notice.store));
  json.Set("host", Json::String(notice.host));
  json.Set("root", Json::String(notice.root));
  json.Set("time", Json::String(notice.time));
  json.Set("title", Json::String(notice.title));
  json.Set("text", Json::String(notice.text));
  json.Set("checks", notice.checks);
  return json.Dump();
}

std::string FeishuBody(const Notice& notice, const std::string& secret,
                       std::int64_t seconds) {
  Json json = Json::Object();
  if (!secret.empty()) {
    json.Set("timestamp", Json::String(std::to_string(seconds)));
    json.Set("sign", Json::String(FeishuSign(seconds, secret)));
  }
  json.Set("msg_type", Json::String("post"));
  Json line = Json::Object();
  line.Set("tag", Json::String("text"));
  line.Set("text", Json::String(Clipped(notice.text, kFeishuBytes)));
  Json paragraph = Json::Array();
  paragraph.Append(std::move(line));
  Json paragraphs = Json::Array();
  paragraphs.Append(std::move(paragraph));
  Json post = Json::Object();
  post.Set("title", Json::String(Clipped(notice.title, kTitleBytes)));
  post.Set("content", std::move(paragraphs));
  Json languages = Json::Object();
  languages.Set("zh_cn", std::move(post));
  Json content = Json::Object();
  content.Set("post", std::move(languages));
  json.Set("content", std::move(content));
  return json.Dump();
}

std::string DingTalkBody(const Notice& notice) {
  const std::string title = Clipped(notice.title, kTitleBytes);
  Json markdown = Json::Object();
  markdown.Set("title", Json::String(title));
  markdown.Set("text",
               Json::String(Clipped("### " + MarkdownLines(title) + "\n\n" +
                                        MarkdownLines(notice.text),
                                    kDingTalkBytes)));
  Json json = Json::Object();
  json.Set("msgtype", Json::String("markdown"));
  json.Set("markdown", std::move(markdown));
  return json.Dump();
}

std::string WeComBody(const Notice& notice) {
  Json markdown = Json::Object();
  markdown.Set("content",
               Json::String(Clipped(
                   "**" + WeComLines(Clipped(notice.title, kTitleBytes)) +
                       "**\n" + WeComLines(notice.text),
                   kWeComBytes)));
  Json json = Json::Object();
  json.Set("msgtype", Json::String("markdown"));
  json.Set("markdown", std::move(markdown));
  return json.Dump();
}

std::string SlackBody(const Notice& notice) {
  Json json = Json::Object();
  json.Set("text",
           Json::String("*" + SlackText(Clipped(notice.title, kTitleBytes)) +
                        "*\n" + SlackText(Clipped(notice.text, kSlackBytes))));
  json.Set("mrkdwn", Json::Bool(true));
  return json.Dump();
}

// "Too many" in the words of each service.
bool IsTooMany(const std::string& form, std::int64_t code) {
  if (form == "dingtalk") return code == 130101 || code == 410100;
  if (form == "wecom") return code == 45009 || code == 45033;
  if (form == "feishu") return code == 9499 || code == 11232;
  return false;
}

}  // namespace

std::string DingTalkSign(std::int64_t millis, const std::string& secret) {
  const std::string text = std::to_string(millis) + "\n" + secret;
  return PercentEncoded(Base64(fs::HmacSha256(secret, text)));
}

std::string FeishuSign(std::int64_t seconds, const std::string& secret) {
  // Feishu signs nothing, with the text as the key.
  const std::string text = std::to_string(seconds) + "\n" + secret;
  return Base64(fs::HmacSha256(text, ""));
}

WebhookCall MakeWebhookCall(const std::string& form, const std::string& url,
                            const std::string& secret, const Notice& notice,
                            const std::string& id, TimePoint now) {
  using std::chrono::floor;
  const auto since = now.time_since_epoch();
  if (form == "feishu") {
    return {url, FeishuBody(notice, secret,
                            floor<std::chrono::seconds>(since).count())};
  }
  if (form == "dingtalk") {
    WebhookCall call{url, DingTalkBody(notice)};
    if (!secret.empty()) {
      const std::int64_t millis =
          floor<std::chrono::milliseconds>(since).count();
      call.url += (url.find('?') == std::string::npos ? "?" : "&") +
                  std::string("timestamp=") + std::to_string(millis) +
                  "&sign=" + DingTalkSign(millis, secret);
    }
    return call;
  }
  if (form == "wecom") return {url, WeComBody(notice)};
  if (form == "slack") return {url, SlackBody(notice)};
  return {url, JsonBody(notice, id)};
}

host::SendResult JudgeWebhook(const std::string& form,
                              const host::HttpAnswer& answer) {
  host::SendResult result = answer.result;
  const bool speaks_json =
      form == "feishu" || form == "dingtalk" || form == "wecom";
  if (result.outcome != host::SendOutcome::kDone || !speaks_json) {
    return result;
  }
  const Result<Json> json = ParseJson(answer.body);
  std::optional<std::int64_t> code;
  if (json.ok()) {
    for (const char* name : {"errcode", "code", "StatusCode"}) {
      if (!code) code = json->IntAt(name);
    }
  }
  if (code == 0) return result;
  result.outcome = host::SendOutcome::kFailed;
  if (!code) {
    result.reason = "broken";  // Somebody else answers there.
  } else {
    result.reason = IsTooMany(form, *code) ? "rate_limited" : "refused";
  }
  return result;
}

}  // namespace benchkeep::jobs
