// The entry points that libFuzzer calls.

#include "fuzzer.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace benchkeep::fuzz {
namespace {

void WriteSeeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const std::string& seed : Seeds()) {
    std::ofstream file(folder / ("seed-" + std::to_string(number++)),
                       std::ios::binary | std::ios::trunc);
    file.write(seed.data(), static_cast<std::streamsize>(seed.size()));
    Require(file.good(), "a seed can be written");
  }
}

}  // namespace

void Require(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace benchkeep::fuzz

// NOLINTBEGIN(readability-identifier-naming): libFuzzer's names.
extern "C" int LLVMFuzzerInitialize(const int* argc, char*** argv) {
  constexpr std::string_view kSeeds = "--seeds=";
  for (int i = 1; i < *argc; ++i) {
    const std::string_view word = (*argv)[i];
    if (word.substr(0, kSeeds.size()) != kSeeds) continue;
    benchkeep::fuzz::WriteSeeds(word.substr(kSeeds.size()));
    std::exit(EXIT_SUCCESS);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  benchkeep::fuzz::Feed({reinterpret_cast<const char*>(data), size});
  return 0;
}
// NOLINTEND(readability-identifier-naming)
