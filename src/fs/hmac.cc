// HMAC by OpenSSL.

#include "fs/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/result.h"

namespace benchkeep::fs {

std::string HmacSha256(std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  // Fails for want of memory only.
  BENCHKEEP_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                       reinterpret_cast<const unsigned char*>(message.data()),
                       message.size(), sum.data(), &size) != nullptr);
  return {reinterpret_cast<const char*>(sum.data()), size};
}

}  // namespace benchkeep::fs
