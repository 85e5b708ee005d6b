// The parts of a diagnosis, one per subject.  Used by diagnose.cc alone.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ops/diagnose.h"
#include "store/master_copies.h"
#include "store/master_database.h"

namespace benchkeep::ops {

// Takes findings in; keeps the first of each code unless all are wanted.
class Diagnosis {
 public:
  Diagnosis(const store::Store& from, const DiagnoseOptions& wanted,
            DiagnoseReport& into)
      : store_(from), options_(wanted), report_(into) {}

  void Add(Finding finding);
  void Add(const char* code, Severity severity, std::string path,
           Message message, Message fix = {}) {
    Add(Finding{code, severity, std::move(path), std::move(message),
                std::move(fix)});
  }
  // Says how many were left out.
  void Close();

  [[nodiscard]] std::string Name(const fs::Path& path) const {
    return store_.layout().Relative(path);
  }
  [[nodiscard]] const store::Store& store() const { return store_; }
  [[nodiscard]] const DiagnoseOptions& options() const { return options_; }
  [[nodiscard]] DiagnoseReport& report() { return report_; }

 private:
  const store::Store& store_;
  const DiagnoseOptions& options_;
  DiagnoseReport& report_;
};

// The master database as far as it can be read.
struct MasterView {
  std::optional<store::MasterDatabase> master;
  std::string created_at;
  std::string last_updated;
  bool missing = false;
  bool broken = false;  // Torn, empty or refused.
};

MasterView DiagnoseMaster(const std::vector<store::MasterCopy>& copies,
                          Diagnosis& out);
void DiagnoseNames(const store::MasterDatabase& master, Diagnosis& out);
// Counts against the copies: tests possibly lost, and counts that fell.
void DiagnoseCopies(const MasterView& view,
                    const std::vector<store::MasterCopy>& copies,
                    Diagnosis& out);
// Results file, increments, side files; cells against the master database.
void DiagnoseResults(const MasterView& view, Diagnosis& out,
                     Progress& progress);
// Locks, unfinished changes, quarantine, trash, stray temporary files.
void DiagnoseState(Diagnosis& out);

}  // namespace benchkeep::ops
