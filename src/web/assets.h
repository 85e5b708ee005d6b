// The files that are built into the program (cmake/Assets.cmake makes them).

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace benchkeep::web {

struct Asset {
  std::string_view path;  // "web/app.js", "observe/prometheus.yml"
  std::string_view gzip;  // Its bytes, compressed.
  std::string_view hash;  // SHA-256 of the file, the first 16 digits.
};

// By path.
std::span<const Asset> Assets();
const Asset* FindAsset(std::string_view path);

// The file itself.
std::string Inflate(const Asset& asset);

}  // namespace benchkeep::web
