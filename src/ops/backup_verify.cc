// Reading backups again.

#include "ops/backup_verify.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "ops/backup_judge.h"

namespace benchkeep::ops {
namespace {

using store::BackupEntry;

constexpr std::int64_t kAll = 100;

// The places in `all` to be read: everything that was asked for, or a sample.
std::set<std::size_t> Choose(const std::vector<BackupEntry>& all,
                             const std::set<std::string>& named,
                             const VerifyOptions& options) {
  std::vector<std::size_t> order;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!named.empty() && !named.contains(all[i].id)) continue;
    order.push_back(i);
    bytes += all[i].bytes;
  }
  const std::int64_t percent = options.sample_percent.value_or(kAll);
  if (percent >= kAll) return {order.begin(), order.end()};
  // Never verified first, then the longest ago.
  const auto when = [&](std::size_t i) {
    return all[i].verified ? all[i].verified->time : std::string();
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return when(a) < when(b); });
  std::set<std::size_t> chosen;
  std::uint64_t taken = 0;
  for (const std::size_t i : order) {
    if (!chosen.empty() && (taken + all[i].bytes) * kAll >
                               bytes * static_cast<std::uint64_t>(percent)) {
      continue;
    }
    chosen.insert(i);
    taken += all[i].bytes;
  }
  return chosen;
}

// What was counted when it was made must be counted again.
bool SameCounts(const store::StoreCounts& then, const store::StoreCounts& now) {
  return store::ToJson(then) == store::ToJson(now);
}

class Verifier {
 public:
  Verifier(const store::Store& store, const VerifyOptions& options,
           Progress& progress)
      : store_(store), options_(options), progress_(progress) {}

  Status Read(VerifyReport::Line& line) {
    const BackupEntry& backup = line.backup;
    line.read = true;
    if (!backup.manifest) {
      for (const Message& reason : backup.reasons) Blame(line, reason);
      return {};
    }
    BENCHKEEP_ASSIGN(const TestRestore test,
                     RestoreForTest(store_, backup.folder, *backup.manifest,
                                    options_.memory_bytes, progress_));
    // What could not be read when it was made is no damage of today.
    for (const store::BackupReason& reason : test.reasons) {
      const auto& known = backup.manifest->reasons;
      const bool old = std::any_of(
          known.begin(), known.end(), [&](const store::BackupReason& one) {
            return one.code == reason.code && one.code != "restore_differs";
          });
      if (!old) Blame(line, store::ReasonMessage(reason));
    }
    if (line.intact && !SameCounts(backup.manifest->counts, test.counts)) {
      Blame(line, Say(N_("it holds other numbers of tests than when it was "
                         "made")));
    }
    return {};
  }

 private:
  static void Blame(VerifyReport::Line& line, Message problem) {
    line.intact = false;
    line.problems.push_back(std::move(problem));
  }

  const store::Store& store_;
  const VerifyOptions& options_;
  Progress& progress_;
};

}  // namespace

Result<VerifyReport> VerifyBackups(const store::Store& store,
                                   const VerifyOptions& options,
                                   Progress& progress) {
  std::set<std::string> named;
  for (const std::string& name : options.ids) {
    BENCHKEEP_ASSIGN(const BackupEntry entry, store::FindBackup(store, name));
    if (entry.foreign) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("{0} was not made by benchkeep: it has no manifest"),
                      entry.id),
                  Say(N_("benchkeep backup adopt")), entry.folder);
    }
    named.insert(entry.id);
  }
  BENCHKEEP_ASSIGN(std::vector<BackupEntry> all, store::ListBackups(store));
  std::erase_if(all, [](const BackupEntry& entry) { return entry.foreign; });
  const std::set<std::size_t> chosen = Choose(all, named, options);
  VerifyReport report;
  report.dry_run = options.dry_run;
  Verifier verifier(store, options, progress);
  for (std::size_t i = 0; i < all.size(); ++i) {
    VerifyReport::Line line{std::move(all[i]), false, true, {}};
    if (chosen.contains(i)) {
      report.bytes += line.backup.bytes;
      ++report.verified;
      if (options.dry_run) {
        line.read = true;
      } else {
        BENCHKEEP_TRY(verifier.Read(line));
      }
    }
    if (!line.intact) {
      ++report.damaged;
      for (const Message& problem : line.problems) {
        report.findings.push_back(
            {"backup_damaged", Severity::kCritical,
             store.layout().Relative(line.backup.folder), problem,
             Say(N_("make a new one: benchkeep backup create; what can still "
                    "be read comes out with benchkeep backup restore {0} --to "
                    "DIR"),
                 line.backup.id)});
      }
    }
    report.backups.push_back(std::move(line));
  }
  return report;
}

Status RememberVerifications(const store::Store& store,
                             const VerifyReport& report) {
  const std::string now = FormatIso(store.clock().Now());
  for (const VerifyReport::Line& line : report.backups) {
    if (!line.read || !line.backup.manifest) continue;
    const store::Verification verification{
        now, line.intact, true,
        line.problems.empty() ? "" : line.problems[0].English()};
    BENCHKEEP_TRY(store::RememberVerified(store, line.backup.id,
                                          *line.backup.manifest, verification));
  }
  return {};
}

}  // namespace benchkeep::ops
