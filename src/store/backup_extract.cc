// Taking a backup out of its files again.

#include "store/backup_extract.h"

#include <algorithm>
#include <map>
#include <set>

#include "fs/gzip.h"
#include "fs/sha256.h"
#include "store/layout.h"

namespace benchkeep::store {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::uint32_t kPrivate = 0600;
constexpr std::uint32_t kFolderMode = 0700;

// An archive that expands beyond this is a bomb, unless it is small.
constexpr std::uint64_t kMaxRatio = 200;
constexpr std::uint64_t kSmall = std::uint64_t{10} << 20;

std::string_view View(const std::vector<std::byte>& block, std::size_t size) {
  return {reinterpret_cast<const char*>(block.data()), size};
}

// A new file below the root, or nothing when there is no root.
class Output {
 public:
  Output(fs::FileSystem& file_system, const fs::Path& root,
         const std::string& path)
      : files_(file_system), path_(root.empty() ? root : root / path) {}

  Status Open() {
    if (path_.empty()) return {};
    BENCHKEEP_TRY(files_.MakeDirs(path_.parent_path(), kFolderMode));
    BENCHKEEP_ASSIGN(file_, files_.Create(path_, kPrivate));
    return {};
  }
  Status Write(std::string_view bytes) {
    return file_ == nullptr ? Status() : file_->Append(bytes);
  }
  Status Close(std::uint32_t mode, std::int64_t mtime_ns) {
    if (file_ == nullptr) return {};
    BENCHKEEP_TRY(file_->Sync());
    BENCHKEEP_TRY(file_->Close());
    BENCHKEEP_TRY(files_.SetMode(path_, mode));
    return files_.SetTime(path_, mtime_ns);
  }
  Status Drop() {
    if (file_ == nullptr) return {};
    file_.reset();
    return files_.Remove(path_);
  }

 private:
  fs::FileSystem& files_;
  fs::Path path_;
  std::unique_ptr<fs::WritableFile> file_;
};

class Extractor {
 public:
  Extractor(fs::FileSystem& file_system, fs::Path folder,
            const BackupManifest& manifest, const Parts& parts, fs::Path root,
            Progress& progress)
      : files_(file_system),
        folder_(std::move(folder)),
        manifest_(manifest),
        parts_(parts),
        root_(std::move(root)),
        progress_(progress),
        block_(kBlockBytes) {}

  Result<std::vector<Damage>> Run() {
    std::uint64_t total = 0;
    std::map<std::string, std::vector<const BackupMember*>> wanted;
    for (const BackupMember& member : manifest_.members) {
      if (!parts_.Has(member.part)) continue;
      wanted[member.in].push_back(&member);
      total += member.bytes;
    }
    progress_.Stage(Say(N_("reading the backup")), total);
    for (const auto& [name, members] : wanted) {
      const BackupFile& file = *manifest_.FindFile(name);
      BENCHKEEP_TRY(name == kBackupArchive ? ReadArchive(file)
                                           : ReadPlain(file, *members.front()));
    }
    return std::move(damage_);
  }

 private:
  void Blame(const std::string& file, Message what) {
    damage_.push_back({file, std::move(what)});
  }

  // Damage of the backup is noted; anything else ends the run.
  Status NoteDamage(const std::string& file, const Error& error) {
    if (error.code != Code::kCorruption && error.code != Code::kNotFound &&
        error.code != Code::kInvalidArgument) {
      return Unexpected(error);
    }
    Blame(file, error.message);
    return {};
  }

  Status Advance(std::size_t bytes) {
    done_ += bytes;
    progress_.Advance(done_);
    if (!progress_.Cancelled()) return {};
    return Fail(Code::kCancelled, Say(N_("interrupted")));
  }

  Status ReadPlain(const BackupFile& file, const BackupMember& member) {
    auto opened = files_.Open(folder_ / file.name);
    if (!opened.ok()) return NoteDamage(file.name, opened.error());
    Output out(files_, root_, member.path);
    BENCHKEEP_TRY(out.Open());
    fs::Sha256 sum;
    std::uint64_t offset = 0;
    while (true) {
      BENCHKEEP_ASSIGN(const std::size_t got,
                       (*opened)->ReadAt(offset, block_));
      if (got == 0) break;
      sum.Add(View(block_, got));
      BENCHKEEP_TRY(out.Write(View(block_, got)));
      offset += got;
      BENCHKEEP_TRY(Advance(got));
    }
    if (offset == file.bytes && sum.Hex() == file.sha256 &&
        file.sha256 == member.sha256) {
      return out.Close(member.mode, member.mtime_ns);
    }
    Blame(file.name, Say(N_("{0} is not what was backed up"), file.name));
    return out.Drop();
  }

  Status ReadArchive(const BackupFile& file) {
    const fs::Path path = folder_ / file.name;
    auto opened = files_.Open(path);
    if (!opened.ok()) return NoteDamage(file.name, opened.error());
    std::map<std::string, const BackupMember*> missing;
    fs::TarLimits limits{.entries = 0, .entry_bytes = 0, .total_bytes = 0};
    for (const BackupMember& member : manifest_.members) {
      if (member.in != file.name) continue;
      missing[member.path] = &member;
      limits.entries += 1 + static_cast<std::uint64_t>(std::count(
                                member.path.begin(), member.path.end(), '/'));
      limits.entry_bytes = std::max(limits.entry_bytes, member.bytes);
      limits.total_bytes += member.bytes;
    }
    fs::GzipReader gzip(**opened, path);
    fs::TarReader tar(
        [&gzip](std::span<std::byte> buffer) { return gzip.Read(buffer); },
        path, limits);
    const Status read = ReadEntries(file, tar, missing);
    if (!read.ok()) BENCHKEEP_TRY(NoteDamage(file.name, read.error()));
    BENCHKEEP_ASSIGN(const std::string sum, gzip.Sha256OfAll());
    if (sum != file.sha256) {
      Blame(file.name, Say(N_("{0} is not what was backed up"), file.name));
    }
    for (const auto& [name, member] : missing) {
      Blame(file.name, Say(N_("{0} cannot be read from {1}"), name, file.name));
    }
    return {};
  }

  Status ReadEntries(const BackupFile& file, fs::TarReader& tar,
                     std::map<std::string, const BackupMember*>& missing) {
    while (true) {
      BENCHKEEP_ASSIGN(const auto entry, tar.Next());
      if (!entry) return {};
      if (entry->folder) continue;
      const auto found = missing.find(entry->path);
      if (found == missing.end()) {
        Blame(file.name, Say(N_("{0} holds {1}, which is not in the manifest"),
                             file.name, entry->path));
        continue;
      }
      BENCHKEEP_TRY(ReadMember(file, tar, *found->second));
      missing.erase(found);
    }
  }

  Status ReadMember(const BackupFile& file, fs::TarReader& tar,
                    const BackupMember& member) {
    Output out(files_, parts_.Has(member.part) ? root_ : fs::Path(),
               member.path);
    BENCHKEEP_TRY(out.Open());
    fs::Sha256 sum;
    std::uint64_t bytes = 0;
    while (true) {
      const Result<std::size_t> got = tar.Read(block_);
      if (!got.ok()) {
        BENCHKEEP_TRY(out.Drop());
        return Unexpected(got.error());
      }
      if (*got == 0) break;
      sum.Add(View(block_, *got));
      BENCHKEEP_TRY(out.Write(View(block_, *got)));
      bytes += *got;
      BENCHKEEP_TRY(Advance(*got));
    }
    if (bytes == member.bytes && sum.Hex() == member.sha256) {
      return out.Close(member.mode, member.mtime_ns);
    }
    Blame(file.name, Say(N_("{0} in {1} is not what was backed up"),
                         member.path, file.name));
    return out.Drop();
  }

  fs::FileSystem& files_;
  fs::Path folder_;
  const BackupManifest& manifest_;
  Parts parts_;
  fs::Path root_;
  Progress& progress_;
  std::vector<std::byte> block_;
  std::vector<Damage> damage_;
  std::uint64_t done_ = 0;
};

}  // namespace

bool Parts::Has(Part part) const {
  switch (part) {
    case Part::kMaster:
      return master;
    case Part::kData:
      return data;
    case Part::kConfig:
      return config;
    case Part::kSettings:
      return settings;
  }
  return false;
}

Result<std::vector<Damage>> ExtractBackup(fs::FileSystem& file_system,
                                          const fs::Path& folder,
                                          const BackupManifest& manifest,
                                          const Parts& parts,
                                          const fs::Path& root,
                                          Progress& progress) {
  return Extractor(file_system, folder, manifest, parts, root, progress).Run();
}

Result<std::vector<fs::TarEntry>> ExtractForeignArchive(
    fs::FileSystem& file_system, const fs::Path& archive, const fs::Path& root,
    Progress& progress) {
  BENCHKEEP_ASSIGN(const auto file, file_system.Open(archive));
  BENCHKEEP_ASSIGN(const fs::FileInfo info, file->Info());
  fs::TarLimits limits;
  limits.entries = 100'000;
  limits.total_bytes = std::max(kSmall, kMaxRatio * info.size);
  limits.entry_bytes = limits.total_bytes;
  fs::GzipReader gzip(*file, archive);
  std::uint64_t unpacked = 0;
  fs::TarReader tar(
      [&](std::span<std::byte> buffer) -> Result<std::size_t> {
        BENCHKEEP_ASSIGN(const std::size_t got, gzip.Read(buffer));
        unpacked += got;
        // Blocks between and behind the entries count as well.
        if (unpacked > 2 * limits.total_bytes) {
          return Fail(Code::kCorruption,
                      Say(N_("the archive {0} would unpack to more than {1} "
                             "bytes"),
                          archive, limits.total_bytes),
                      archive);
        }
        return got;
      },
      archive, limits);
  progress.Stage(Say(N_("unpacking {0}"), archive.filename()), 0);
  std::vector<fs::TarEntry> entries;
  std::vector<std::byte> block(kBlockBytes);
  while (true) {
    BENCHKEEP_ASSIGN(auto entry, tar.Next());
    if (!entry) return entries;
    if (entry->folder) continue;
    Output out(file_system, root, entry->path);
    BENCHKEEP_TRY(out.Open());
    while (true) {
      BENCHKEEP_ASSIGN(const std::size_t got, tar.Read(block));
      if (got == 0) break;
      BENCHKEEP_TRY(out.Write(View(block, got)));
      if (progress.Cancelled()) {
        return Fail(Code::kCancelled, Say(N_("interrupted")));
      }
    }
    BENCHKEEP_TRY(out.Close(entry->mode & 0777U, entry->mtime_ns));
    entries.push_back(std::move(*entry));
  }
}

}  // namespace benchkeep::store
