// mkdtemp(3), and away with it.

#include "support/temp_dir.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <iostream>
#include <string>
#include <system_error>

#include "base/result.h"

namespace benchkeep {

TempDir::TempDir() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "benchkeep-test-XXXXXX")
          .string();
  BENCHKEEP_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = std::filesystem::canonical(pattern);
}

TempDir::~TempDir() {
  if (::testing::Test::HasFailure()) {
    std::cerr << "the files of the failed test are in " << path_ << "\n";
    return;
  }
  std::error_code ignored;  // A leftover folder fails no test.
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace benchkeep
