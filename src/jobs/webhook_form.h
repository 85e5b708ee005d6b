// The forms of webhooks: what Feishu, DingTalk, WeCom, Slack and plain JSON
// expect, and what their answers mean.
//
// Sources: the custom bot pages of open.feishu.cn, open.dingtalk.com,
// developer.work.weixin.qq.com, and api.slack.com.

#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "host/transfer.h"
#include "jobs/notice.h"

namespace benchkeep::jobs {

struct WebhookCall {
  std::string url;   // Signed where the form wants it there.
  std::string body;  // JSON.
};

// `form` is one of store::WebhookForms().  `secret` may be empty.  `id` names
// the message: the same at every attempt.
WebhookCall MakeWebhookCall(const std::string& form, const std::string& url,
                            const std::string& secret, const Notice& notice,
                            const std::string& id, TimePoint now);

// These services answer 200 and put the failure into the body.
host::SendResult JudgeWebhook(const std::string& form,
                              const host::HttpAnswer& answer);

// What DingTalk puts behind "&sign=": percent-encoded.
std::string DingTalkSign(std::int64_t millis, const std::string& secret);
// What Feishu puts into the body.
std::string FeishuSign(std::int64_t seconds, const std::string& secret);

}  // namespace benchkeep::jobs
