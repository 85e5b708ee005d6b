// cachestat(2), mincore(2) and posix_fadvise(2).

#include "host/page_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace benchkeep::host {
namespace {

class Opened {
 public:
  explicit Opened(const std::filesystem::path& file)
      : fd_(::open(file.c_str(),
                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) {}
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }
  // Zero for anything but a regular file.
  [[nodiscard]] std::uint64_t size() const {
    struct stat info {};
    if (fd_ < 0 || ::fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  int fd_;
};

std::uint64_t PageBytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
}

// Linux 6.5; the headers of Debian 12 do not know it yet.
std::optional<std::uint64_t> ByCacheStat(int fd) {
  constexpr long kCacheStat = 451;
  struct Range {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;  // To the end.
  } range;
  struct Counts {
    std::uint64_t cached = 0;
    std::uint64_t dirty = 0;
    std::uint64_t writeback = 0;
    std::uint64_t evicted = 0;
    std::uint64_t recently_evicted = 0;
  } counts;
  if (::syscall(kCacheStat, fd, &range, &counts, 0) != 0) return std::nullopt;
  return counts.cached * PageBytes();
}

std::optional<std::uint64_t> ByMinCore(int fd, std::uint64_t size) {
  void* map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) return std::nullopt;  // NOLINT: the macro is a cast.
  std::vector<unsigned char> pages((size + PageBytes() - 1) / PageBytes());
  const bool told = ::mincore(map, size, pages.data()) == 0;
  ::munmap(map, size);
  if (!told) return std::nullopt;
  const auto cached = std::count_if(
      pages.begin(), pages.end(), [](unsigned char page) { return page & 1; });
  return static_cast<std::uint64_t>(cached) * PageBytes();
}

// Of the files of others mincore(2) says that all of it is there.
bool MayAsk(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return false;
  return ::geteuid() == 0 || info.st_uid == ::geteuid();
}

}  // namespace

std::optional<std::uint64_t> CachedBytes(const std::filesystem::path& file) {
  const Opened opened(file);
  if (opened.fd() < 0) return std::nullopt;
  const std::uint64_t size = opened.size();
  if (size == 0) return 0;
  if (const auto cached = ByCacheStat(opened.fd())) return cached;
  if (!MayAsk(opened.fd())) return std::nullopt;
  return ByMinCore(opened.fd(), size);
}

bool DropCached(const std::filesystem::path& file) {
  const Opened opened(file);
  return opened.size() > 0 &&
         ::posix_fadvise(opened.fd(), 0, 0, POSIX_FADV_DONTNEED) == 0;
}

}  // namespace benchkeep::host
