// Words and numbers as the screen shows them.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/message.h"
#include "render/translate.h"
#include "tui/canvas.h"

namespace benchkeep::tui {

// How to draw for whoever looks.  `translator` must outlive it.
struct Look {
  const render::Translator& translator;
  Glyphs glyphs = Glyphs::kUnicode;

  [[nodiscard]] std::string Tr(const char* msgid) const {
    return translator.Tr(msgid);
  }
  [[nodiscard]] std::string Tr(const Message& message) const {
    return translator.Tr(message);
  }
};

// Words for the codes of documents; the code itself when it is not known.
std::string WriterWord(const std::string& state, const Look& look);
std::string JobWord(const std::string& state, const Look& look);
std::string RunWord(const std::string& status, const Look& look);
std::string StatusWord(const std::string& status, const Look& look);
std::string CheckWord(const std::string& name, const Look& look);
std::string ErrorWord(const std::string& kind, const Look& look);
std::string BackupWord(const std::string& state, const Look& look);
std::string SourceWord(const std::string& source, const Look& look);
std::string PartWord(const std::string& part, const Look& look);

// Green, yellow, red for any of these states.
Ink InkOfState(const std::string& state);

// "45 s", "12 min", "3 h", "2 d"; negative is 0.
std::string ShortSpan(std::chrono::nanoseconds span, const Look& look);
// "28,265"; "-" when it is not known.
std::string Count(const std::optional<std::int64_t>& number);
// "42", "3.8", "0.02": three digits at most.
std::string Rate(const std::optional<double>& rate);
// "16.8%".
std::string PercentOf(const std::optional<double>& share);
// "1.5 GiB".
std::string Bytes(std::int64_t bytes);
// "12:51:42" or "2026-11-25 12:51:42" on the clock on the wall.
std::string WallTime(TimePoint time, std::chrono::seconds utc_offset);
std::string WallDateTime(TimePoint time, std::chrono::seconds utc_offset);

}  // namespace benchkeep::tui
