// A search for seven words at once, 64 bytes per step.
//
// Each word is looked for by two neighbouring bytes that are rare in logs; only
// where such a pair stands, the whole word is compared.

#include "ops/log_anchor.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace benchkeep::ops {
namespace {

struct Anchor {
  std::string_view word;
  std::size_t at;  // Where its pair of rare bytes stands.
};

constexpr std::array<Anchor, 7> kAnchors = {{
    {kErrorWord, 1},            // RR
    {"CRITICAL", 0},            // CR
    {"FATAL", 2},               // TA
    {kTraceback, 10},           // (m
    {"Killed", 0},              // Ki
    {"Segmentation fault", 2},  // gm
    {kCrossMark, 1},
}};

// The word whose pair stands at `pair`, if all of it is there.
std::size_t WordAt(std::string_view text, std::size_t pair, std::size_t from) {
  for (const Anchor& anchor : kAnchors) {
    if (text[pair] != anchor.word[anchor.at] || pair < from + anchor.at) {
      continue;
    }
    const std::size_t start = pair - anchor.at;
    if (text.substr(start, anchor.word.size()) == anchor.word) return start;
  }
  return std::string_view::npos;
}

// GCC's vectors: SSE2, NEON, or plain words where there is nothing else.
using Bytes = unsigned char __attribute__((vector_size(16)));
using Words = std::uint64_t __attribute__((vector_size(16)));
constexpr std::size_t kWidth = sizeof(Bytes);
constexpr std::size_t kStep = 64;
using Block = std::array<Bytes, kStep / kWidth>;

static_assert(std::endian::native == std::endian::little);

// Marks the bytes of 64 at which one of the pairs begins.
Block Match(const char* at) {
  Block marks;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    Bytes here;
    Bytes next;
    std::memcpy(&here, at + i * kWidth, kWidth);
    std::memcpy(&next, at + i * kWidth + 1, kWidth);
    Bytes any{};
    for (const Anchor& anchor : kAnchors) {
      const auto first = static_cast<unsigned char>(anchor.word[anchor.at]);
      const auto second =
          static_cast<unsigned char>(anchor.word[anchor.at + 1]);
      any |= reinterpret_cast<Bytes>((here == first) & (next == second));
    }
    marks[i] = any;
  }
  return marks;
}

// What is left behind the last whole step.
std::size_t FindByByte(std::string_view text, std::size_t at,
                       std::size_t from) {
  for (; at < text.size(); ++at) {
    const std::size_t found = WordAt(text, at, from);
    if (found != std::string_view::npos) return found;
  }
  return std::string_view::npos;
}

#ifdef __x86_64__
// For each half of a byte, in which pairs it stands: one bit for each word.
// What both halves of a byte and the lower half of the next one have in common
// may be pairs.
struct Halves {
  alignas(16) std::array<std::uint8_t, 16> low{};
  alignas(16) std::array<std::uint8_t, 16> high{};
};

constexpr Halves HalvesAt(std::size_t offset) {
  static_assert(kAnchors.size() <= 8);
  Halves halves;
  for (std::size_t i = 0; i < kAnchors.size(); ++i) {
    const auto byte =
        static_cast<std::uint8_t>(kAnchors[i].word[kAnchors[i].at + offset]);
    halves.low[byte & 0xFU] |= static_cast<std::uint8_t>(1U << i);
    halves.high[byte >> 4U] |= static_cast<std::uint8_t>(1U << i);
  }
  return halves;
}

constexpr Halves kFirst = HalvesAt(0);
constexpr Halves kSecond = HalvesAt(1);

// 32 bytes per step.
class WideMatcher {
 public:
  [[gnu::target("avx2")]] WideMatcher()
      : first_low_(Table(kFirst.low)),
        first_high_(Table(kFirst.high)),
        second_low_(Table(kSecond.low)),
        half_(_mm256_set1_epi8(0xF)) {}

  // Not zero where one of the pairs may begin.
  [[gnu::target("avx2"), gnu::always_inline]] inline __m256i Match(
      const char* at) const {
    const __m256i here = Load(at);
    const __m256i low = In(first_low_, here);
    const __m256i high = In(first_high_, _mm256_srli_epi16(here, 4));
    const __m256i next = In(second_low_, Load(at + 1));
    return _mm256_and_si256(_mm256_and_si256(low, high), next);
  }

  [[gnu::target("avx2"), gnu::always_inline]] static inline std::uint64_t Bits(
      __m256i marks) {
    const __m256i none = _mm256_cmpeq_epi8(marks, _mm256_setzero_si256());
    return static_cast<std::uint32_t>(~_mm256_movemask_epi8(none));
  }

 private:
  [[gnu::target("avx2"), gnu::always_inline]] static inline __m256i Table(
      const std::array<std::uint8_t, 16>& table) {
    return _mm256_broadcastsi128_si256(
        _mm_load_si128(reinterpret_cast<const __m128i*>(table.data())));
  }

  [[gnu::target("avx2"), gnu::always_inline]] static inline __m256i Load(
      const char* at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  }

  // What the table has for the lower half of each byte.
  [[gnu::target("avx2"), gnu::always_inline]] inline __m256i In(
      __m256i table, __m256i bytes) const {
    return _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, half_));
  }

  __m256i first_low_;
  __m256i first_high_;
  __m256i second_low_;
  __m256i half_;
};

[[gnu::target("avx2")]] std::size_t FindWide(std::string_view text,
                                             std::size_t from) {
  const WideMatcher matcher;
  constexpr std::size_t kHalfStep = kStep / 2;
  std::size_t at = from;
  for (; at + kStep < text.size(); at += kStep) {
    const __m256i left = matcher.Match(text.data() + at);
    const __m256i right = matcher.Match(text.data() + at + kHalfStep);
    const __m256i any = _mm256_or_si256(left, right);
    if (_mm256_testz_si256(any, any) != 0) continue;
    std::uint64_t pairs = WideMatcher::Bits(left) | WideMatcher::Bits(right)
                                                        << kHalfStep;
    for (; pairs != 0; pairs &= pairs - 1) {
      const std::size_t found = WordAt(
          text, at + static_cast<std::size_t>(std::countr_zero(pairs)), from);
      if (found != std::string_view::npos) return found;
    }
  }
  return FindByByte(text, at, from);
}
#endif

}  // namespace

std::size_t NextAnchorAnywhere(std::string_view text, std::size_t from) {
  std::size_t at = from;
  for (; at + kStep < text.size(); at += kStep) {
    const Block marks = Match(text.data() + at);
    Bytes any = marks[0];
    for (std::size_t i = 1; i < marks.size(); ++i) any |= marks[i];
    const auto words = reinterpret_cast<Words>(any);
    if ((words[0] | words[1]) == 0) continue;
    std::array<std::uint64_t, kStep / 8> bits;
    std::memcpy(bits.data(), marks.data(), kStep);
    for (std::size_t i = 0; i < bits.size(); ++i) {
      for (std::uint64_t left = bits[i]; left != 0;) {
        const int byte = std::countr_zero(left) / 8;
        left &= ~(std::uint64_t{0xFF} << (byte * 8));
        const std::size_t found =
            WordAt(text, at + i * 8 + static_cast<std::size_t>(byte), from);
        if (found != std::string_view::npos) return found;
      }
    }
  }
  return FindByByte(text, at, from);
}

std::size_t NextAnchor(std::string_view text, std::size_t from) {
#ifdef __x86_64__
  static const bool wide = __builtin_cpu_supports("avx2") != 0;
  if (wide) return FindWide(text, from);
#endif
  return NextAnchorAnywhere(text, from);
}

}  // namespace benchkeep::ops
