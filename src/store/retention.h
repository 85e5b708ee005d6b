// Which backups may go: the rules, without touching anything.
//
// Only good backups count, and only they are counted.  Ages are those of the
// manifests, put right by the order in which the backups were made: a clock
// that jumped must not make one look older than it is.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/message.h"
#include "store/backup_manifest.h"

namespace benchkeep::store {

struct RetentionRules {
  std::int64_t keep_days = 30;
  std::int64_t min_good = 3;  // Never fewer good ones remain.
  // The newest good one of each of the last so many days, weeks and months
  // that have one.
  std::int64_t daily = 0;
  std::int64_t weekly = 0;
  std::int64_t monthly = 0;
  bool adopted = false;  // Adopted ones go by the same rules.
};

struct RetentionCandidate {
  std::string id;
  std::uint64_t sequence = 0;
  std::int64_t time = 0;  // Of the manifest, seconds since 1970.
  BackupState state = BackupState::kGood;
  bool ours = true;      // It has a manifest that can be read.
  bool adopted = false;  // Taken in from copies made by hand.
};

struct RetentionDecision {
  bool keep = true;
  Message why;
};

// One decision per candidate, in their order.  `now` is in seconds since 1970.
std::vector<RetentionDecision> PlanPrune(
    const std::vector<RetentionCandidate>& candidates,
    const RetentionRules& rules, std::int64_t now);

}  // namespace benchkeep::store
