// The nine checks, for check.cc alone.

#pragma once

#include "ops/check.h"
#include "store/check_memory.h"

namespace benchkeep::ops {

struct CheckInput {
  const store::Store& store;
  const CheckOptions& options;
  const store::CheckMemory& memory;  // Of the last time.
  std::int64_t now = 0;              // Seconds since 1970.
};

// What a check found, and what is to be remembered of it.
struct CheckOutput {
  CheckResult result;
  store::CheckMemory keep;
};

// Remembers a number, unless one of the last five minutes is there: whoever
// looks every few seconds need not remember all of it.
void KeepSample(const CheckInput& input, const char* name, double value,
                CheckOutput& output);

// check_data.cc
CheckOutput CheckMaster(const CheckInput& input);
CheckOutput CheckResultsFile(const CheckInput& input);
CheckOutput CheckIncrements(const CheckInput& input);
// check_host.cc
CheckOutput CheckProcesses(const CheckInput& input);
CheckOutput CheckDisk(const CheckInput& input);
// check_services.cc
CheckOutput CheckLogErrors(const CheckInput& input);
CheckOutput CheckApi(const CheckInput& input);
// check_keeping.cc
CheckOutput CheckBackup(const CheckInput& input);
CheckOutput CheckJobs(const CheckInput& input);

// check_deep.cc: every row of results and increments is read, and the balance
// of the ledger proven.  Makes `result` worse where that fails.
void ProveResults(const CheckInput& input, CheckResult& result);

// Grave enough to change what is there: a warning never hides something worse.
void Worsen(CheckResult& result, CheckState state, Message message,
            Message fix = {});

// What could not be read: unknown when somebody is just writing it or we may
// not look, critical when it is damaged.
void Unreadable(CheckResult& result, const Error& error);

// kOk, kWarning or kCritical by the limits; `result.value` and `.limits` are
// set.
CheckState Compare(CheckResult& result, double value, CheckLimits limits);

}  // namespace benchkeep::ops
