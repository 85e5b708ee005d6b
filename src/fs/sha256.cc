// SHA-256 by OpenSSL.

#include "fs/sha256.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>

namespace benchkeep::fs {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

}  // namespace

void Sha256::Free::operator()(EVP_MD_CTX* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  // These calls fail for want of memory only.
  BENCHKEEP_CHECK(context_ != nullptr);
  BENCHKEEP_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) ==
                  1);
}

void Sha256::Add(const void* bytes, std::size_t size) {
  BENCHKEEP_CHECK(EVP_DigestUpdate(context_.get(), bytes, size) == 1);
}

std::string Sha256::Hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  BENCHKEEP_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) ==
                  1);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4U];
    hex += kDigits[digest[i] & 15U];
  }
  return hex;
}

Result<std::string> Sha256OfFile(FileSystem& file_system, const Path& path) {
  BENCHKEEP_ASSIGN(auto file, file_system.Open(path));
  Sha256 hasher;
  std::vector<std::byte> block(kBlockBytes);
  std::uint64_t offset = 0;
  while (true) {
    BENCHKEEP_ASSIGN(const std::size_t got, file->ReadAt(offset, block));
    if (got == 0) return hasher.Hex();
    hasher.Add(block.data(), got);
    offset += got;
  }
}

std::string Sha256Of(std::string_view bytes) {
  Sha256 hasher;
  hasher.Add(bytes.data(), bytes.size());
  return hasher.Hex();
}

Result<std::string> Sha256OfFd(int fd, const Path& path) {
  Sha256 hasher;
  std::vector<std::byte> block(kBlockBytes);
  off_t offset = 0;
  while (true) {
    const ssize_t got = ::pread(fd, block.data(), block.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailSys(errno, N_("reading {0}: {1}"), path);
    if (got == 0) return hasher.Hex();
    hasher.Add(block.data(), static_cast<std::size_t>(got));
    offset += got;
  }
}

}  // namespace benchkeep::fs
