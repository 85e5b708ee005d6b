// Mail as bytes: headers, encoded words, and a body in two forms.
//
// Whatever the texts hold, the result is ASCII in lines of at most 78
// characters that end in CRLF, and no text can add a header.
// Sources: RFC 5322, RFC 2045 to 2047, RFC 3834.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace benchkeep {

// "Jane Doe <jane@example.com>" or "jane@example.com".
struct MailAddress {
  std::string name;     // May be empty, may be Chinese.
  std::string address;  // "jane@example.com": ASCII, without blanks.
};

// Nullopt for what no server would take, or what would be more than one.
std::optional<MailAddress> ParseMailAddress(std::string_view text);

struct Mail {
  MailAddress from;
  std::vector<MailAddress> to;
  std::string subject;
  std::string text;        // UTF-8, lines end in \n.
  std::string html;        // The same for readers that show it.
  std::string message_id;  // Without the angle brackets.
  TimePoint date{};
  // More headers, such as X-Benchkeep-State; ASCII names.
  std::vector<std::pair<std::string, std::string>> headers;
};

std::string MailBytes(const Mail& mail);

// "Sat, 31 Jan 2026 23:59:59 +0000".
std::string MailDate(TimePoint time);

// A header line with its CRLF, folded; `text` is encoded where it must be.
std::string MailHeader(std::string_view name, std::string_view text);

// Lines of at most 76 characters that end in CRLF.
std::string QuotedPrintable(std::string_view text);

}  // namespace benchkeep
