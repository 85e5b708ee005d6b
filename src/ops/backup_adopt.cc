// Taking copies that people made by hand in as backups.

#include "ops/backup_adopt.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "fs/copy_file.h"
#include "fs/sha256.h"
#include "ops/backup_builder.h"
#include "ops/restore_steps.h"
#include "store/backup_extract.h"
#include "store/copies.h"
#include "store/master_database.h"
#include "store/parquet_footer.h"
#include "store/scratch_folder.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

using store::BackupEntry;
using store::Part;
using Outcome = AdoptedCopy::Outcome;

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr const char* kEmergency = "emergency_backup_";
constexpr int kMaxDepth = 8;

// One file of a copy, and what it would be in the store.
struct Piece {
  fs::Path from;
  std::string path;  // Below the root of the store.
  Part part = Part::kMaster;
  std::string sha256 = {};
  std::uint64_t bytes = 0;
};

// A file, or a folder of files that belong together.
struct Source {
  fs::Path path;
  std::vector<Piece> pieces = {};
  std::int64_t time_ns = 0;
  std::optional<Message> problem = {};
};

// When the data of a master database is from: it says so itself.
std::optional<std::int64_t> DataTime(const store::MasterDatabase& master) {
  constexpr std::size_t kSeconds = 19;
  if (!master.newest || master.newest->size() < kSeconds) return std::nullopt;
  const auto seconds =
      store::ParseIsoTime(master.newest->substr(0, kSeconds) + "Z");
  if (!seconds) return std::nullopt;
  return *seconds * kNanos;
}

class Finder {
 public:
  Finder(const store::Store& store, const std::vector<BackupEntry>& all,
         const fs::Path& scratch, Progress& progress)
      : store_(store),
        layout_(store.layout()),
        files_(store.file_system()),
        all_(all),
        scratch_(scratch),
        progress_(progress) {}

  Result<std::vector<Source>> Run() {
    for (const store::CopyFile& copy : store::MasterCopies(store_)) {
      AddFile(copy, Part::kMaster, layout_.master());
    }
    for (const store::CopyFile& copy : store::ResultsCopies(store_)) {
      AddFile(copy, Part::kData, layout_.results());
    }
    for (const BackupEntry& entry : all_) {
      if (entry.foreign) BENCHKEEP_TRY(AddForeign(entry));
    }
    BENCHKEEP_TRY(AddEmergencyFolders());
    for (Source& source : found_) BENCHKEEP_TRY(Examine(source));
    std::stable_sort(
        found_.begin(), found_.end(),
        [](const Source& a, const Source& b) { return a.time_ns > b.time_ns; });
    return std::move(found_);
  }

 private:
  void AddFile(const store::CopyFile& copy, Part part, const fs::Path& target) {
    if (copy.kind != store::CopyKind::kByHand) return;
    Source source{copy.path, {}, copy.time_ns, {}};
    source.pieces.push_back({copy.path, layout_.Relative(target), part});
    found_.push_back(std::move(source));
  }

  // A folder as the guide's backup_data.sh makes it.
  Status AddForeign(const BackupEntry& entry) {
    Source source{entry.folder, {}, store::TimeInName(entry.id), {}};
    AddIfFile(entry.folder / store::kBackupMaster, layout_.master(),
              Part::kMaster, source);
    AddTree(entry.folder / store::kBackupConfig, layout_.config(),
            Part::kConfig, source);
    const fs::Path archive = entry.folder / store::kBackupArchive;
    BENCHKEEP_ASSIGN(const bool packed, fs::Exists(files_, archive));
    if (packed) {
      const fs::Path out = scratch_ / entry.id;
      const auto entries =
          store::ExtractForeignArchive(files_, archive, out, progress_);
      if (!entries.ok() && entries.error().code != Code::kCorruption) {
        return Unexpected(entries.error());
      }
      if (!entries.ok()) {
        source.problem = entries.error().message;
      } else {
        AddTree(out / layout_.Relative(layout_.data()), layout_.data(),
                Part::kData, source);
      }
    }
    found_.push_back(std::move(source));
    return {};
  }

  // emergency_backup_*/ holds copies of whole folders.
  Status AddEmergencyFolders() {
    BENCHKEEP_ASSIGN(const auto entries, files_.List(layout_.root()));
    for (const fs::DirEntry& entry : entries) {
      if (entry.type != fs::FileType::kDirectory ||
          !entry.name.starts_with(kEmergency)) {
        continue;
      }
      const fs::Path folder = layout_.root() / entry.name;
      Source source{folder, {}, store::TimeInName(entry.name), {}};
      AddIfFile(folder / layout_.Relative(layout_.master()), layout_.master(),
                Part::kMaster, source);
      AddTree(folder / layout_.Relative(layout_.data()), layout_.data(),
              Part::kData, source);
      if (!source.pieces.empty()) found_.push_back(std::move(source));
    }
    return {};
  }

  void AddIfFile(const fs::Path& from, const fs::Path& target, Part part,
                 Source& source) {
    const auto info = files_.Info(from);
    if (!info.ok() || info->type != fs::FileType::kRegular) return;
    if (source.time_ns == 0) source.time_ns = info->mtime_ns;
    source.pieces.push_back({from, layout_.Relative(target), part});
  }

  void AddTree(const fs::Path& from, const fs::Path& target, Part part,
               Source& source, int depth = 0) {
    const auto entries = files_.List(from);
    if (!entries.ok() || depth > kMaxDepth) return;
    for (const fs::DirEntry& entry : *entries) {
      if (entry.type == fs::FileType::kDirectory) {
        AddTree(from / entry.name, target / entry.name, part, source,
                depth + 1);
      } else if (!entry.name.ends_with(".lock")) {
        AddIfFile(from / entry.name, target / entry.name, part, source);
      }
    }
  }

  Status Examine(Source& source) {
    if (source.pieces.empty() && !source.problem) {
      source.problem = Say(N_("there is nothing of a store in it"));
    }
    for (Piece& piece : source.pieces) {
      BENCHKEEP_ASSIGN(piece.sha256, fs::Sha256OfFile(files_, piece.from));
      BENCHKEEP_ASSIGN(const fs::FileInfo info, files_.Info(piece.from));
      piece.bytes = info.size;
      const Status readable = CheckReadable(piece, source);
      if (!readable.ok() && !source.problem) {
        source.problem = readable.error().message;
      }
    }
    return {};
  }

  Status CheckReadable(const Piece& piece, Source& source) {
    if (piece.part == Part::kMaster) {
      BENCHKEEP_ASSIGN(const store::MasterDatabase master,
                       store::LoadMaster(files_, piece.from));
      source.time_ns = DataTime(master).value_or(source.time_ns);
    } else if (piece.path == layout_.Relative(layout_.results())) {
      BENCHKEEP_ASSIGN(const auto file, files_.Open(piece.from));
      BENCHKEEP_TRY(store::ParquetFooter::Read(*file, piece.from));
    }
    return {};
  }

  const store::Store& store_;
  const store::Layout& layout_;
  fs::FileSystem& files_;
  const std::vector<BackupEntry>& all_;
  fs::Path scratch_;
  Progress& progress_;
  std::vector<Source> found_;
};

class Adopter {
 public:
  Adopter(const store::Store& store, const store::StoreLock* lock,
          const AdoptOptions& options, Progress& progress)
      : store_(store),
        files_(store.file_system()),
        lock_(lock),
        options_(options),
        progress_(progress) {}

  Result<AdoptReport> Run() {
    if (lock_ != nullptr) BENCHKEEP_TRY(PrepareBackups(store_));
    BENCHKEEP_ASSIGN(all_, store::ListBackups(store_));
    BENCHKEEP_ASSIGN(const store::ScratchFolder scratch,
                     store::ScratchFolder::Create(store_));
    progress_.Stage(Say(N_("looking for copies")), 0);
    BENCHKEEP_ASSIGN(const std::vector<Source> sources,
                     Finder(store_, all_, scratch.path(), progress_).Run());
    report_.dry_run = lock_ == nullptr;
    RememberKnown();
    std::optional<store::Transaction> txn;
    if (lock_ != nullptr) {
      BENCHKEEP_ASSIGN(store::Transaction begun,
                       store::Transaction::Begin(store_, *lock_, "adopt"));
      txn.emplace(std::move(begun));
    }
    progress_.Stage(Say(N_("taking copies in")), sources.size());
    for (const Source& source : sources) {
      BENCHKEEP_TRY(Take(source, txn ? &*txn : nullptr));
      progress_.Advance(report_.copies.size());
    }
    if (!txn || report_.adopted + report_.trashed == 0) {
      return std::move(report_);
    }
    txn->Note("copies_adopted", Json::Uint(report_.adopted));
    txn->Note("copies_trashed", Json::Uint(report_.trashed));
    BENCHKEEP_TRY(txn->Commit());
    report_.txn = txn->id();
    return std::move(report_);
  }

 private:
  // What the backups hold: by part and content.
  void RememberKnown() {
    for (const BackupEntry& entry : all_) {
      if (!entry.manifest || entry.state == store::BackupState::kBad) continue;
      for (const store::BackupMember& member : entry.manifest->members) {
        known_.try_emplace({member.part, member.sha256}, entry.id);
      }
    }
  }

  // The backup that holds all of it; empty: none.
  [[nodiscard]] std::optional<std::string> HolderOf(
      const Source& source) const {
    std::optional<std::string> holder;
    for (const Piece& piece : source.pieces) {
      const auto found = known_.find({piece.part, piece.sha256});
      if (found == known_.end()) return std::nullopt;
      holder = found->second;
    }
    return holder;
  }

  Status Take(const Source& source, store::Transaction* txn) {
    AdoptedCopy copy;
    copy.name = store_.layout().Relative(source.path);
    for (const Piece& piece : source.pieces) copy.bytes += piece.bytes;
    if (source.problem) {
      copy.outcome = Outcome::kUnusable;
      ++report_.unusable;
      report_.findings.push_back({"copy_unusable",
                                  Severity::kInfo,
                                  copy.name,
                                  Say(N_("{0} was left where it is: {1}"),
                                      copy.name, source.problem->English()),
                                  {}});
    } else if (const auto holder = HolderOf(source)) {
      copy.outcome = Outcome::kDuplicate;
      copy.backup = *holder;
      ++report_.duplicates;
    } else {
      if (txn != nullptr) {
        BENCHKEEP_ASSIGN(copy.backup, Build(source, copy.name, *txn));
      }
      ++report_.adopted;
      for (const Piece& piece : source.pieces) {
        known_.try_emplace({piece.part, piece.sha256}, copy.backup);
      }
    }
    if (options_.trash_duplicates && copy.outcome != Outcome::kUnusable) {
      copy.trashed = true;
      ++report_.trashed;
      report_.trashed_bytes += copy.bytes;
      if (txn != nullptr) {
        BENCHKEEP_ASSIGN(const fs::FileInfo info, files_.Info(source.path));
        txn->Remove(source.path, info);
      }
    }
    report_.copies.push_back(std::move(copy));
    return {};
  }

  Result<std::string> Build(const Source& source, const std::string& name,
                            store::Transaction& txn) {
    builders_.push_back(std::make_unique<BackupBuilder>(
        store_, all_, options_.memory_bytes, progress_));
    BackupBuilder& builder = *builders_.back();
    store::BackupManifest head;
    head.origin = "adopt";
    head.label = name;
    head.version = options_.version;
    BENCHKEEP_TRY(builder.Begin(
        std::move(head), TimePoint(std::chrono::nanoseconds(source.time_ns))));
    store::Snapshot snapshot;
    for (const Piece& piece : source.pieces) {
      const fs::Path to = builder.cut() / std::to_string(snapshot.files.size());
      BENCHKEEP_ASSIGN(const fs::FileCopy copied,
                       fs::CopyQuietFile(files_, piece.from, to));
      store::SnapshotFile file;
      file.copy = to;
      file.member = {piece.path,
                     piece.part,
                     {},
                     copied.source.size,
                     piece.sha256,
                     copied.source.mode & 0777U,
                     copied.source.mtime_ns,
                     copied.proven ? "lease" : "none"};
      BENCHKEEP_ASSIGN(const std::string sum, fs::Sha256OfFile(files_, to));
      if (sum != piece.sha256) {
        return Fail(Code::kBusy,
                    Say(N_("{0} was changed by another program meanwhile; "
                           "nothing was changed"),
                        name),
                    Say(N_("run the command again")), piece.from);
      }
      snapshot.files.push_back(std::move(file));
    }
    std::sort(snapshot.files.begin(), snapshot.files.end(),
              [](const store::SnapshotFile& a, const store::SnapshotFile& b) {
                return std::tie(a.member.part, a.member.path) <
                       std::tie(b.member.part, b.member.path);
              });
    BENCHKEEP_TRY(builder.Finish(std::move(snapshot), nullptr));
    BENCHKEEP_TRY(builder.Publish(txn));
    return builder.manifest().id;
  }

  const store::Store& store_;
  fs::FileSystem& files_;
  const store::StoreLock* lock_;
  const AdoptOptions& options_;
  Progress& progress_;
  std::vector<BackupEntry> all_;
  std::map<std::pair<Part, std::string>, std::string> known_;
  std::vector<std::unique_ptr<BackupBuilder>> builders_;
  AdoptReport report_;
};

}  // namespace

Result<AdoptReport> AdoptCopies(const store::Store& store,
                                const store::StoreLock* lock,
                                const AdoptOptions& options,
                                Progress& progress) {
  return Adopter(store, lock, options, progress).Run();
}

}  // namespace benchkeep::ops
