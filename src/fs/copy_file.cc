// Copies under a read lease, by FICLONE where that works.

#include "fs/copy_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <cstddef>
#include <memory>
#include <string_view>

#include "fs/posix_file_system.h"
#include "fs/read_lease.h"

namespace benchkeep::fs {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::uint32_t kPrivate = 0600;

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

Status CopyBytes(FileSystem& file_system, ReadableFile& from, const Path& to,
                 Sha256* sum) {
  BENCHKEEP_ASSIGN(const auto target, file_system.Create(to, kPrivate));
  // Most files are smaller: what is not read is not touched.
  const auto block = std::make_unique_for_overwrite<std::byte[]>(kBlockBytes);
  std::uint64_t offset = 0;
  while (true) {
    BENCHKEEP_ASSIGN(const std::size_t got,
                     from.ReadAt(offset, {block.get(), kBlockBytes}));
    if (got == 0) return target->Close();
    const std::string_view bytes(reinterpret_cast<const char*>(block.get()),
                                 got);
    if (sum != nullptr) sum->Add(bytes);
    BENCHKEEP_TRY(target->Append(bytes));
    offset += got;
  }
}

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
      Sha256 sum;
      BENCHKEEP_TRY(CopyBytes(file_system, *file, to, &sum));
      copy.sha256 = sum.Hex();
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
    Sha256 sum;
    BENCHKEEP_TRY(CopyBytes(file_system, *file, to, &sum));
    copy.sha256 = sum.Hex();
    return copy;
  });
}

}  // namespace benchkeep::fs
