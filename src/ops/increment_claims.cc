// Which increments a job may take, and taking them.

#include "ops/increment_claims.h"

#include <algorithm>
#include <optional>

#include "fs/posix_file_system.h"
#include "fs/read_lease.h"
#include "fs/sha256.h"
#include "store/parquet_footer.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;

class Claimer {
 public:
  Claimer(const store::Store& store, store::Transaction* txn)
      : store_(store), txn_(txn) {}

  Status Look(const fs::DirEntry& entry) {
    const fs::Path path = store_.layout().increments() / entry.name;
    if (!store_.layout().IsIncrementName(entry.name)) return {};
    if (entry.type != fs::FileType::kRegular) {
      Skip(entry.name, "increment_not_a_file",
           Say(N_("{0} is not a regular file; it was left alone"), entry.name),
           Say(N_("remove it by hand if it does not belong there")));
      return {};
    }
    Result<fs::ReadLease> lease = fs::ReadLease::Take(path);
    if (!lease.ok()) return Unavailable(entry.name, lease.error());
    BENCHKEEP_ASSIGN(const fs::FileInfo info, lease->Info());
    const std::optional<Error> damage = FooterDamage(*lease, path);
    if (damage && damage->code != Code::kCorruption) return Unexpected(*damage);
    if (damage && IsYoung(info)) {
      Skip(entry.name, "increment_incomplete",
           Say(N_("{0} is not complete yet and younger than {1} s; it waits"),
               entry.name, store_.settings().settle_seconds),
           {});
      return {};
    }
    return Take(entry.name, *lease, info, damage);
  }

  Claims Finish() {
    std::sort(claims_.usable.begin(), claims_.usable.end(),
              [](const Claim& a, const Claim& b) {
                return std::tie(a.file.mtime_ns, a.file.name) <
                       std::tie(b.file.mtime_ns, b.file.name);
              });
    return std::move(claims_);
  }

 private:
  void Skip(const std::string& name, const char* code, Message message,
            Message fix) {
    ++claims_.skipped;
    claims_.findings.push_back(
        {code, Severity::kWarning,
         store_.layout().Relative(store_.layout().increments() / name),
         std::move(message), std::move(fix)});
  }

  Status Unavailable(const std::string& name, const Error& error) {
    switch (error.code) {
      case Code::kNotFound:  // Its writer replaced it a moment ago.
        return {};
      case Code::kBusy:
        if (const Result<fs::FileInfo> info =
                store_.file_system().Info(store_.layout().increments() / name);
            info.ok()) {
          claims_.open.push_back({*info, store_.clock().Now()});
        }
        Skip(name, "increment_busy",
             Say(N_("{0} is being written right now; it waits"), name), {});
        return {};
      case Code::kPermission:
        Skip(name, "increment_unreadable", error.message, error.fix);
        return {};
      default:
        return Unexpected(error);
    }
  }

  static std::optional<Error> FooterDamage(const fs::ReadLease& lease,
                                           const fs::Path& path) {
    Result<std::unique_ptr<fs::ReadableFile>> file =
        fs::ReadDescriptor(lease.fd(), path);
    if (!file.ok()) return file.error();
    const Result<store::ParquetFooter> footer =
        store::ParquetFooter::Read(**file, path);
    if (footer.ok()) return std::nullopt;
    return footer.error();
  }

  bool IsYoung(const fs::FileInfo& info) const {
    const std::int64_t now =
        store_.clock().Now().time_since_epoch() / std::chrono::nanoseconds{1};
    return now - info.mtime_ns < store_.settings().settle_seconds * kNanos;
  }

  Status Take(const std::string& name, const fs::ReadLease& lease,
              const fs::FileInfo& info, const std::optional<Error>& damage) {
    Claim claim;
    claim.file = {store_.layout().increments() / name, name, info.mtime_ns};
    claim.info = info;
    if (txn_ != nullptr) {
      claim.file.path = txn_->TakenPath(name);
      const Status moved = txn_->MoveIn(name);
      if (!moved.ok()) {
        if (moved.error().code == Code::kNotFound) return {};
        return moved;
      }
      BENCHKEEP_ASSIGN(claim.sha256,
                       fs::Sha256OfFd(lease.fd(), claim.file.path));
      // A writer that looked the name up before we renamed the file waits at
      // the lease now, and would write into it as soon as we let go.
      BENCHKEEP_ASSIGN(const fs::FileInfo moved_info,
                       store_.file_system().Info(claim.file.path));
      if (!lease.Held() || !moved_info.SameState(info)) {
        BENCHKEEP_TRY(txn_->MoveBack(name));
        claims_.open.push_back({info, store_.clock().Now()});
        Skip(name, "increment_busy",
             Say(N_("{0} is being written right now; it waits"), name), {});
        return {};
      }
    }
    if (!damage) {
      claims_.usable.push_back(std::move(claim));
      return {};
    }
    claims_.broken.push_back({name, damage->message});
    return {};
  }

  const store::Store& store_;
  store::Transaction* txn_;
  Claims claims_;
};

}  // namespace

Result<Claims> ClaimIncrements(const store::Store& store,
                               store::Transaction* txn, Progress& progress) {
  Claimer claimer(store, txn);
  const fs::Path& folder = store.layout().increments();
  BENCHKEEP_ASSIGN(const bool exists, fs::Exists(store.file_system(), folder));
  if (!exists) return claimer.Finish();
  BENCHKEEP_ASSIGN(const std::vector<fs::DirEntry> entries,
                   store.file_system().List(folder));
  progress.Stage(Say(N_("claiming increments")), entries.size());
  if (txn != nullptr) BENCHKEEP_TRY(txn->TakeFrom(folder));
  std::uint64_t done = 0;
  for (const fs::DirEntry& entry : entries) {
    BENCHKEEP_TRY(claimer.Look(entry));
    progress.Advance(++done);
    if (progress.Cancelled()) {
      return Fail(Code::kCancelled, Say(N_("interrupted")));
    }
  }
  if (txn != nullptr) BENCHKEEP_TRY(txn->SyncTaken());
  return claimer.Finish();
}

Status VerifyClaims(const Claims& claims, Progress& progress) {
  progress.Stage(Say(N_("checking the merged files")), claims.usable.size());
  std::uint64_t done = 0;
  for (const Claim& claim : claims.usable) {
    const auto changed = [&] {
      return Fail(Code::kBusy,
                  Say(N_("{0} was written while it was merged; nothing was "
                         "changed"),
                      claim.file.name),
                  Say(N_("run the command again")), claim.file.path);
    };
    const Result<fs::ReadLease> lease = fs::ReadLease::Take(claim.file.path);
    if (!lease.ok()) {
      if (lease.error().code == Code::kBusy) return changed();
      return Unexpected(lease.error());
    }
    BENCHKEEP_ASSIGN(const std::string hash,
                     fs::Sha256OfFd(lease->fd(), claim.file.path));
    if (hash != claim.sha256 || !lease->Held()) return changed();
    progress.Advance(++done);
  }
  return {};
}

}  // namespace benchkeep::ops
