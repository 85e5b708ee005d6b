// Base64.

#include "base/base64.h"

#include <cstdint>

namespace benchkeep {

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t have = bytes.size() - at;
    const auto byte = [&](std::size_t i) -> std::uint32_t {
      return i < have ? static_cast<unsigned char>(bytes[at + i]) : 0U;
    };
    const std::uint32_t group = byte(0) << 16U | byte(1) << 8U | byte(2);
    out += kLetters[group >> 18U];
    out += kLetters[group >> 12U & 63U];
    out += have > 1 ? kLetters[group >> 6U & 63U] : '=';
    out += have > 2 ? kLetters[group & 63U] : '=';
  }
  return out;
}

}  // namespace benchkeep
