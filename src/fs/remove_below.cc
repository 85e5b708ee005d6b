// Removing by open folders, so that nobody can lead us out of them.

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "fs/fd.h"
#include "fs/posix_file_system.h"

namespace benchkeep::fs {
namespace {

// Opens a folder below `anchor`, or says why not: ELOOP for a link on the way,
// EXDEV for a way out or another file system.  glibc 2.36 has no wrapper.
Fd OpenFolderBelow(int anchor, const Path& relative) {
  open_how how{};
  // Without O_NOFOLLOW, which would say ENOTDIR for a link.
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
                RESOLVE_NO_XDEV;
  // EAGAIN: something was renamed just then.
  constexpr int kTries = 100;
  for (int attempt = 1;; ++attempt) {
    const long fd =
        ::syscall(SYS_openat2, anchor, relative.c_str(), &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN || attempt == kTries) {
      return Fd(static_cast<int>(fd));
    }
  }
}

Result<std::vector<std::string>> NamesIn(int folder, const Path& path) {
  // Read through a copy: closedir() would close ours.
  Fd copy(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* dir = copy.valid() ? ::fdopendir(copy.get()) : nullptr;
  if (dir == nullptr) return FailSys(errno, N_("listing {0}: {1}"), path);
  copy.Release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int sys_errno = errno;
  ::closedir(dir);
  if (sys_errno != 0) return FailSys(sys_errno, N_("listing {0}: {1}"), path);
  return names;
}

// Removes the entry `name` of an open folder; `path` is for messages.
Status RemoveEntry(int folder, const std::string& name, const Path& path) {
  struct stat st {};
  if (::fstatat(folder, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
    return FailSys(errno, N_("removing {0}: {1}"), path);
  }
  if (!S_ISDIR(st.st_mode)) {
    if (::unlinkat(folder, name.c_str(), 0) == 0) return {};
    return FailSys(errno, N_("removing {0}: {1}"), path);
  }
  {
    const Fd inner = OpenFolderBelow(folder, name);
    if (!inner.valid()) return FailSys(errno, N_("removing {0}: {1}"), path);
    BENCHKEEP_ASSIGN(const auto names, NamesIn(inner.get(), path));
    for (const std::string& child : names) {
      BENCHKEEP_TRY(RemoveEntry(inner.get(), child, path / child));
    }
  }
  if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) == 0) return {};
  return FailSys(errno, N_("removing {0}: {1}"), path);
}

}  // namespace

Status PosixFileSystem::RemoveBelow(const Path& anchor, const Path& relative) {
  const Path path = anchor / relative;
  const Fd start(::open(anchor.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!start.valid()) return FailSys(errno, N_("removing {0}: {1}"), path);
  const Path within =
      relative.has_parent_path() ? relative.parent_path() : Path(".");
  const Fd folder = OpenFolderBelow(start.get(), within);
  if (!folder.valid()) return FailSys(errno, N_("removing {0}: {1}"), path);
  return RemoveEntry(folder.get(), relative.filename().string(), path);
}

}  // namespace benchkeep::fs
