// Diagnosis: the order of the parts.

#include "ops/diagnose.h"

#include <algorithm>

#include "ops/diagnose_parts.h"

namespace benchkeep::ops {

void Diagnosis::Add(Finding finding) {
  const std::uint64_t seen = ++report_.counts[finding.code];
  if (!options_.all && seen > kFindingsPerCode) return;
  report_.findings.push_back(std::move(finding));
}

void Diagnosis::Close() {
  if (options_.all) return;
  for (const auto& counted : report_.counts) {
    const std::string& code = counted.first;
    const std::uint64_t count = counted.second;
    if (count <= kFindingsPerCode) continue;
    // Beside the last of its kind, and as grave.
    const auto last = std::find_if(
        report_.findings.rbegin(), report_.findings.rend(),
        [&](const Finding& finding) { return finding.code == code; });
    Finding more{code, last->severity, "",
                 Say(N_("{0} more like this ({1}); --all shows them"),
                     count - kFindingsPerCode, code),
                 last->fix};
    report_.findings.insert(last.base(), std::move(more));
  }
}

Result<DiagnoseReport> Diagnose(const store::Store& store,
                                const DiagnoseOptions& options,
                                Progress& progress) {
  DiagnoseReport report;
  report.deep = options.deep;
  Diagnosis out(store, options, report);
  progress.Stage(Say(N_("reading the copies of the master database")), 0);
  const std::vector<store::MasterCopy> copies = store::ReadMasterCopies(store);
  for (const store::MasterCopy& copy : copies) {
    report.copies.push_back(
        {copy.file.name,
         copy.file.kind == store::CopyKind::kBackup ? "backup" : "by_hand",
         copy.good, copy.problem, copy.tests, copy.last_updated});
  }
  progress.Stage(Say(N_("reading the master database")), 0);
  const MasterView view = DiagnoseMaster(copies, out);
  if (view.master) DiagnoseNames(*view.master, out);
  DiagnoseCopies(view, copies, out);
  if (progress.Cancelled())
    return Fail(Code::kCancelled, Say(N_("interrupted")));
  DiagnoseResults(view, out, progress);
  DiagnoseState(out);
  if (progress.Cancelled())
    return Fail(Code::kCancelled, Say(N_("interrupted")));
  out.Close();
  return report;
}

bool IsSound(const DiagnoseReport& report) {
  return std::all_of(report.findings.begin(), report.findings.end(),
                     [](const Finding& finding) {
                       return finding.severity == Severity::kInfo;
                     });
}

}  // namespace benchkeep::ops
