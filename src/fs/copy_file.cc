// Copies under a read lease, by FICLONE where that works.

#include "fs/copy_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <memory>
#include <vector>

#include "fs/posix_file_system.h"
#include "fs/read_lease.h"
#include "fs/sha256.h"

namespace benchkeep::fs {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::uint32_t kPrivate = 0600;

Result<std::string> CopyBytes(FileSystem& file_system, ReadableFile& from,
                              const Path& to) {
  BENCHKEEP_ASSIGN(const auto target, file_system.Create(to, kPrivate));
  Sha256 sum;
  std::vector<std::byte> block(kBlockBytes);
  std::uint64_t offset = 0;
  while (true) {
    BENCHKEEP_ASSIGN(const std::size_t got, from.ReadAt(offset, block));
    if (got == 0) break;
    const std::string_view bytes(reinterpret_cast<const char*>(block.data()),
                                 got);
    sum.Add(bytes);
    BENCHKEEP_TRY(target->Append(bytes));
    offset += got;
  }
  BENCHKEEP_TRY(target->Close());
  return sum.Hex();
}

Unexpected Busy(const Path& path) {
  return Fail(Code::kBusy, Say(N_("{0} is being written"), path),
              Say(N_("wait until it has finished, then try again")), path);
}

// Runs `copy` and removes `to` when it fails.
template <typename Copy>
Result<FileCopy> OrNothing(FileSystem& file_system, const Path& to,
                           Copy&& copy) {
  BENCHKEEP_ASSIGN(const bool taken, Exists(file_system, to));
  if (taken) {
    return Fail(Code::kAlreadyExists, Say(N_("{0} is in the way"), to), to);
  }
  Result<FileCopy> copied = copy();
  if (!copied.ok()) {
    IgnoreError(file_system.Remove(to), "the first error counts");
  }
  return copied;
}

}  // namespace

Result<bool> CloneFile(FileSystem& file_system, int from, const Path& to) {
  const Fd target(::open(to.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                         kPrivate));
  if (!target.valid()) return false;
  if (::ioctl(target.get(), FICLONE, from) == 0) return true;
  BENCHKEEP_TRY(file_system.Remove(to));
  return false;
}

Result<FileCopy> CopyQuietFile(FileSystem& file_system, const Path& from,
                               const Path& to) {
  return OrNothing(file_system, to, [&]() -> Result<FileCopy> {
    BENCHKEEP_ASSIGN(const ReadLease lease, ReadLease::Take(from));
    FileCopy copy;
    copy.proven = lease.supported();
    BENCHKEEP_ASSIGN(copy.source, lease.Info());
    BENCHKEEP_ASSIGN(const bool cloned, CloneFile(file_system, lease.fd(), to));
    if (!cloned) {
      BENCHKEEP_ASSIGN(const auto file, ReadDescriptor(lease.fd(), from));
      BENCHKEEP_ASSIGN(copy.sha256, CopyBytes(file_system, *file, to));
    }
    // A rename over the name breaks no lease.
    const Result<FileInfo> now = file_system.Info(from);
    if (!lease.Held() || !now.ok() || !now->SameState(copy.source)) {
      return Busy(from);
    }
    return copy;
  });
}

Result<FileCopy> CopyBusyFile(FileSystem& file_system, const Path& from,
                              const Path& to) {
  return OrNothing(file_system, to, [&]() -> Result<FileCopy> {
    BENCHKEEP_ASSIGN(const auto file, file_system.Open(from));
    FileCopy copy;
    BENCHKEEP_ASSIGN(copy.source, file->Info());
    BENCHKEEP_ASSIGN(copy.sha256, CopyBytes(file_system, *file, to));
    return copy;
  });
}

}  // namespace benchkeep::fs
