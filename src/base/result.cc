// Errors as values.

#include "base/result.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace benchkeep {
namespace {

Code CodeOf(int sys_errno) {
  switch (sys_errno) {
    case ENOENT:
    case ENOTDIR:
      return Code::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
      return Code::kAlreadyExists;
    case EAGAIN:
    case EBUSY:
    case ETXTBSY:
      return Code::kBusy;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Code::kNoSpace;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
      return Code::kPermission;
    case EINVAL:
    case ENAMETOOLONG:
      return Code::kInvalidArgument;
    default:
      return Code::kIo;
  }
}

Message FixFor(int sys_errno) {
  switch (CodeOf(sys_errno)) {
    case Code::kNoSpace:
      return Say(N_("free some space, then run the command again"));
    case Code::kPermission:
      return Say(
          N_("check the owner and mode of the file, or run as its owner"));
    default:
      return {};
  }
}

}  // namespace

Unexpected Fail(Code code, Message message, std::filesystem::path path) {
  return Unexpected(
      Error{code, std::move(message), std::move(path), 0, Message{}});
}

Unexpected Fail(Code code, Message message, Message fix,
                std::filesystem::path path) {
  return Unexpected(
      Error{code, std::move(message), std::move(path), 0, std::move(fix)});
}

Unexpected FailSys(int sys_errno, const char* doing,
                   const std::filesystem::path& path) {
  // "{0}" keeps the verb phrase translatable: it is a msgid of its own.
  Message message;
  message.msgid = doing;
  // Not strerror(): arguments belong to no language, and it speaks the user's.
  const char* const words = ::strerrordesc_np(sys_errno);
  message.args = {path.string(), words == nullptr ? "?" : words};
  return Unexpected(Error{CodeOf(sys_errno), std::move(message), path,
                          sys_errno, FixFor(sys_errno)});
}

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "benchkeep: internal error: %s:%d: %s\n", file, line,
               condition);
  std::abort();
}

}  // namespace benchkeep
