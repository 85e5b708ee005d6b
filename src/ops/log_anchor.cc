// A search for seven words at once, 16 or 32 bytes per step.
//
// Each word is looked for by two neighbouring bytes that are rare in logs; only
// where such a pair stands, the whole word is compared.

#include "ops/log_anchor.h"

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
    {kTraceback, 4},            // eb
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

// GCC's vectors: SSE2, AVX2, NEON, or plain words where there is nothing else.
// Everything is inlined into one function per instruction set.
using Bytes16 = unsigned char __attribute__((vector_size(16)));
using Words16 = std::uint64_t __attribute__((vector_size(16)));
using Bytes32 = unsigned char __attribute__((vector_size(32)));
using Words32 = std::uint64_t __attribute__((vector_size(32)));

template <typename Block, typename Words>
struct Lanes {
  static constexpr std::size_t kWidth = sizeof(Block);
  static constexpr std::size_t kUnroll = 64 / kWidth;

  // Marks the bytes of 64 at which one of the pairs begins.
  [[gnu::always_inline]] static inline void Match(
      const char* at, std::array<Block, kUnroll>& marks) {
    for (std::size_t i = 0; i < kUnroll; ++i) {
      Block here;
      Block next;
      std::memcpy(&here, at + i * kWidth, kWidth);
      std::memcpy(&next, at + i * kWidth + 1, kWidth);
      Block any{};
      for (const Anchor& anchor : kAnchors) {
        const auto first = static_cast<unsigned char>(anchor.word[anchor.at]);
        const auto second =
            static_cast<unsigned char>(anchor.word[anchor.at + 1]);
        any |= reinterpret_cast<Block>((here == first) & (next == second));
      }
      marks[i] = any;
    }
  }

  [[gnu::always_inline]] static inline std::size_t Find(std::string_view text,
                                                        std::size_t from) {
    constexpr std::size_t kStep = kUnroll * kWidth;
    std::array<Block, kUnroll> marks;
    std::size_t at = from;
    for (; at + kStep < text.size(); at += kStep) {
      Match(text.data() + at, marks);
      Block any = marks[0];
      for (std::size_t i = 1; i < kUnroll; ++i) any |= marks[i];
      const auto words = reinterpret_cast<Words>(any);
      std::uint64_t seen = 0;
      for (std::size_t i = 0; i < kWidth / 8; ++i) seen |= words[i];
      if (seen == 0) continue;
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
    for (; at < text.size(); ++at) {
      const std::size_t found = WordAt(text, at, from);
      if (found != std::string_view::npos) return found;
    }
    return std::string_view::npos;
  }
};

static_assert(std::endian::native == std::endian::little);

std::size_t FindPlain(std::string_view text, std::size_t from) {
  return Lanes<Bytes16, Words16>::Find(text, from);
}

#ifdef __x86_64__
[[gnu::target("avx2")]] std::size_t FindWide(std::string_view text,
                                             std::size_t from) {
  return Lanes<Bytes32, Words32>::Find(text, from);
}
#endif

}  // namespace

std::size_t NextAnchor(std::string_view text, std::size_t from) {
#ifdef __x86_64__
  static const bool wide = __builtin_cpu_supports("avx2") != 0;
  if (wide) return FindWide(text, from);
#endif
  return FindPlain(text, from);
}

}  // namespace benchkeep::ops
