// What each webhook gets, to the byte, and what its answers mean.

#include "jobs/webhook_form.h"

#include <gtest/gtest.h>

namespace benchkeep::jobs {
namespace {

using namespace std::chrono_literals;
using host::SendOutcome;

const TimePoint kNow = TimePoint(1'600'000'000'123ms);
constexpr const char* kUrl = "https://example.com/hook?access_token=t0ken";

Notice Example() {
  Notice notice;
  notice.kind = "alert";
  notice.state = "warning";
  notice.title = "[benchkeep] WARNING s";
  notice.text = "disk *full* <90%> & more\ncure";
  notice.store = "s";
  notice.host = "h";
  notice.root = "/r";
  notice.time = "2026-01-31T12:00:00Z";
  return notice;
}

WebhookCall Call(const std::string& form, const std::string& secret = "") {
  return MakeWebhookCall(form, kUrl, secret, Example(), "id1", kNow);
}

TEST(WebhookForm, PlainJson) {
  EXPECT_EQ(Call("json").url, kUrl);
  EXPECT_EQ(Call("json").body,
            R"({"schema":1,"source":"benchkeep","id":"id1","kind":"alert",)"
            R"("state":"warning","store":"s","host":"h","root":"/r",)"
            R"("time":"2026-01-31T12:00:00Z","title":"[benchkeep] WARNING s",)"
            R"("text":"disk *full* <90%> & more\ncure","checks":[]})");
}

TEST(WebhookForm, Slack) {
  EXPECT_EQ(Call("slack").body,
            R"({"text":"*[benchkeep] WARNING s*\n)"
            R"(disk *full* &lt;90%&gt; &amp; more\ncure","mrkdwn":true})");
}

TEST(WebhookForm, WeCom) {
  EXPECT_EQ(Call("wecom").body,
            R"({"msgtype":"markdown","markdown":{"content":)"
            R"("**[benchkeep] WARNING s**\ndisk  full  <90%> & more\ncure"}})");
}

TEST(WebhookForm, DingTalk) {
  EXPECT_EQ(Call("dingtalk").url, kUrl);
  EXPECT_EQ(Call("dingtalk").body,
            R"({"msgtype":"markdown","markdown":{"title":)"
            R"("[benchkeep] WARNING s","text":"### \\[benchkeep\\] WARNING s)"
            R"(\n\ndisk \\*full\\* \\<90%\\> & more  \ncure"}})");
}

TEST(WebhookForm, Feishu) {
  EXPECT_EQ(Call("feishu").body,
            R"({"msg_type":"post","content":{"post":{"zh_cn":{"title":)"
            R"("[benchkeep] WARNING s","content":[[{"tag":"text","text":)"
            R"("disk *full* <90%> & more\ncure"}]]}}}})");
}

// By Python: hmac.new(secret, f"{ms}\n{secret}", sha256), base64, quote_plus.
TEST(WebhookForm, DingTalkIsSigned) {
  EXPECT_EQ(DingTalkSign(1'600'000'000'123, "SECabc"),
            "dX%2FFIkzCbxUw3eUs8sFyyR7rHPCvxGGVWJEP%2BDCXMMg%3D");
  EXPECT_EQ(Call("dingtalk", "SECabc").url,
            std::string(kUrl) +
                "&timestamp=1600000000123&sign=dX%"
                "2FFIkzCbxUw3eUs8sFyyR7rHPCvxGGVWJEP%2BDCXMMg%3D");
}

TEST(WebhookForm, FeishuIsSigned) {
  EXPECT_EQ(FeishuSign(1'600'000'000, "SECabc"),
            "I5DG+X0JW7CHeTFcYEcWK0GRyeF0JHnOenO1RgUv07k=");
  EXPECT_TRUE(
      Call("feishu", "SECabc")
          .body.starts_with(
              R"({"timestamp":"1600000000","sign":"I5DG+X0JW7CHeTFcYEcWK0GRyeF0JHnOenO1RgUv07k=",)"));
}

TEST(WebhookForm, StaysWithinLimits) {
  Notice notice = Example();
  notice.text.clear();
  for (int i = 0; i < 20'000; ++i) notice.text += "\xE8\xAD\xA6";
  for (const auto& [form, most] :
       std::initializer_list<std::pair<const char*, std::size_t>>{
           {"wecom", 4096}, {"dingtalk", 20'000}, {"feishu", 20'000}}) {
    const std::string body =
        MakeWebhookCall(form, kUrl, "", notice, "id", kNow).body;
    EXPECT_LT(body.size(), most) << form;
    EXPECT_TRUE(ParseJson(body).ok()) << form;  // No character was cut.
  }
}

host::SendResult Judged(const std::string& form, const std::string& body) {
  host::HttpAnswer answer;
  answer.result.outcome = SendOutcome::kDone;
  answer.result.code = 200;
  answer.body = body;
  return JudgeWebhook(form, answer);
}

TEST(JudgeWebhook, LooksIntoTheBody) {
  EXPECT_EQ(Judged("dingtalk", R"({"errcode":0,"errmsg":"ok"})").outcome,
            SendOutcome::kDone);
  EXPECT_EQ(Judged("dingtalk", R"({"errcode":310000,"errmsg":"sign"})").reason,
            "refused");
  EXPECT_EQ(Judged("dingtalk", R"({"errcode":130101})").reason, "rate_limited");
  EXPECT_EQ(Judged("wecom", R"({"errcode":45009})").reason, "rate_limited");
  EXPECT_EQ(Judged("wecom", R"({"errcode":93000})").outcome,
            SendOutcome::kFailed);
  EXPECT_EQ(Judged("feishu", R"({"code":0,"msg":"success"})").outcome,
            SendOutcome::kDone);
  EXPECT_EQ(Judged("feishu", R"({"StatusCode":0})").outcome,
            SendOutcome::kDone);
  EXPECT_EQ(Judged("feishu", R"({"code":19021,"msg":"sign"})").reason,
            "refused");
  EXPECT_EQ(Judged("feishu", "<html>log in first</html>").reason, "broken");
  EXPECT_EQ(Judged("slack", "ok").outcome, SendOutcome::kDone);
  EXPECT_EQ(Judged("json", "").outcome, SendOutcome::kDone);
}

}  // namespace
}  // namespace benchkeep::jobs
