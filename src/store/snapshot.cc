// A consistent cut of a live store.

#include "store/snapshot.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/text.h"
#include "fs/atomic_file.h"
#include "fs/copy_file.h"
#include "fs/sha256.h"
#include "fs/tar.h"
#include "store/store_lock.h"

namespace benchkeep::store {
namespace {

// How often a file that is being written is tried again, and how long we wait
// before; and the same for pairs of copies, which must be a second apart.
constexpr int kRetries = 20;
constexpr auto kNap = std::chrono::milliseconds(100);
constexpr int kPairs = 3;
constexpr auto kPairGap = std::chrono::milliseconds(1'050);

constexpr int kMaxDepth = 32;

class Lister {
 public:
  Lister(const Store& store, Findings& findings)
      : layout_(store.layout()),
        files_(store.file_system()),
        findings_(findings) {
    for (const std::string& lock : store.settings().locks) {
      skipped_.insert((layout_.root() / lock).lexically_normal());
    }
    skipped_.insert(layout_.state());
    skipped_.insert(layout_.backups());
  }

  Result<std::vector<LiveFile>> Run() {
    BENCHKEEP_TRY(AddFile(layout_.master(), Part::kMaster));
    if (layout_.data() == layout_.root()) {
      // Everything else of the store lies there, too.
      BENCHKEEP_TRY(AddFile(layout_.results(), Part::kData));
    } else {
      BENCHKEEP_TRY(AddFolder(layout_.data(), Part::kData, 0));
    }
    BENCHKEEP_TRY(AddFolder(layout_.increments(), Part::kData, 0));
    BENCHKEEP_TRY(AddFolder(layout_.config(), Part::kConfig, 0));
    BENCHKEEP_TRY(AddFile(layout_.settings_file(), Part::kSettings));
    std::sort(found_.begin(), found_.end(),
              [](const LiveFile& a, const LiveFile& b) {
                return std::tie(a.part, a.path) < std::tie(b.part, b.path);
              });
    return std::move(found_);
  }

 private:
  Status AddFile(const fs::Path& path, Part part) {
    const Result<fs::FileInfo> info = files_.Info(path);
    if (!info.ok()) {
      return info.error().code == Code::kNotFound ? Status()
                                                  : Unexpected(info.error());
    }
    Add(path, part, *info);
    return {};
  }

  void Add(const fs::Path& path, Part part, const fs::FileInfo& info) {
    const std::string name = layout_.Relative(path);
    if (skipped_.contains(path) || !seen_.insert(name).second) return;
    if (path.filename().string().find(fs::kStagingInfix) != std::string::npos) {
      return;
    }
    if (info.type != fs::FileType::kRegular) {
      LeftOut(name, Say(N_("{0} is neither a file nor a folder: it is not in "
                           "the backup"),
                        name));
    } else if (fs::SafeRelativeName(name) != name || CleanUtf8(name) != name) {
      LeftOut(name, Say(N_("{0} has a name that cannot be kept: it is not in "
                           "the backup"),
                        CleanUtf8(name)));
    } else {
      found_.push_back({name, part, info.size});
    }
  }

  Status AddFolder(const fs::Path& folder, Part part, int depth) {
    if (skipped_.contains(folder)) return {};
    const auto entries = files_.List(folder);
    if (!entries.ok()) {
      // Gone meanwhile, or never there.
      if (entries.error().code == Code::kNotFound) return {};
      return Unexpected(entries.error());
    }
    if (depth > kMaxDepth) {
      LeftOut(layout_.Relative(folder),
              Say(N_("{0} is nested too deeply: it is not in the backup"),
                  layout_.Relative(folder)));
      return {};
    }
    for (const fs::DirEntry& entry : *entries) {
      const fs::Path path = folder / entry.name;
      if (entry.type == fs::FileType::kDirectory) {
        BENCHKEEP_TRY(AddFolder(path, part, depth + 1));
      } else {
        BENCHKEEP_TRY(AddFile(path, part));
      }
    }
    return {};
  }

  void LeftOut(const std::string& name, Message message) {
    findings_.push_back({"backup_left_out",
                         Severity::kWarning,
                         CleanUtf8(name),
                         std::move(message),
                         {}});
  }

  const Layout& layout_;
  fs::FileSystem& files_;
  Findings& findings_;
  std::set<fs::Path> skipped_;
  std::set<std::string> seen_;
  std::vector<LiveFile> found_;
};

class Taker {
 public:
  Taker(const Store& store, fs::Path folder, Progress& progress)
      : store_(store),
        files_(store.file_system()),
        folder_(std::move(folder)),
        progress_(progress) {}

  Result<Snapshot> Run() {
    BENCHKEEP_TRY(Cut());
    BENCHKEEP_TRY(TryBusyAgain());
    for (const LiveFile& file : waiting_) BENCHKEEP_TRY(CopyByPairs(file));
    BENCHKEEP_TRY(HashClones());
    std::sort(out_.files.begin(), out_.files.end(),
              [](const SnapshotFile& a, const SnapshotFile& b) {
                return std::tie(a.member.part, a.member.path) <
                       std::tie(b.member.part, b.member.path);
              });
    return std::move(out_);
  }

 private:
  // The lock files, unless a writer keeps one: the leases prove each file all
  // the same, only not all of them for one moment.
  Result<std::optional<WriterLocks>> Lock() {
    Result<WriterLocks> locks = WriterLocks::Acquire(store_);
    if (locks.ok()) return std::optional(std::move(*locks));
    if (locks.error().code != Code::kBusy) return Unexpected(locks.error());
    out_.locked = false;
    out_.findings.push_back(
        {"backup_not_locked",
         Severity::kWarning,
         store_.layout().Relative(locks.error().path),
         Say(N_("{0}; every file was copied whole, but not all at one moment"),
             locks.error().message.English()),
         {}});
    return std::optional<WriterLocks>();
  }

  Status Cut() {
    BENCHKEEP_ASSIGN(const auto locks, Lock());
    BENCHKEEP_ASSIGN(const std::vector<LiveFile> files,
                     ListLiveFiles(store_, out_.findings));
    progress_.Stage(Say(N_("copying the store")), files.size());
    std::uint64_t done = 0;
    for (const LiveFile& file : files) {
      BENCHKEEP_TRY(CopyOnce(file));
      progress_.Advance(++done);
      BENCHKEEP_TRY(CheckCancelled());
    }
    return {};
  }

  Status CheckCancelled() const {
    if (!progress_.Cancelled()) return {};
    return Fail(Code::kCancelled, Say(N_("interrupted")));
  }

  fs::Path NewPath() { return folder_ / std::to_string(++copies_); }

  // Copies a quiet file; a busy one, or one that no lease can be had for, is
  // put into waiting_.
  Status CopyOnce(const LiveFile& file) {
    const fs::Path to = NewPath();
    const Result<fs::FileCopy> copy =
        fs::CopyQuietFile(files_, store_.layout().root() / file.path, to);
    if (copy.ok() && copy->proven) {
      Add(file, *copy, to, "lease");
      return {};
    }
    if (copy.ok()) {
      BENCHKEEP_TRY(files_.Remove(to));
      waiting_.push_back(file);
      return {};
    }
    if (copy.error().code == Code::kBusy) {
      waiting_.push_back(file);
      return {};
    }
    // Merged or replaced a moment ago.
    if (copy.error().code == Code::kNotFound) return {};
    return Unexpected(copy.error());
  }

  Status TryBusyAgain() {
    for (int round = 0; round < kRetries && !waiting_.empty(); ++round) {
      store_.clock().SleepFor(kNap);
      const std::vector<LiveFile> again = std::exchange(waiting_, {});
      for (const LiveFile& file : again) BENCHKEEP_TRY(CopyOnce(file));
      BENCHKEEP_TRY(CheckCancelled());
    }
    return {};
  }

  Status CopyByPairs(const LiveFile& file) {
    const fs::Path from = store_.layout().root() / file.path;
    for (int pair = 1;; ++pair) {
      const fs::Path first = NewPath();
      const fs::Path second = NewPath();
      const Result<fs::FileCopy> one = fs::CopyBusyFile(files_, from, first);
      if (!one.ok() && one.error().code == Code::kNotFound) return {};
      BENCHKEEP_TRY(one);
      store_.clock().SleepFor(kPairGap);
      const Result<fs::FileCopy> two = fs::CopyBusyFile(files_, from, second);
      if (!two.ok() && two.error().code == Code::kNotFound) {
        BENCHKEEP_TRY(files_.Remove(first));
        return {};
      }
      BENCHKEEP_TRY(two);
      BENCHKEEP_TRY(files_.Remove(first));
      if (one->sha256 == two->sha256) {
        Add(file, *two, second, "two_copies");
        out_.findings.push_back(
            {"backup_weak_evidence",
             Severity::kInfo,
             file.path,
             Say(N_("{0} was open for writing or belongs to somebody else; two "
                    "copies a second apart were equal"),
                 file.path),
             {}});
        return {};
      }
      if (pair == kPairs) {
        Add(file, *two, second, "none");
        out_.busy.push_back(file.path);
        return {};
      }
      BENCHKEEP_TRY(files_.Remove(second));
      BENCHKEEP_TRY(CheckCancelled());
    }
  }

  void Add(const LiveFile& file, const fs::FileCopy& copy, const fs::Path& to,
           const char* evidence) {
    SnapshotFile out;
    out.member.path = file.path;
    out.member.part = file.part;
    out.member.bytes = copy.source.size;
    out.member.sha256 = copy.sha256;
    out.member.mode = copy.source.mode & 0777U;
    out.member.mtime_ns = copy.source.mtime_ns;
    out.member.evidence = evidence;
    out.copy = to;
    out_.files.push_back(std::move(out));
  }

  Status HashClones() {
    for (SnapshotFile& file : out_.files) {
      BENCHKEEP_ASSIGN(const fs::FileInfo info, files_.Info(file.copy));
      file.member.bytes = info.size;
      if (!file.member.sha256.empty()) continue;
      BENCHKEEP_ASSIGN(file.member.sha256, fs::Sha256OfFile(files_, file.copy));
    }
    return {};
  }

  const Store& store_;
  fs::FileSystem& files_;
  fs::Path folder_;
  Progress& progress_;
  Snapshot out_;
  std::vector<LiveFile> waiting_;
  std::uint64_t copies_ = 0;
};

}  // namespace

Result<std::vector<LiveFile>> ListLiveFiles(const Store& store,
                                            Findings& findings) {
  return Lister(store, findings).Run();
}

Result<Snapshot> TakeSnapshot(const Store& store, const fs::Path& folder,
                              Progress& progress) {
  return Taker(store, folder, progress).Run();
}

}  // namespace benchkeep::store
