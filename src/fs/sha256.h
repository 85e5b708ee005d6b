// SHA-256 of files, as lowercase hex.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fs/file_system.h"

struct evp_md_ctx_st;

namespace benchkeep::fs {

// A sum in the making.
class Sha256 {
 public:
  Sha256();
  void Add(const void* bytes, std::size_t size);
  void Add(std::string_view bytes) { Add(bytes.data(), bytes.size()); }
  // Ends the sum; the object is spent.
  std::string Hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

Result<std::string> Sha256OfFile(FileSystem& file_system, const Path& path);
std::string Sha256Of(std::string_view bytes);

// The same of an open descriptor, from its first byte; its position is kept.
Result<std::string> Sha256OfFd(int fd, const Path& path);

}  // namespace benchkeep::fs
