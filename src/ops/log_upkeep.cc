// Packing and pruning logs.

#include "ops/log_upkeep.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "fs/gzip.h"
#include "fs/read_lease.h"
#include "fs/sha256.h"
#include "host/memory.h"
#include "ops/log_files.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kDayNanos = std::int64_t{86'400} * 1'000'000'000;
constexpr std::size_t kChunk = std::size_t{256} << 10;

std::int64_t AgeNanos(const store::Store& store, const fs::FileInfo& info) {
  return store.clock().Now().time_since_epoch() / std::chrono::nanoseconds{1} -
         info.mtime_ns;
}

// Old logs of a store, those that somebody writes sorted out.
struct OldLogs {
  std::vector<LogFile> logs;
  LogUpkeepReport report;  // What was sorted out.
};

Result<OldLogs> FindOld(const store::Store& store, std::int64_t days,
                        bool packed_too) {
  OldLogs old;
  BENCHKEEP_ASSIGN(const std::vector<LogFile> all,
                   ListLogs(store, old.report.findings));
  for (const LogFile& log : all) {
    const bool packed = log.path.extension() == ".gz";
    if ((packed && !packed_too) ||
        AgeNanos(store, log.info) < days * kDayNanos) {
      ++old.report.kept;
      continue;
    }
    const Result<fs::ReadLease> lease = fs::ReadLease::Take(log.path);
    if (lease.ok()) {
      old.logs.push_back(log);
      continue;
    }
    if (lease.error().code == Code::kNotFound) continue;
    ++old.report.kept;
    if (lease.error().code == Code::kBusy) {
      ++old.report.open;
    } else {
      old.report.findings.push_back({"log_unreadable", Severity::kWarning,
                                     store.layout().Relative(log.path),
                                     lease.error().message, lease.error().fix});
    }
  }
  return old;
}

// Packs the old logs of one folder as one change.
class Packer {
 public:
  Packer(const store::Store& store, const store::StoreLock& lock,
         LogUpkeepReport& report, Progress& progress)
      : store_(store),
        files_(store.file_system()),
        lock_(lock),
        report_(report),
        progress_(progress) {}

  Status Run(const fs::Path& folder, const std::vector<LogFile>& logs) {
    BENCHKEEP_ASSIGN(store::Transaction txn,
                     store::Transaction::Begin(store_, lock_, "logs_compress"));
    BENCHKEEP_TRY(txn.TakeFrom(folder));
    std::vector<LogChange> changes;
    for (const LogFile& log : logs) {
      if (progress_.Cancelled()) {
        return Fail(Code::kCancelled, Say(N_("interrupted")));
      }
      BENCHKEEP_ASSIGN(const auto change, Pack(log, changes.size(), txn));
      if (change) changes.push_back(*change);
      progress_.Advance(++done_);
    }
    if (changes.empty()) return {};
    BENCHKEEP_TRY(txn.SyncTaken());
    txn.Note("logs_packed", Json::Uint(changes.size()));
    const std::string id = txn.id();
    BENCHKEEP_TRY(txn.Commit());
    report_.txns.push_back(id);
    // Undo unpacks: the originals need not wait in the trash.
    BENCHKEEP_TRY(store::DropPackedOriginals(store_, id));
    for (LogChange& change : changes) {
      report_.bytes_freed += change.bytes_before - change.bytes_after;
      report_.changes.push_back(std::move(change));
    }
    return {};
  }

 private:
  // Nullopt: it is in use after all, or packing makes it no smaller.
  Result<std::optional<LogChange>> Pack(const LogFile& log, std::size_t number,
                                        store::Transaction& txn) {
    const std::string name = log.path.filename().string();
    const Result<fs::ReadLease> lease = fs::ReadLease::Take(log.path);
    const Result<fs::FileInfo> info =
        lease.ok() ? lease->Info()
                   : Result<fs::FileInfo>(Unexpected(lease.error()));
    if (!info.ok() || !info->SameState(log.info)) {
      ++report_.kept;
      ++report_.open;
      return std::nullopt;
    }
    BENCHKEEP_TRY(txn.MoveIn(name));
    const fs::Path taken = txn.TakenPath(name);
    const fs::Path staged =
        txn.staging() / ("packed-" + std::to_string(number) + ".gz");
    BENCHKEEP_ASSIGN(const std::string sum, Compress(taken, staged));
    BENCHKEEP_ASSIGN(const fs::FileInfo packed, files_.Info(staged));
    BENCHKEEP_TRY(Verify(staged, sum, log.info.size));
    // Whoever looked the name up before it was moved waits at the lease, and
    // would go on writing into a file that is about to go.
    BENCHKEEP_ASSIGN(const fs::FileInfo now, files_.Info(taken));
    const bool quiet = lease->Held() && now.SameState(log.info);
    if (!quiet || packed.size >= log.info.size) {
      BENCHKEEP_TRY(txn.MoveBack(name));
      BENCHKEEP_TRY(files_.Remove(staged));
      ++report_.kept;
      if (!quiet) ++report_.open;
      return std::nullopt;
    }
    IgnoreError(files_.SetOwner(staged, log.info.uid, log.info.gid),
                "only root may give files away; the new file is ours then");
    BENCHKEEP_TRY(files_.SetMode(staged, log.info.mode));
    BENCHKEEP_TRY(files_.SetTime(staged, log.info.mtime_ns));
    BENCHKEEP_TRY(files_.SyncFile(staged));
    BENCHKEEP_ASSIGN(const fs::Path target, FreeTarget(log.path));
    BENCHKEEP_TRY(txn.Replace(staged, target, std::nullopt));
    txn.Pack(name, target, sum, log.info);
    return LogChange{store_.layout().Relative(log.path), log.info.size,
                     packed.size};
  }

  // "a.log.gz", or "a-2.log.gz" when that is there.
  Result<fs::Path> FreeTarget(const fs::Path& log) {
    for (int n = 1;; ++n) {
      const std::string number = n == 1 ? "" : "-" + std::to_string(n);
      const fs::Path path =
          log.parent_path() /
          (log.stem().string() + number + log.extension().string() + ".gz");
      BENCHKEEP_ASSIGN(const bool taken, fs::Exists(files_, path));
      if (!taken) return path;
    }
  }

  // Returns the SHA-256 of what was packed.
  Result<std::string> Compress(const fs::Path& from, const fs::Path& to) {
    BENCHKEEP_ASSIGN(const auto source, files_.Open(from));
    BENCHKEEP_ASSIGN(const auto target, files_.Create(to, 0600));
    fs::GzipWriter writer(*target, host::AllowedProcessors());
    fs::Sha256 sum;
    std::string buffer(kChunk, '\0');
    for (std::uint64_t offset = 0;;) {
      BENCHKEEP_ASSIGN(
          const std::size_t got,
          source->ReadAt(offset, std::as_writable_bytes(std::span(buffer))));
      if (got == 0) break;
      const std::string_view bytes(buffer.data(), got);
      sum.Add(bytes);
      BENCHKEEP_TRY(writer.Write(bytes));
      offset += got;
    }
    BENCHKEEP_TRY(writer.Finish());
    BENCHKEEP_TRY(target->Sync());
    BENCHKEEP_TRY(target->Close());
    return sum.Hex();
  }

  Status Verify(const fs::Path& packed, const std::string& want,
                std::uint64_t bytes) {
    BENCHKEEP_ASSIGN(const auto file, files_.Open(packed));
    fs::GzipReader reader(*file, packed);
    fs::Sha256 sum;
    std::vector<std::byte> buffer(kChunk);
    std::uint64_t total = 0;
    while (true) {
      BENCHKEEP_ASSIGN(const std::size_t got, reader.Read(buffer));
      if (got == 0) break;
      sum.Add({reinterpret_cast<const char*>(buffer.data()), got});
      total += got;
    }
    if (sum.Hex() == want && total == bytes) return {};
    return Fail(Code::kIo,
                Say(N_("{0} does not unpack to what was packed; the log was "
                       "left as it is"),
                    packed.filename()),
                packed);
  }

  const store::Store& store_;
  fs::FileSystem& files_;
  const store::StoreLock& lock_;
  LogUpkeepReport& report_;
  Progress& progress_;
  std::uint64_t done_ = 0;
};

}  // namespace

Result<LogUpkeepReport> CompressLogs(const store::Store& store,
                                     const store::StoreLock* lock,
                                     Progress& progress) {
  BENCHKEEP_ASSIGN(
      OldLogs old,
      FindOld(store, store.settings().logs_compress_after_days, false));
  LogUpkeepReport report = std::move(old.report);
  report.dry_run = lock == nullptr;
  progress.Stage(Say(N_("packing logs")), old.logs.size());
  if (lock == nullptr) {
    for (const LogFile& log : old.logs) {
      report.changes.push_back(
          {store.layout().Relative(log.path), log.info.size, 0});
    }
    return report;
  }
  std::map<fs::Path, std::vector<LogFile>> folders;
  for (const LogFile& log : old.logs) {
    folders[log.path.parent_path()].push_back(log);
  }
  Packer packer(store, *lock, report, progress);
  for (const auto& [folder, logs] : folders) {
    BENCHKEEP_TRY(packer.Run(folder, logs));
  }
  return report;
}

Result<LogUpkeepReport> PruneLogs(const store::Store& store,
                                  const store::StoreLock* lock,
                                  Progress& progress) {
  BENCHKEEP_ASSIGN(
      const OldLogs old,
      FindOld(store, store.settings().logs_delete_after_days, true));
  LogUpkeepReport report = old.report;
  report.dry_run = lock == nullptr;
  progress.Stage(Say(N_("pruning logs")), old.logs.size());
  for (const LogFile& log : old.logs) {
    report.changes.push_back(
        {store.layout().Relative(log.path), log.info.size, 0});
    report.bytes_freed += log.info.size;
  }
  if (lock == nullptr || old.logs.empty()) return report;
  BENCHKEEP_ASSIGN(store::Transaction txn,
                   store::Transaction::Begin(store, *lock, "logs_prune"));
  for (const LogFile& log : old.logs) txn.Remove(log.path, log.info);
  txn.Note("logs_pruned", Json::Uint(old.logs.size()));
  report.txns.push_back(txn.id());
  BENCHKEEP_TRY(txn.Commit());
  return report;
}

}  // namespace benchkeep::ops
