// What a line says, remembered for when it comes again.
//
// Programs say the same few hundred things all day long.  A line that came a
// while ago, word for word, is not taken apart again.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace benchkeep::ops {

// What follows from a line alone, whatever stands around it.
struct LineMeaning {
  enum class Says : std::uint8_t { kNothing, kModel, kTraceback, kError };

  Says says = Says::kNothing;
  std::string_view time;   // "2025-08-27 00:43:09", or empty.
  std::string_view text;   // The name of the model, or the message.
  std::size_t indent = 0;  // Of a traceback.
};

LineMeaning MeaningOf(std::string_view line);

class LineMemo {
 public:
  static constexpr std::size_t kMaxLine =
      128;  // Longer ones rarely come again.

  // The place for one line; others take it from time to time.
  class Slot {
   public:
    [[nodiscard]] bool Holds(std::string_view line) const {
      return line == std::string_view(line_.data(), size_);
    }
    // False for a line that will not come again: nothing is kept.
    bool Keep(std::string_view line, const LineMeaning& meaning);
    // Views into the slot.
    [[nodiscard]] LineMeaning meaning() const {
      return {.says = says_,
              .time = {},
              .text = std::string_view(line_.data() + text_at_, text_size_)};
    }

    // Where its error is counted (LogTally::AddAgain), once that is known.
    [[nodiscard]] std::optional<std::size_t> cause() const {
      if (cause_ == kUnknown) return std::nullopt;
      return cause_;
    }
    void set_cause(std::optional<std::size_t> cause) {
      cause_ = cause ? static_cast<std::uint32_t>(*cause) : kUnknown;
    }

   private:
    static constexpr std::uint32_t kUnknown = UINT32_MAX;

    std::array<char, kMaxLine> line_;
    std::uint8_t size_ = 0;  // An empty line says nothing.
    std::uint8_t text_at_ = 0;
    std::uint8_t text_size_ = 0;
    LineMeaning::Says says_ = LineMeaning::Says::kNothing;
    std::uint32_t cause_ = kUnknown;
  };

  // `line` is no longer than kMaxLine.
  Slot& At(std::string_view line);

 private:
  static constexpr std::size_t kSlots = 512;

  std::unique_ptr<std::array<Slot, kSlots>> slots_;  // Made when needed.
};

}  // namespace benchkeep::ops
