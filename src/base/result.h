// Errors as values: Result<T>, Status, and what a caller may do about them.
//
// An Error means that the job itself could not run.  Damage that was found in
// the store is a Finding (base/finding.h), never an Error.  Nothing in
// benchkeep throws; library exceptions are caught in cli::Main and at the entry
// of each thread.

#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/message.h"

namespace benchkeep {

enum class Code {
  kInvalidArgument,  // The request is wrong: change it.
  kNotFound,         // What was named does not exist.
  kNoStore,          // The folder holds no store.
  kAlreadyExists,    // Something is in the way and was left alone.
  kBusy,             // Another process holds it: try again later.
  kLocked,           // Another benchkeep holds the store: see the holder.
  kCorruption,       // The bytes are not what they must be.
  kNoSpace,          // Disk or quota full.
  kPermission,       // Not allowed to.
  kIo,               // The device or file system failed.
  kTooNew,           // Written by a newer benchkeep.
  kCancelled,        // The user interrupted.
  kInternal,         // A broken promise of our own: please report.
};

struct Error {
  Code code = Code::kInternal;
  Message message;
  std::filesystem::path path;  // The file it is about; may be empty.
  int sys_errno = 0;           // 0 when no system call was involved.
  Message fix;                 // What to do about it; may be empty.
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  [[nodiscard]] bool ok() const { return this->has_value(); }
};

class [[nodiscard]] Status : public tl::expected<void, Error> {
 public:
  using tl::expected<void, Error>::expected;
  [[nodiscard]] bool ok() const { return this->has_value(); }
};

using Unexpected = tl::unexpected<Error>;

// An error of `code`; `message` is built with Say().
Unexpected Fail(Code code, Message message, std::filesystem::path path = {});

// The same with a cure.
Unexpected Fail(Code code, Message message, Message fix,
                std::filesystem::path path = {});

// An error of the system call that set `sys_errno`: "renaming /a/b: Permission
// denied".  `doing` is a verb phrase marked N_().
Unexpected FailSys(int sys_errno, const char* doing,
                   const std::filesystem::path& path);

// The only way to drop an error; `reason` says why that is right.
template <typename R>
void IgnoreError(const R& /*result*/, const char* /*reason*/) {}

// Aborts with the expression when an invariant of ours is broken.  On in every
// build; never for input.
#define BENCHKEEP_CHECK(condition)                              \
  do {                                                          \
    if (!(condition)) {                                         \
      ::benchkeep::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                           \
  } while (false)
[[noreturn]] void CheckFailed(const char* file, int line,
                              const char* condition);

// Returns the error of `expression`, or goes on.
#define BENCHKEEP_TRY(expression)                               \
  do {                                                          \
    if (auto status_ = (expression); !status_.ok()) {           \
      return ::tl::make_unexpected(std::move(status_).error()); \
    }                                                           \
  } while (false)

#define BENCHKEEP_CONCAT_(a, b) a##b
#define BENCHKEEP_CONCAT(a, b) BENCHKEEP_CONCAT_(a, b)

// Declares `lhs` from the value of `expression`, or returns its error.
#define BENCHKEEP_ASSIGN(lhs, expression) \
  BENCHKEEP_ASSIGN_(BENCHKEEP_CONCAT(result_, __LINE__), lhs, expression)
#define BENCHKEEP_ASSIGN_(result, lhs, expression)           \
  auto result = (expression);                                \
  if (!result.ok()) {                                        \
    return ::tl::make_unexpected(std::move(result).error()); \
  }                                                          \
  lhs = std::move(*result)

}  // namespace benchkeep
