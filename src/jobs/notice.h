// What a message says, before it takes the form of a channel.
//
// The words are made once, in one language (render/notice.h), and are kept in
// the queue; each channel makes of them what its other side expects.

#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace benchkeep::jobs {

struct Notice {
  std::string kind;   // "alert", "health", "test".
  std::string state;  // "ok", "warning", "unknown", "critical".
  std::string title;  // The subject: "[benchkeep] WARNING pilot-bench: ...".
  std::string text;   // Lines.
  std::string html;   // A whole page of the same; for mail.
  std::string store;  // What the store is called.
  std::string host;
  std::string root;
  std::string time;  // "2026-01-31T23:59:59Z"
  // For programs: [{name, status, before, message, fix}].
  Json checks = Json::Array();
};

Json NoticeToJson(const Notice& notice);
Notice NoticeFromJson(const Json& json);

// `text` cut to `most` bytes at the end of a character, with dots behind it.
std::string Clipped(const std::string& text, std::size_t most);

}  // namespace benchkeep::jobs
