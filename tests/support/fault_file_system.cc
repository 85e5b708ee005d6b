// Counting forwarders.

#include "support/fault_file_system.h"

namespace benchkeep::fs {

class FaultFileSystem::FaultReadableFile final : public ReadableFile {
 public:
  FaultReadableFile(FaultFileSystem& owner, Path path,
                    std::unique_ptr<ReadableFile> base)
      : owner_(owner), path_(std::move(path)), base_(std::move(base)) {}

  Result<std::size_t> ReadAt(std::uint64_t offset,
                             std::span<std::byte> buffer) override {
    BENCHKEEP_TRY(owner_.Read(path_));
    return base_->ReadAt(offset, buffer);
  }
  Result<FileInfo> Info() override {
    BENCHKEEP_TRY(owner_.Read(path_));
    return base_->Info();
  }

 private:
  FaultFileSystem& owner_;
  Path path_;
  std::unique_ptr<ReadableFile> base_;
};

class FaultFileSystem::FaultWritableFile final : public WritableFile {
 public:
  FaultWritableFile(FaultFileSystem& owner, Path path,
                    std::unique_ptr<WritableFile> base)
      : owner_(owner), path_(std::move(path)), base_(std::move(base)) {}

  Status Append(std::string_view bytes) override {
    Status struck = owner_.Mutate(path_);
    if (struck.ok()) return base_->Append(bytes);
    BENCHKEEP_TRY(base_->Append(bytes.substr(0, bytes.size() / 2)));
    return struck;
  }
  Status Sync() override {
    BENCHKEEP_TRY(owner_.Mutate(path_));
    return base_->Sync();
  }
  Status Close() override {
    BENCHKEEP_TRY(owner_.Mutate(path_));
    return base_->Close();
  }

 private:
  FaultFileSystem& owner_;
  Path path_;
  std::unique_ptr<WritableFile> base_;
};

void FaultFileSystem::Arm(const Fault& fault) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
  calls_ = 0;
  fired_ = 0;
}

std::uint64_t FaultFileSystem::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::uint64_t FaultFileSystem::fired() const {
  const std::lock_guard lock(mutex_);
  return fired_;
}

Status FaultFileSystem::Count(const Path& path, bool mutating) {
  const std::lock_guard lock(mutex_);
  if (!mutating && fault_.calls == Calls::kMutating) return {};
  ++calls_;
  const bool due = fault_.lasting == Lasting::kOnce ? calls_ == fault_.nth
                                                    : calls_ >= fault_.nth;
  if (fault_.nth == 0 || !due) return {};
  ++fired_;
  return FailSys(fault_.sys_errno, "injected at {0}: {1}", path);
}

Result<std::unique_ptr<ReadableFile>> FaultFileSystem::Open(const Path& path) {
  BENCHKEEP_TRY(Read(path));
  BENCHKEEP_ASSIGN(auto file, base_.Open(path));
  return std::make_unique<FaultReadableFile>(*this, path, std::move(file));
}

Result<std::unique_ptr<WritableFile>> FaultFileSystem::Create(
    const Path& path, std::uint32_t mode) {
  BENCHKEEP_TRY(Mutate(path));
  BENCHKEEP_ASSIGN(auto file, base_.Create(path, mode));
  return std::make_unique<FaultWritableFile>(*this, path, std::move(file));
}

Result<FileInfo> FaultFileSystem::Info(const Path& path) {
  BENCHKEEP_TRY(Read(path));
  return base_.Info(path);
}

Result<std::vector<DirEntry>> FaultFileSystem::List(const Path& directory) {
  BENCHKEEP_TRY(Read(directory));
  return base_.List(directory);
}

Status FaultFileSystem::MakeDirs(const Path& directory, std::uint32_t mode) {
  BENCHKEEP_TRY(Mutate(directory));
  return base_.MakeDirs(directory, mode);
}

Status FaultFileSystem::Rename(const Path& from, const Path& to) {
  BENCHKEEP_TRY(Mutate(from));
  return base_.Rename(from, to);
}

Status FaultFileSystem::RenameNoReplace(const Path& from, const Path& to) {
  BENCHKEEP_TRY(Mutate(from));
  return base_.RenameNoReplace(from, to);
}

Status FaultFileSystem::Link(const Path& existing, const Path& link) {
  BENCHKEEP_TRY(Mutate(link));
  return base_.Link(existing, link);
}

Status FaultFileSystem::Remove(const Path& file) {
  BENCHKEEP_TRY(Mutate(file));
  return base_.Remove(file);
}

Status FaultFileSystem::RemoveDir(const Path& directory) {
  BENCHKEEP_TRY(Mutate(directory));
  return base_.RemoveDir(directory);
}

Status FaultFileSystem::SetMode(const Path& path, std::uint32_t mode) {
  BENCHKEEP_TRY(Mutate(path));
  return base_.SetMode(path, mode);
}

Status FaultFileSystem::SetOwner(const Path& path, std::uint32_t uid,
                                 std::uint32_t gid) {
  BENCHKEEP_TRY(Mutate(path));
  return base_.SetOwner(path, uid, gid);
}

Status FaultFileSystem::SetTime(const Path& path, std::int64_t mtime_ns) {
  BENCHKEEP_TRY(Mutate(path));
  return base_.SetTime(path, mtime_ns);
}

Status FaultFileSystem::SyncFile(const Path& file) {
  BENCHKEEP_TRY(Mutate(file));
  return base_.SyncFile(file);
}

Status FaultFileSystem::SyncDir(const Path& directory) {
  BENCHKEEP_TRY(Mutate(directory));
  return base_.SyncDir(directory);
}

Result<std::uint64_t> FaultFileSystem::FreeBytes(const Path& path) {
  BENCHKEEP_TRY(Read(path));
  return base_.FreeBytes(path);
}

}  // namespace benchkeep::fs
