// Mail as bytes.

#include "base/mime.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include "base/base64.h"
#include "base/text.h"

namespace benchkeep {
namespace {

constexpr std::size_t kLine = 76;
constexpr std::string_view kBreak = "\r\n";

// Line breaks and other control characters become blanks; what is no UTF-8 is
// replaced.  Nothing that is left can end a header.
std::string OneLine(std::string_view text) {
  std::string out = CleanUtf8(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  return out;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x80; });
}

// How many bytes of `text` fit into `room` without cutting a character.
std::size_t WholeCharacters(std::string_view text, std::size_t room) {
  if (text.size() <= room) return text.size();
  std::size_t at = room;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) {
    --at;
  }
  return at;
}

// One or more encoded words, at most 75 characters each, on lines of their own.
// `used` is what stands on the first line already.
std::string EncodedWords(std::string_view text, std::size_t used) {
  constexpr std::string_view kOpen = "=?UTF-8?B?";
  constexpr std::string_view kClose = "?=";
  constexpr std::size_t kMostBytes = 45;  // 60 characters: 72 in all.
  std::string out;
  while (!text.empty()) {
    const std::size_t line = used + kOpen.size() + kClose.size();
    const std::size_t room =
        std::min(line < kLine ? (kLine - line) / 4 * 3 : 0, kMostBytes);
    const std::size_t take = WholeCharacters(text, room);
    if (take == 0) {
      out += "\r\n ";
      used = 1;
      continue;
    }
    out += kOpen;
    out += Base64(text.substr(0, take));
    out += kClose;
    text.remove_prefix(take);
    used = kLine;  // The next word begins a new line.
  }
  return out;
}

// Plain words, on more lines where they would be too long.
std::string FoldedWords(std::string_view text, std::size_t used) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    // A blank belongs to the word behind it, so that unfolding restores all.
    const std::size_t next =
        std::min(text.find(' ', at == 0 ? 0 : at + 1), text.size());
    const std::string_view word = text.substr(at, std::max(next, at + 1) - at);
    if (used + word.size() > kLine + 2 && word.front() == ' ' &&
        word.size() > 1) {
      out += kBreak;
      used = 0;
    }
    out += word;
    used += word.size();
    at += word.size();
  }
  return out;
}

// True when it may stand as it is: short words, and nothing that looks encoded.
bool IsPlain(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  if (!IsAscii(text) || text.find("=?") != std::string_view::npos) return false;
  if (text.starts_with(' ') || text.ends_with(' ')) return false;
  std::size_t run = 0;
  std::size_t blanks = 0;
  for (const char c : text) {
    run = c == ' ' ? 0 : run + 1;
    blanks = c == ' ' ? blanks + 1 : 0;
    // A line of blanks alone would be a folding that nobody can undo.
    if (run > kLongest || blanks > 8) return false;
  }
  return true;
}

std::string AddressText(const MailAddress& address, std::size_t used) {
  if (address.name.empty()) return address.address;
  const std::string name = OneLine(address.name);
  const std::string mailbox = "<" + address.address + ">";
  if (!IsPlain(name)) {
    return EncodedWords(name, used) + "\r\n " + mailbox;
  }
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += "\"";
  const bool fits = used + quoted.size() + mailbox.size() < kLine;
  return quoted + (fits ? " " : "\r\n ") + mailbox;
}

std::string AddressHeader(std::string_view name,
                          const std::vector<MailAddress>& addresses) {
  std::string out = std::string(name) + ": ";
  std::size_t used = out.size();
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (i > 0) {
      out += ",\r\n ";
      used = 1;
    }
    out += AddressText(addresses[i], used);
  }
  return out + std::string(kBreak);
}

std::string Base64Lines(std::string_view text) {
  const std::string letters = Base64(text);
  std::string out;
  for (std::size_t at = 0; at < letters.size(); at += kLine) {
    out += letters.substr(at, kLine);
    out += kBreak;
  }
  return out;
}

// Text of a part always ends its last line, and has CRLF inside.
std::string Canonical(const std::string& text) {
  std::string out;
  for (const char c : CleanUtf8(text)) {
    if (c == '\r') continue;
    if (c == '\n') out += '\r';
    out += c;
  }
  if (!out.ends_with(kBreak)) out += kBreak;
  return out;
}

std::string Part(const std::string& type, const std::string& text) {
  const auto foreign = static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; }));
  const bool readable = foreign * 6 < text.size();
  return "Content-Type: " + type + "; charset=utf-8\r\n" +
         "Content-Transfer-Encoding: " +
         (readable ? "quoted-printable\r\n\r\n" : "base64\r\n\r\n") +
         (readable ? QuotedPrintable(text) : Base64Lines(Canonical(text)));
}

bool IsAddress(std::string_view text) {
  constexpr std::size_t kLongest = 254;
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size() ||
      text.size() > kLongest || text.find('@', at + 1) != std::string::npos) {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-/=?^_`{|}~.@")
                   .find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<MailAddress> ParseMailAddress(std::string_view text) {
  text = Trimmed(text);
  const bool controls =
      std::any_of(text.begin(), text.end(),
                  [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (controls) return std::nullopt;
  if (text.empty() || text.back() != '>') {
    if (!IsAddress(text)) return std::nullopt;
    return MailAddress{"", std::string(text)};
  }
  const std::size_t open = text.rfind('<');
  if (open == std::string_view::npos) return std::nullopt;
  const std::string_view address =
      text.substr(open + 1, text.size() - open - 2);
  std::string_view name = Trimmed(text.substr(0, open));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
    name = name.substr(1, name.size() - 2);
  } else if (name.find_first_of("<>,") != std::string_view::npos) {
    return std::nullopt;  // More than one address.
  }
  if (!IsAddress(address)) return std::nullopt;
  return MailAddress{OneLine(name), std::string(address)};
}

std::string MailDate(TimePoint time) {
  static constexpr std::array<const char*, 7> kDays = {
      "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun",
      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(
      std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000",
                     kDays[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::string MailHeader(std::string_view name, std::string_view text) {
  const std::string line = OneLine(text);
  std::string out = std::string(name) + ": ";
  out += IsPlain(line) ? FoldedWords(line, out.size())
                       : EncodedWords(line, out.size());
  return out + std::string(kBreak);
}

std::string QuotedPrintable(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  std::string line;
  const auto put = [&](std::string_view piece) {
    // Room for the '=' of a soft line break.
    if (line.size() + piece.size() > kLine - 1) {
      out += line + "=\r\n";
      line.clear();
    }
    line += piece;
  };
  const std::string clean = CleanUtf8(text);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto byte = static_cast<unsigned char>(clean[i]);
    if (byte == '\r') continue;
    if (byte == '\n') {
      out += line;
      out += kBreak;
      line.clear();
      continue;
    }
    const bool last =
        i + 1 == clean.size() || clean[i + 1] == '\n' || clean[i + 1] == '\r';
    const bool blank = byte == ' ' || byte == '\t';
    const bool plain =
        (byte > 0x20 && byte < 0x7F && byte != '=') || (blank && !last);
    // "From " and dots at the start of a line upset some servers.
    const bool touchy = line.empty() && (byte == '.' || byte == 'F');
    if (plain && !touchy) {
      put(std::string_view(clean).substr(i, 1));
    } else {
      const std::array<char, 3> code = {'=', kDigits[byte >> 4U],
                                        kDigits[byte & 15U]};
      put({code.data(), code.size()});
    }
  }
  if (!line.empty()) {
    out += line;
    out += kBreak;
  }
  return out;
}

std::string MailBytes(const Mail& mail) {
  // It stands in no part: base64 has no '_', quoted-printable no bare '='.
  const std::string boundary =
      "=_benchkeep_" + Base64(OneLine(mail.message_id)).substr(0, 24);
  std::string safe;
  for (const char c : boundary) safe += c == '/' || c == '+' ? '-' : c;
  std::string out;
  out += "Date: " + MailDate(mail.date) + "\r\n";
  out += AddressHeader("From", {mail.from});
  out += AddressHeader("To", mail.to);
  // Some readers keep the blank of a folded line: only where it is too long.
  const std::string id = "<" + mail.message_id + ">";
  out += id.size() + 12 <= kLine + 2 ? "Message-ID: " : "Message-ID:\r\n ";
  out += id + "\r\n";
  out += MailHeader("Subject", mail.subject);
  out += "Auto-Submitted: auto-generated\r\n";
  for (const auto& [name, value] : mail.headers) out += MailHeader(name, value);
  out += "MIME-Version: 1.0\r\n";
  out += "Content-Type: multipart/alternative;\r\n boundary=\"" + safe +
         "\"\r\n\r\n";
  out += "--" + safe + "\r\n" + Part("text/plain", mail.text);
  out += "--" + safe + "\r\n" + Part("text/html", mail.html);
  out += "--" + safe + "--\r\n";
  return out;
}

}  // namespace benchkeep
