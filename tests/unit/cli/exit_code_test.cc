// Exit codes are a contract with scripts.

#include "cli/exit_code.h"

#include <gtest/gtest.h>

namespace benchkeep::cli {
namespace {

int Exit(Code code) { return static_cast<int>(ExitCodeOf(code)); }
int Exit(render::Outcome outcome) {
  return static_cast<int>(ExitCodeOf(outcome));
}

TEST(ExitCode, OfErrors) {
  EXPECT_EQ(Exit(Code::kInvalidArgument), 2);
  EXPECT_EQ(Exit(Code::kNotFound), 1);
  EXPECT_EQ(Exit(Code::kNoStore), 10);
  EXPECT_EQ(Exit(Code::kAlreadyExists), 1);
  EXPECT_EQ(Exit(Code::kBusy), 1);
  EXPECT_EQ(Exit(Code::kLocked), 11);
  EXPECT_EQ(Exit(Code::kCorruption), 1);
  EXPECT_EQ(Exit(Code::kNoSpace), 1);
  EXPECT_EQ(Exit(Code::kPermission), 1);
  EXPECT_EQ(Exit(Code::kIo), 1);
  EXPECT_EQ(Exit(Code::kTooNew), 12);
  EXPECT_EQ(Exit(Code::kCancelled), 130);
  EXPECT_EQ(Exit(Code::kInternal), 70);
}

TEST(ExitCode, OfDocuments) {
  EXPECT_EQ(Exit(render::Outcome::kOk), 0);
  EXPECT_EQ(Exit(render::Outcome::kWarning), 3);
  EXPECT_EQ(Exit(render::Outcome::kCritical), 3);
  EXPECT_EQ(Exit(render::Outcome::kUnknown), 3);
  EXPECT_EQ(Exit(render::Outcome::kFailed), 1);
}

TEST(ExitCode, EveryOneIsExplained) {
  std::string codes;
  for (const ExitMeaning& each : ExitMeanings()) {
    codes += std::to_string(static_cast<int>(each.code)) + " ";
    EXPECT_STRNE(each.meaning, "");
  }
  EXPECT_EQ(codes, "0 1 2 3 10 11 12 70 130 ");
}

}  // namespace
}  // namespace benchkeep::cli
