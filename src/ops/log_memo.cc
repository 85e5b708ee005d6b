// What a line says, remembered for when it comes again.

#include "ops/log_memo.h"

// Compiled into this file: a call for each line costs as much as its hash.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "ops/log_anchor.h"
#include "ops/log_line.h"

namespace benchkeep::ops {

LineMeaning MeaningOf(std::string_view line) {
  using Says = LineMeaning::Says;
  const LogLine parsed = ParseLogLine(line);
  LineMeaning meaning{.time = parsed.time, .text = {}};
  if (parsed.tag == "LLM_CALL") {
    meaning.text = ModelIn(parsed.message);
    if (!meaning.text.empty()) meaning.says = Says::kModel;
  } else if (parsed.message.starts_with(kTraceback)) {
    meaning.says = Says::kTraceback;
    meaning.indent = parsed.indent;
  } else if (TellsOfError(parsed)) {
    meaning.says = Says::kError;
    meaning.text = parsed.message;
  }
  return meaning;
}

bool LineMemo::Slot::Keep(std::string_view line, const LineMeaning& meaning) {
  if (!meaning.time.empty() || meaning.says == LineMeaning::Says::kTraceback) {
    return false;
  }
  size_ = static_cast<std::uint8_t>(line.copy(line_.data(), kMaxLine));
  says_ = meaning.says;
  text_at_ = 0;
  text_size_ = static_cast<std::uint8_t>(meaning.text.size());
  if (text_size_ > 0) {
    text_at_ = static_cast<std::uint8_t>(meaning.text.data() - line.data());
  }
  cause_ = kUnknown;
  return true;
}

LineMemo::Slot& LineMemo::At(std::string_view line) {
  if (!slots_) slots_ = std::make_unique<std::array<Slot, kSlots>>();
  return (*slots_)[XXH3_64bits(line.data(), line.size()) % kSlots];
}

}  // namespace benchkeep::ops
