// What a message says, to and from the queue.

#include "jobs/notice.h"

namespace benchkeep::jobs {

Json NoticeToJson(const Notice& notice) {
  Json json = Json::Object();
  json.Set("kind", Json::String(notice.kind));
  json.Set("state", Json::String(notice.state));
  json.Set("title", Json::String(notice.title));
  json.Set("text", Json::String(notice.text));
  json.Set("html", Json::String(notice.html));
  json.Set("store", Json::String(notice.store));
  json.Set("host", Json::String(notice.host));
  json.Set("root", Json::String(notice.root));
  json.Set("time", Json::String(notice.time));
  json.Set("checks", notice.checks);
  return json;
}

Notice NoticeFromJson(const Json& json) {
  const auto text = [&json](const char* name) {
    return json.StringAt(name).value_or("");
  };
  Notice notice{text("kind"), text("state"), text("title"),
                text("text"), text("html"),  text("store"),
                text("host"), text("root"),  text("time")};
  if (const Json* checks = json.Find("checks")) notice.checks = *checks;
  return notice;
}

std::string Clipped(const std::string& text, std::size_t most) {
  constexpr std::string_view kDots = "...";
  if (text.size() <= most) return text;
  std::size_t at = most > kDots.size() ? most - kDots.size() : 0;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) {
    --at;
  }
  return text.substr(0, at) + std::string(kDots);
}

}  // namespace benchkeep::jobs
