// A folder for one test, removed with everything in it.

#pragma once

#include <filesystem>

namespace benchkeep {

class TempDir {
 public:
  // Aborts the test program when no folder can be made.
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  // Keeps the folder, and says where it is, when the test has failed.
  ~TempDir();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;  // Absolute, without symbolic links.
};

}  // namespace benchkeep
