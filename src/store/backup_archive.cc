// A deterministic tar archive, compressed by all processors.

#include "store/backup_archive.h"

#include <set>

#include "fs/gzip.h"
#include "fs/sha256.h"
#include "fs/tar.h"

namespace benchkeep::store {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::uint32_t kPrivate = 0600;
constexpr std::uint32_t kFolderMode = 0755;

class Packer {
 public:
  Packer(fs::FileSystem& file_system, fs::GzipWriter& gzip, Progress& progress)
      : files_(file_system),
        tar_([&gzip](std::string_view bytes) { return gzip.Write(bytes); }),
        progress_(progress),
        block_(kBlockBytes) {}

  Status Add(const SnapshotFile& file) {
    BENCHKEEP_TRY(AddFolders(file.member.path));
    fs::TarEntry entry;
    entry.path = file.member.path;
    entry.size = file.member.bytes;
    entry.mode = file.member.mode;
    entry.mtime_ns = file.member.mtime_ns;
    BENCHKEEP_TRY(tar_.Begin(entry));
    BENCHKEEP_ASSIGN(const auto from, files_.Open(file.copy));
    fs::Sha256 sum;
    std::uint64_t offset = 0;
    while (offset < file.member.bytes) {
      BENCHKEEP_ASSIGN(const std::size_t got, from->ReadAt(offset, block_));
      const std::string_view bytes(reinterpret_cast<const char*>(block_.data()),
                                   got);
      if (got == 0 || got > file.member.bytes - offset) return Changed(file);
      sum.Add(bytes);
      BENCHKEEP_TRY(tar_.Write(bytes));
      offset += got;
      done_ += got;
      progress_.Advance(done_);
      if (progress_.Cancelled()) {
        return Fail(Code::kCancelled, Say(N_("interrupted")));
      }
    }
    return sum.Hex() == file.member.sha256 ? Status() : Changed(file);
  }

  Status Finish() { return tar_.Finish(); }

 private:
  [[nodiscard]] static Status Changed(const SnapshotFile& file) {
    return Fail(Code::kIo,
                Say(N_("the copy of {0} is not what was copied: the disk may "
                       "be failing"),
                    file.member.path),
                file.copy);
  }

  // Folders come before what is in them; their times are those of nobody.
  Status AddFolders(const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      fs::TarEntry entry;
      entry.path = path.substr(0, slash);
      entry.folder = true;
      entry.mode = kFolderMode;
      if (!folders_.insert(entry.path).second) continue;
      BENCHKEEP_TRY(tar_.Begin(entry));
    }
    return {};
  }

  fs::FileSystem& files_;
  fs::TarWriter tar_;
  Progress& progress_;
  std::vector<std::byte> block_;
  std::set<std::string> folders_;
  std::uint64_t done_ = 0;
};

}  // namespace

Result<BackupFile> WriteArchive(fs::FileSystem& file_system,
                                const std::vector<SnapshotFile>& files,
                                const fs::Path& target, int threads,
                                Progress& progress) {
  std::uint64_t total = 0;
  for (const SnapshotFile& file : files) total += file.member.bytes;
  progress.Stage(Say(N_("packing")), total);
  BENCHKEEP_ASSIGN(const auto out, file_system.Create(target, kPrivate));
  fs::GzipWriter gzip(*out, threads);
  Packer packer(file_system, gzip, progress);
  for (const SnapshotFile& file : files) BENCHKEEP_TRY(packer.Add(file));
  BENCHKEEP_TRY(packer.Finish());
  BENCHKEEP_TRY(gzip.Finish());
  BENCHKEEP_TRY(out->Sync());
  BENCHKEEP_TRY(out->Close());
  return BackupFile{target.filename().string(), gzip.bytes(), gzip.sha256()};
}

}  // namespace benchkeep::store
