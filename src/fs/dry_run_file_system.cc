// The overlay: a map from names to nodes, in front of the real names.

#include "fs/dry_run_file_system.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace benchkeep::fs {
namespace {

// Set in the inode numbers of what exists in the overlay only.
constexpr std::uint64_t kOverlayInode = std::uint64_t{1} << 63U;

// One spelling per name: absolute, without "." and a trailing slash.
Path KeyOf(const Path& path) {
  std::error_code error;
  Path key = std::filesystem::absolute(path, error).lexically_normal();
  if (error) return path;
  return key.has_filename() ? key : key.parent_path();
}

bool IsBelow(const Path& path, const Path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end())
             .first == folder.end();
}

}  // namespace

class DryRunFileSystem::OverlayReadableFile final : public ReadableFile {
 public:
  // `real` is the open file where the bytes are, or null.
  OverlayReadableFile(std::mutex& mutex, NodePtr node,
                      std::unique_ptr<ReadableFile> real)
      : mutex_(mutex), node_(std::move(node)), real_(std::move(real)) {}

  Result<std::size_t> ReadAt(std::uint64_t offset,
                             std::span<std::byte> buffer) override {
    if (real_ != nullptr) return real_->ReadAt(offset, buffer);
    const std::lock_guard lock(mutex_);
    const std::string& bytes = node_->bytes;
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t size =
        std::min<std::size_t>(buffer.size(), bytes.size() - offset);
    const auto part = std::as_bytes(std::span(bytes)).subspan(offset, size);
    std::copy(part.begin(), part.end(), buffer.begin());
    return size;
  }

  Result<FileInfo> Info() override {
    const std::lock_guard lock(mutex_);
    return node_->info;
  }

 private:
  std::mutex& mutex_;
  NodePtr node_;
  std::unique_ptr<ReadableFile> real_;
};

class DryRunFileSystem::OverlayWritableFile final : public WritableFile {
 public:
  OverlayWritableFile(DryRunFileSystem& owner, NodePtr node)
      : owner_(owner), node_(std::move(node)) {}

  Status Append(std::string_view bytes) override {
    const std::lock_guard lock(owner_.mutex_);
    node_->bytes += bytes;
    node_->info.size = node_->bytes.size();
    node_->info.mtime_ns = static_cast<std::int64_t>(++owner_.made_);
    return {};
  }
  Status Sync() override { return {}; }
  Status Close() override { return {}; }

 private:
  DryRunFileSystem& owner_;
  NodePtr node_;
};

// Lookup -------------------------------------------------------------------

Result<DryRunFileSystem::Place> DryRunFileSystem::Locate(
    const Path& key) const {
  // The longest overlaid part of the name decides.
  for (Path at = key;; at = at.parent_path()) {
    if (const auto found = overlay_.find(at); found != overlay_.end()) {
      const NodePtr& node = found->second;
      if (node != nullptr && at == key) return Place{node, node->real};
      if (node == nullptr || node->real.empty()) {
        return FailSys(ENOENT, N_("opening {0}: {1}"), key);
      }
      return Place{nullptr, node->real / key.lexically_relative(at)};
    }
    if (!at.has_relative_path()) return Place{nullptr, key};
  }
}

Result<FileInfo> DryRunFileSystem::InfoAt(const Path& key) const {
  BENCHKEEP_ASSIGN(const Place place, Locate(key));
  if (place.node != nullptr) return place.node->info;
  return base_.Info(place.real);
}

Result<DryRunFileSystem::NodePtr> DryRunFileSystem::Adopt(const Path& key) {
  BENCHKEEP_ASSIGN(const Place place, Locate(key));
  if (place.node != nullptr) return place.node;
  BENCHKEEP_ASSIGN(const FileInfo info, base_.Info(place.real));
  return overlay_[key] = std::make_shared<Node>(Node{info, place.real, {}});
}

Result<FileInfo> DryRunFileSystem::ParentOf(const Path& key) const {
  const Path parent = key.parent_path();
  BENCHKEEP_ASSIGN(FileInfo info, InfoAt(parent));
  if (info.type == FileType::kSymlink) {
    // With a trailing slash the base follows it, as it does for real.
    BENCHKEEP_ASSIGN(const Place place, Locate(parent));
    BENCHKEEP_ASSIGN(info, base_.Info(place.real / ""));
  }
  if (info.type != FileType::kDirectory) {
    return FailSys(ENOTDIR, N_("opening {0}: {1}"), key);
  }
  return info;
}

Result<std::vector<DirEntry>> DryRunFileSystem::ListAt(const Path& key) const {
  BENCHKEEP_ASSIGN(const Place place, Locate(key));
  if (place.node != nullptr && place.node->info.type != FileType::kDirectory) {
    return FailSys(ENOTDIR, N_("listing {0}: {1}"), key);
  }
  std::vector<DirEntry> entries;
  if (!place.real.empty()) {
    BENCHKEEP_ASSIGN(entries, base_.List(place.real));
    std::erase_if(entries, [&](const DirEntry& entry) {
      return overlay_.contains(key / entry.name);
    });
  }
  for (auto at = overlay_.upper_bound(key);
       at != overlay_.end() && IsBelow(at->first, key); ++at) {
    const auto& [path, node] = *at;
    if (node != nullptr && path.parent_path() == key) {
      entries.push_back({path.filename().string(), node->info.type});
    }
  }
  return entries;
}

Result<std::unique_ptr<ReadableFile>> DryRunFileSystem::Open(const Path& path) {
  const std::lock_guard lock(mutex_);
  const Path key = KeyOf(path);
  BENCHKEEP_ASSIGN(const Place place, Locate(key));
  if (place.node == nullptr) return base_.Open(place.real);
  std::unique_ptr<ReadableFile> real;
  if (!place.real.empty()) {
    BENCHKEEP_ASSIGN(real, base_.Open(place.real));
  } else if (place.node->info.type != FileType::kRegular) {
    return Fail(Code::kInvalidArgument, Say(N_("{0} is not a file"), key), key);
  }
  return std::make_unique<OverlayReadableFile>(mutex_, place.node,
                                               std::move(real));
}

Result<FileInfo> DryRunFileSystem::Info(const Path& path) {
  const std::lock_guard lock(mutex_);
  return InfoAt(KeyOf(path));
}

Result<std::vector<DirEntry>> DryRunFileSystem::List(const Path& directory) {
  const std::lock_guard lock(mutex_);
  return ListAt(KeyOf(directory));
}

Result<std::uint64_t> DryRunFileSystem::FreeBytes(const Path& path) {
  const std::lock_guard lock(mutex_);
  const Path key = KeyOf(path);
  BENCHKEEP_TRY(InfoAt(key));
  // What was made here would lie where its nearest real folder is.
  for (Path at = key;; at = at.parent_path()) {
    const Result<Place> place = Locate(at);
    if (place.ok() && !place->real.empty()) return base_.FreeBytes(place->real);
    if (!at.has_relative_path()) return base_.FreeBytes(at);
  }
}

// Changes ------------------------------------------------------------------

DryRunFileSystem::NodePtr DryRunFileSystem::MakeNode(FileType type,
                                                     const FileInfo& parent,
                                                     std::uint32_t mode) {
  ++made_;
  FileInfo info = parent;  // Its device and owner.
  info.type = type;
  info.inode = kOverlayInode | made_;
  info.size = 0;
  info.mtime_ns = static_cast<std::int64_t>(made_);
  info.mode = mode;
  info.links = 1;
  return std::make_shared<Node>(Node{info, {}, {}});
}

void DryRunFileSystem::DropBelow(const Path& key) {
  const auto first = overlay_.upper_bound(key);
  auto last = first;
  while (last != overlay_.end() && IsBelow(last->first, key)) ++last;
  overlay_.erase(first, last);
}

Result<std::unique_ptr<WritableFile>> DryRunFileSystem::Create(
    const Path& path, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  const Path key = KeyOf(path);
  BENCHKEEP_ASSIGN(const FileInfo parent, ParentOf(key));
  if (InfoAt(key).ok()) return FailSys(EEXIST, N_("creating {0}: {1}"), key);
  NodePtr node = MakeNode(FileType::kRegular, parent, mode);
  overlay_[key] = node;
  return std::make_unique<OverlayWritableFile>(*this, std::move(node));
}

Status DryRunFileSystem::MakeDirs(const Path& directory, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  return MakeDirsAt(KeyOf(directory), mode);
}

Status DryRunFileSystem::MakeDirsAt(const Path& key, std::uint32_t mode) {
  // As the parent of something, a link to a folder is as good as a folder.
  if (ParentOf(key / "child").ok()) return {};
  if (InfoAt(key).ok()) {
    return FailSys(ENOTDIR, N_("creating the folder {0}: {1}"), key);
  }
  BENCHKEEP_TRY(MakeDirsAt(key.parent_path(), mode));
  BENCHKEEP_ASSIGN(const FileInfo parent, ParentOf(key));
  overlay_[key] = MakeNode(FileType::kDirectory, parent, mode);
  return {};
}

Status DryRunFileSystem::MoveAt(const Path& from, const Path& to) {
  BENCHKEEP_ASSIGN(const FileInfo moved, InfoAt(from));
  BENCHKEEP_TRY(ParentOf(to));
  const bool folder = moved.type == FileType::kDirectory;
  if (folder && from != to && IsBelow(to, from)) {
    return FailSys(EINVAL, N_("renaming {0}: {1}"), from);
  }
  if (const Result<FileInfo> old = InfoAt(to); old.ok()) {
    if (old->SameFile(moved)) return {};
    if (folder != (old->type == FileType::kDirectory)) {
      return FailSys(folder ? ENOTDIR : EISDIR, N_("renaming {0}: {1}"), from);
    }
    if (folder) {
      BENCHKEEP_ASSIGN(const auto entries, ListAt(to));
      if (!entries.empty()) {
        return FailSys(ENOTEMPTY, N_("renaming {0}: {1}"), from);
      }
    }
    BENCHKEEP_ASSIGN(const NodePtr replaced, Adopt(to));
    --replaced->info.links;
  }
  BENCHKEEP_ASSIGN(const NodePtr node, Adopt(from));
  DropBelow(to);
  // What the overlay knows below a folder moves with it.
  std::vector<std::pair<Path, NodePtr>> below;
  for (auto at = overlay_.upper_bound(from);
       at != overlay_.end() && IsBelow(at->first, from); ++at) {
    below.emplace_back(to / at->first.lexically_relative(from), at->second);
  }
  DropBelow(from);
  overlay_.insert(below.begin(), below.end());
  overlay_[from] = nullptr;
  overlay_[to] = node;
  return {};
}

Status DryRunFileSystem::Rename(const Path& from, const Path& to) {
  const std::lock_guard lock(mutex_);
  return MoveAt(KeyOf(from), KeyOf(to));
}

Status DryRunFileSystem::RenameNoReplace(const Path& from, const Path& to) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_TRY(InfoAt(KeyOf(from)));
  if (InfoAt(KeyOf(to)).ok()) {
    return FailSys(EEXIST, N_("renaming {0}: {1}"), to);
  }
  return MoveAt(KeyOf(from), KeyOf(to));
}

Status DryRunFileSystem::Link(const Path& existing, const Path& link) {
  const std::lock_guard lock(mutex_);
  const Path key = KeyOf(link);
  BENCHKEEP_ASSIGN(const FileInfo info, InfoAt(KeyOf(existing)));
  BENCHKEEP_TRY(ParentOf(key));
  if (InfoAt(key).ok()) return FailSys(EEXIST, N_("linking {0}: {1}"), link);
  if (info.type == FileType::kDirectory) {
    return FailSys(EPERM, N_("linking {0}: {1}"), existing);
  }
  BENCHKEEP_ASSIGN(const NodePtr node, Adopt(KeyOf(existing)));
  ++node->info.links;
  overlay_[key] = node;
  return {};
}

Status DryRunFileSystem::Remove(const Path& file) {
  const std::lock_guard lock(mutex_);
  const Path key = KeyOf(file);
  BENCHKEEP_ASSIGN(const FileInfo info, InfoAt(key));
  if (info.type == FileType::kDirectory) {
    return FailSys(EISDIR, N_("removing {0}: {1}"), file);
  }
  BENCHKEEP_ASSIGN(const NodePtr node, Adopt(key));
  --node->info.links;
  overlay_[key] = nullptr;
  return {};
}

Status DryRunFileSystem::RemoveDir(const Path& directory) {
  const std::lock_guard lock(mutex_);
  const Path key = KeyOf(directory);
  BENCHKEEP_ASSIGN(const FileInfo info, InfoAt(key));
  if (info.type != FileType::kDirectory) {
    return FailSys(ENOTDIR, N_("removing {0}: {1}"), directory);
  }
  BENCHKEEP_ASSIGN(const auto entries, ListAt(key));
  if (!entries.empty()) {
    return FailSys(ENOTEMPTY, N_("removing {0}: {1}"), directory);
  }
  DropBelow(key);
  overlay_[key] = nullptr;
  return {};
}

Status DryRunFileSystem::SetMode(const Path& path, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const FileInfo info, InfoAt(KeyOf(path)));
  if (info.type == FileType::kSymlink) {
    return FailSys(ELOOP, N_("changing the mode of {0}: {1}"), path);
  }
  BENCHKEEP_ASSIGN(const NodePtr node, Adopt(KeyOf(path)));
  node->info.mode = mode;
  return {};
}

Status DryRunFileSystem::SetTime(const Path& path, std::int64_t mtime_ns) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const NodePtr node, Adopt(KeyOf(path)));
  node->info.mtime_ns = mtime_ns;
  return {};
}

Status DryRunFileSystem::SetOwner(const Path& path, std::uint32_t uid,
                                  std::uint32_t gid) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const NodePtr node, Adopt(KeyOf(path)));
  node->info.uid = uid;
  node->info.gid = gid;
  return {};
}

Status DryRunFileSystem::SyncFile(const Path& file) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const FileInfo info, InfoAt(KeyOf(file)));
  if (info.type == FileType::kSymlink) {
    return FailSys(ELOOP, N_("opening {0}: {1}"), file);
  }
  return {};
}

Status DryRunFileSystem::SyncDir(const Path& directory) {
  const std::lock_guard lock(mutex_);
  BENCHKEEP_ASSIGN(const FileInfo info, InfoAt(KeyOf(directory)));
  if (info.type == FileType::kSymlink) {
    return FailSys(ELOOP, N_("opening {0}: {1}"), directory);
  }
  if (info.type != FileType::kDirectory) {
    return FailSys(ENOTDIR, N_("opening {0}: {1}"), directory);
  }
  return {};
}

}  // namespace benchkeep::fs
