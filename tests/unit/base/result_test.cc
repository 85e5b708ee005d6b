// Results: what a caller may do about an error, and the macros that pass it on.

#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

namespace benchkeep {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) {
    return Fail(Code::kInvalidArgument, Say(N_("{0} is odd"), number),
                Say(N_("add one")), "/the/path");
  }
  return number / 2;
}

Result<int> Quarter(int number) {
  BENCHKEEP_ASSIGN(const int half, Half(number));
  BENCHKEEP_ASSIGN(const int quarter, Half(half));
  return quarter;
}

Status CheckEven(int number, int& steps) {
  BENCHKEEP_TRY(Half(number));
  ++steps;
  return {};
}

TEST(ResultTest, ValuesPass) {
  EXPECT_TRUE(Half(4).ok());
  EXPECT_EQ(Quarter(8).value_or(-1), 2);
}

TEST(ResultTest, ErrorsArePassedOnWhole) {
  const Result<int> result = Quarter(6);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kInvalidArgument);
  EXPECT_EQ(result.error().message.English(), "3 is odd");
  EXPECT_EQ(result.error().fix.English(), "add one");
  EXPECT_EQ(result.error().path, "/the/path");
  EXPECT_EQ(result.error().sys_errno, 0);
}

TEST(ResultTest, TryStopsAtTheError) {
  int steps = 0;
  EXPECT_TRUE(CheckEven(2, steps).ok());
  EXPECT_EQ(steps, 1);
  EXPECT_FALSE(CheckEven(3, steps).ok());
  EXPECT_EQ(steps, 1);
}

TEST(ResultTest, ValuesThatCannotBeCopiedAreMoved) {
  const auto make = []() -> Result<std::unique_ptr<int>> {
    return std::make_unique<int>(7);
  };
  const auto use = [&]() -> Result<int> {
    BENCHKEEP_ASSIGN(const auto pointer, make());
    return *pointer;
  };
  EXPECT_EQ(use().value_or(-1), 7);
}

struct Meaning {
  int sys_errno;
  Code code;
  bool has_fix;
};

TEST(ResultTest, ErrnosSayWhatToDo) {
  const Meaning meanings[] = {
      {ENOENT, Code::kNotFound, false},
      {ENOTDIR, Code::kNotFound, false},
      {EEXIST, Code::kAlreadyExists, false},
      {ENOTEMPTY, Code::kAlreadyExists, false},
      {EAGAIN, Code::kBusy, false},
      {EBUSY, Code::kBusy, false},
      {ENOSPC, Code::kNoSpace, true},
      {EDQUOT, Code::kNoSpace, true},
      {EFBIG, Code::kNoSpace, true},
      {EACCES, Code::kPermission, true},
      {EPERM, Code::kPermission, true},
      {EROFS, Code::kPermission, true},
      {ELOOP, Code::kPermission, true},
      {EINVAL, Code::kInvalidArgument, false},
      {EIO, Code::kIo, false},
      {EISDIR, Code::kIo, false},
  };
  for (const Meaning& meaning : meanings) {
    const Error error =
        FailSys(meaning.sys_errno, N_("opening {0}: {1}"), "/a b").value();
    EXPECT_EQ(error.code, meaning.code) << meaning.sys_errno;
    EXPECT_EQ(!error.fix.empty(), meaning.has_fix) << meaning.sys_errno;
    EXPECT_EQ(error.sys_errno, meaning.sys_errno);
    EXPECT_EQ(error.path, "/a b");
  }
}

TEST(ResultTest, SystemErrorsNamePathAndReason) {
  const Error error = FailSys(EACCES, N_("opening {0}: {1}"), "/a").value();
  EXPECT_EQ(error.message.English(), "opening /a: Permission denied");
}

TEST(ResultDeathTest, ChecksAbortInEveryBuild) {
  EXPECT_DEATH(BENCHKEEP_CHECK(1 + 1 == 3), "internal error: .*1 \\+ 1 == 3");
}

}  // namespace
}  // namespace benchkeep
