// Inodes, folders of names, and the durable version of both.

#include "support/mem_file_system.h"

#include <algorithm>
#include <cerrno>
#include <map>

namespace benchkeep::fs {

struct MemFileSystem::Inode {
  using Names = std::map<std::string, InodePtr>;
  FileInfo info;
  std::string bytes;
  std::string durable_bytes;
  Names names;
  Names durable_names;

  [[nodiscard]] bool IsDirectory() const {
    return info.type == FileType::kDirectory;
  }
};

// A name in a folder, taken or free.
struct MemFileSystem::Slot {
  InodePtr folder;
  std::string name;

  [[nodiscard]] InodePtr Get() const {
    const auto found = folder->names.find(name);
    return found == folder->names.end() ? nullptr : found->second;
  }
  void Set(InodePtr inode) const {
    if (const InodePtr old = Get()) --old->info.links;
    ++inode->info.links;
    folder->names[name] = std::move(inode);
  }
  void Clear() const {
    --Get()->info.links;
    folder->names.erase(name);
  }
};

class MemFileSystem::MemReadableFile final : public ReadableFile {
 public:
  MemReadableFile(std::mutex& mutex, InodePtr inode)
      : mutex_(mutex), inode_(std::move(inode)) {}

  Result<std::size_t> ReadAt(std::uint64_t offset,
                             std::span<std::byte> buffer) override {
    const std::lock_guard lock(mutex_);
    const std::string& bytes = inode_->bytes;
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t size =
        std::min<std::size_t>(buffer.size(), bytes.size() - offset);
    const auto part = std::as_bytes(std::span(bytes)).subspan(offset, size);
    std::copy(part.begin(), part.end(), buffer.begin());
    return size;
  }

  Result<FileInfo> Info() override {
    const std::lock_guard lock(mutex_);
    return inode_->info;
  }

 private:
  std::mutex& mutex_;
  InodePtr inode_;
};

class MemFileSystem::MemWritableFile final : public WritableFile {
 public:
  MemWritableFile(MemFileSystem& owner, InodePtr inode)
      : owner_(owner), inode_(std::move(inode)) {}

  Status Append(std::string_view bytes) override {
    const std::lock_guard lock(owner_.mutex_);
    inode_->bytes += bytes;
    inode_->info.size = inode_->bytes.size();
    inode_->info.mtime_ns = static_cast<std::int64_t>(++owner_.ticks_);
    return {};
  }

  Status Sync() override {
    const std::lock_guard lock(owner_.mutex_);
    inode_->durable_bytes = inode_->bytes;
    return {};
  }

  Status Close() override { return {}; }

 private:
  MemFileSystem& owner_;
  InodePtr inode_;
};

MemFileSystem::MemFileSystem() : root_(MakeInode(FileType::kDirectory, 0755)) {}

MemFileSystem::~MemFileSystem() = default;

void MemFileSystem::PowerCut(UnsyncedNames names) {
  const std::lock_guard lock(mutex_);
  Revert(*root_, names);
}

void MemFileSystem::Revert(Inode& directory, UnsyncedNames names) {
  // The lost names leave their inodes, the restored ones come back to theirs.
  for (const auto& [name, inode] : directory.names) --inode->info.links;
  if (names == UnsyncedNames::kLost) directory.names = directory.durable_names;
  directory.durable_names = directory.names;
  for (const auto& [name, inode] : directory.names) {
    ++inode->info.links;
    if (inode->IsDirectory()) {
      Revert(*inode, names);
    } else {
      inode->bytes = inode->durable_bytes;
      inode->info.size = inode->bytes.size();
    }
  }
}

MemFileSystem::InodePtr MemFileSystem::MakeInode(FileType type,
                                                 std::uint32_t mode) {
  auto inode = std::make_shared<Inode>();
  inode->info.type = type;
  inode->info.inode = ++inodes_;
  inode->info.mode = mode;
  inode->info.links = 0;  // Until it has a name.
  inode->info.mtime_ns = static_cast<std::int64_t>(++ticks_);
  return inode;
}

Result<MemFileSystem::InodePtr> MemFileSystem::Find(const Path& path) {
  InodePtr at = root_;
  for (const Path& part : path.lexically_normal().relative_path()) {
    if (part.empty()) continue;  // A trailing slash.
    if (!at->IsDirectory()) {
      return FailSys(ENOTDIR, N_("opening {0}: {1}"), path);
    }
    const auto found = at->names.find(part.string());
    if (found == at->names.end()) {
      return FailSys(ENOENT, N_("opening {0}: {1}"), path);
    }
    at = found->second;
  }
  return at;
}

Result<MemFileSystem::Slot> MemFileSystem::FindSlot(const Path& path) {
  Path name = path.lexically_normal();
  if (!name.has_filename()) name = name.parent_path();
  BENCHKEEP_ASSIGN(InodePtr folder, Find(name.parent_path()));
  if (!folder->IsDirectory()) {
    return FailSys(ENOTDIR, N_("opening {0}: {1}"), path);
  }
  return Slot{std::move(folder), name.filename().string()};
}

Result<std::unique_ptr<ReadableFile>> MemFileSystem::Open(const Path& path) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(InodePtr inode, Find(path));
  if (inode->IsDirectory()) {
    return Fail(Code::kInvalidArgument, Say(N_("{0} is not a file"), path),
                path);
  }
  return std::make_unique<MemReadableFile>(mutex_, std::move(inode));
}

Result<std::unique_ptr<WritableFile>> MemFileSystem::Create(
    const Path& path, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const Slot slot, FindSlot(path));
  if (slot.Get()) return FailSys(EEXIST, N_("creating {0}: {1}"), path);
  InodePtr inode = MakeInode(FileType::kRegular, mode);
  slot.Set(inode);
  return std::make_unique<MemWritableFile>(*this, std::move(inode));
}

Result<FileInfo> MemFileSystem::Info(const Path& path) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const InodePtr inode, Find(path));
  return inode->info;
}

Result<std::vector<DirEntry>> MemFileSystem::List(const Path& directory) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const InodePtr inode, Find(directory));
  if (!inode->IsDirectory()) {
    return FailSys(ENOTDIR, N_("listing {0}: {1}"), directory);
  }
  std::vector<DirEntry> entries;
  for (const auto& [name, child] : inode->names) {
    entries.push_back({name, child->info.type});
  }
  return entries;
}

Status MemFileSystem::MakeDirs(const Path& directory, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  InodePtr at = root_;
  for (const Path& part : directory.lexically_normal().relative_path()) {
    if (part.empty()) continue;  // A trailing slash.
    const Slot slot{at, part.string()};
    if (!slot.Get()) slot.Set(MakeInode(FileType::kDirectory, mode));
    at = slot.Get();
    if (!at->IsDirectory()) {
      return FailSys(ENOTDIR, N_("creating the folder {0}: {1}"), directory);
    }
  }
  return {};
}

Status MemFileSystem::Move(const Path& from, const Path& to) {
  BENCHKEEP_ASSIGN(const Slot source, FindSlot(from));
  BENCHKEEP_ASSIGN(const Slot target, FindSlot(to));
  const InodePtr inode = source.Get();
  if (!inode) return FailSys(ENOENT, N_("renaming {0}: {1}"), from);
  const Path inside =
      to.lexically_normal().lexically_relative(from.lexically_normal());
  if (inode->IsDirectory() && !inside.empty() && inside != "." &&
      *inside.begin() != "..") {
    return FailSys(EINVAL, N_("renaming {0}: {1}"), from);
  }
  if (const InodePtr old = target.Get()) {
    if (old == inode) return {};
    if (inode->IsDirectory() != old->IsDirectory()) {
      return FailSys(old->IsDirectory() ? EISDIR : ENOTDIR,
                     N_("renaming {0}: {1}"), from);
    }
    if (!old->names.empty()) {
      return FailSys(ENOTEMPTY, N_("renaming {0}: {1}"), from);
    }
  }
  target.Set(inode);
  source.Clear();
  return {};
}

Status MemFileSystem::Rename(const Path& from, const Path& to) {
  const std::lock_guard lock(mutex_);
  return Move(from, to);
}

Status MemFileSystem::RenameNoReplace(const Path& from, const Path& to) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_TRY(Find(from));
  if (Find(to).ok()) return FailSys(EEXIST, N_("renaming {0}: {1}"), to);
  return Move(from, to);
}

Status MemFileSystem::Link(const Path& existing, const Path& link) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const InodePtr inode, Find(existing));
  BENCHKEEP_ASSIGN(const Slot slot, FindSlot(link));
  if (slot.Get()) return FailSys(EEXIST, N_("linking {0}: {1}"), link);
  if (inode->IsDirectory()) {
    return FailSys(EPERM, N_("linking {0}: {1}"), existing);
  }
  slot.Set(inode);
  return {};
}

Status MemFileSystem::Remove(const Path& file) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const InodePtr inode, Find(file));
  if (inode->IsDirectory()) {
    return FailSys(EISDIR, N_("removing {0}: {1}"), file);
  }
  BENCHKEEP_ASSIGN(const Slot slot, FindSlot(file));
  slot.Clear();
  return {};
}

Status MemFileSystem::RemoveDir(const Path& directory) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const InodePtr inode, Find(directory));
  if (!inode->IsDirectory()) {
    return FailSys(ENOTDIR, N_("removing {0}: {1}"), directory);
  }
  if (!inode->names.empty()) {
    return FailSys(ENOTEMPTY, N_("removing {0}: {1}"), directory);
  }
  BENCHKEEP_ASSIGN(const Slot slot, FindSlot(directory));
  slot.Clear();
  return {};
}

Status MemFileSystem::SetMode(const Path& path, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const InodePtr inode, Find(path));
  inode->info.mode = mode;
  return {};
}

Status MemFileSystem::SetTime(const Path& path, std::int64_t mtime_ns) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const InodePtr inode, Find(path));
  inode->info.mtime_ns = mtime_ns;
  return {};
}

Status MemFileSystem::SetOwner(const Path& path, std::uint32_t uid,
                               std::uint32_t gid) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const InodePtr inode, Find(path));
  inode->info.uid = uid;
  inode->info.gid = gid;
  return {};
}

Status MemFileSystem::SyncFile(const Path& file) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const InodePtr inode, Find(file));
  inode->durable_bytes = inode->bytes;
  return {};
}

Status MemFileSystem::SyncDir(const Path& directory) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const InodePtr inode, Find(directory));
  if (!inode->IsDirectory()) {
    return FailSys(ENOTDIR, N_("opening {0}: {1}"), directory);
  }
  inode->durable_names = inode->names;
  return {};
}

Result<std::uint64_t> MemFileSystem::FreeBytes(const Path& path) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_TRY(Find(path));
  return std::uint64_t{1} << 40U;
}

}  // namespace benchkeep::fs
