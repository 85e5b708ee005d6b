// Diagnosis of the master database itself.

#include <algorithm>
#include <set>
#include <utility>

#include "base/json_pointer.h"
#include "ops/diagnose_parts.h"
#include "ops/repair_lost_updates.h"
#include "store/guard.h"
#include "store/model_names.h"

namespace benchkeep::ops {
namespace {

Message RepairFix() { return Say(N_("benchkeep repair")); }

// Line and column of a byte, from 1.
void Locate(const std::string& text, DocumentDamage& damage) {
  const std::size_t end = std::min<std::size_t>(damage.offset, text.size());
  const std::string_view before(text.data(), end);
  damage.line = 1 + static_cast<std::uint64_t>(
                        std::count(before.begin(), before.end(), '\n'));
  const std::size_t line = before.rfind('\n');
  damage.column = line == std::string_view::npos ? end + 1 : end - line;
}

bool AnyGood(const std::vector<store::MasterCopy>& copies) {
  return std::any_of(copies.begin(), copies.end(),
                     [](const store::MasterCopy& copy) { return copy.good; });
}

class MasterDoctor {
 public:
  MasterDoctor(const std::vector<store::MasterCopy>& copies, Diagnosis& out)
      : copies_(copies),
        out_(out),
        path_(out.store().layout().master()),
        name_(out.Name(path_)) {}

  MasterView Run() {
    const Result<store::MasterText> read =
        store::ReadMasterText(out_.store().file_system(), path_);
    if (!read.ok()) {
      Unreadable(read.error());
      return std::move(view_);
    }
    const JsonPrefix prefix = ParseJsonPrefix(read->text);
    if (!prefix.whole) {
      Torn(read->text, prefix);
      return std::move(view_);
    }
    Document(prefix.value);
    return std::move(view_);
  }

 private:
  void Unreadable(const Error& error) {
    if (error.code == Code::kNotFound) {
      view_.missing = true;
      if (!AnyGood(copies_)) return;  // There never was one, perhaps.
      out_.Add("master_missing", Severity::kCritical, name_,
               Say(N_("{0} is gone, though there are copies of it"), name_),
               RepairFix());
      return;
    }
    view_.broken = true;
    const bool busy = error.code == Code::kBusy;
    out_.Add("master_unreadable",
             busy ? Severity::kWarning : Severity::kCritical, name_,
             error.message, error.fix);
  }

  void Torn(const std::string& text, const JsonPrefix& prefix) {
    view_.broken = true;
    DocumentDamage damage;
    damage.file = name_;
    damage.offset = prefix.error.offset;
    damage.pointer = prefix.open;
    damage.bytes = text.size();
    Locate(text, damage);
    if (text.empty()) {
      out_.report().damage = std::move(damage);
      out_.Add("master_empty", Severity::kCritical, name_,
               Say(N_("{0} is empty: 0 bytes"), name_), RepairFix());
      return;
    }
    if (prefix.refused) {
      out_.report().damage = damage;
      out_.Add("master_refused", Severity::kCritical, name_,
               Say(N_("{0} cannot be used: {1} (byte {2}, line {3}, column "
                      "{4})"),
                   name_, prefix.error.message.English(), damage.offset,
                   damage.line, damage.column),
               Say(N_("correct the place by hand, or restore a copy")));
      return;
    }
    const Result<store::MasterDatabase> rest =
        store::MasterOf(prefix.value, path_);
    if (rest.ok()) {
      const store::MasterAudit audit = store::AuditMaster(prefix.value, *rest);
      damage.tests_left = audit.leaf.tests;
      damage.cells_left = audit.leaf.cells;
    }
    out_.Add("master_torn", Severity::kCritical, name_,
             Say(N_("{0} is no valid JSON from byte {1} of {2} on (line {3}, "
                    "column {4}, inside {5}): {6}; the part before it holds "
                    "{7} tests in {8} cells"),
                 name_, damage.offset, damage.bytes, damage.line, damage.column,
                 damage.pointer.empty() ? "/" : damage.pointer,
                 prefix.error.message.English(), damage.tests_left,
                 damage.cells_left),
             RepairFix());
    out_.report().damage = std::move(damage);
  }

  void Document(const Json& document) {
    view_.created_at = document.StringAt("created_at").value_or("");
    view_.last_updated = document.StringAt("last_updated").value_or("");
    Result<store::MasterDatabase> master = store::MasterOf(document, path_);
    if (!master.ok()) {
      view_.broken = true;
      const bool empty = document.is_object() && document.members().empty();
      if (empty) {
        out_.Add("master_empty", Severity::kCritical, name_,
                 Say(N_("{0} is an empty object: it was emptied"), name_),
                 RepairFix());
      } else {
        out_.Add("master_unreadable", Severity::kCritical, name_,
                 master.error().message,
                 Say(N_("benchkeep repair takes it from a copy")));
      }
      return;
    }
    Fields(document);
    store::MasterAudit audit = store::AuditMaster(document, *master);
    Emptied(document, audit);
    std::set<std::string> corrected;
    for (const store::Correction& correction : audit.corrections) {
      corrected.insert(correction.pointer);
      out_.Add(correction.code.c_str(), correction.severity, correction.pointer,
               correction.message, RepairFix());
    }
    Shape(*master, corrected);
    for (const Finding& finding : audit.findings) out_.Add(finding);
    out_.report().master_version = master->version;
    out_.report().master = std::move(audit);
    view_.master = std::move(*master);
  }

  // What the reader stumbled over, unless a correction says it already.
  void Shape(const store::MasterDatabase& master,
             const std::set<std::string>& corrected) {
    for (const Finding& finding : master.findings) {
      if (corrected.contains(finding.path) ||
          corrected.contains(PointerTo(finding.path, "total"))) {
        continue;
      }
      out_.Add(finding);
    }
  }

  void Fields(const Json& document) {
    for (const char* field : {"created_at", "last_updated"}) {
      const Json* value = document.Find(field);
      if (value != nullptr && !value->is_null()) continue;
      out_.Add("field_missing", Severity::kInfo, PointerTo("", field),
               Say(N_("the field {0} is missing"), field));
    }
    if (document.Find("models") == nullptr &&
        !document.StringAt("version").value_or("").starts_with("1")) {
      out_.Add("field_missing", Severity::kInfo, "/models",
               Say(N_("the field {0} is missing"), "models"));
    }
  }

  // No cells, though something claims or holds tests.
  void Emptied(const Json& document, const store::MasterAudit& audit) {
    if (audit.leaf.cells > 0) return;
    const std::int64_t claimed = std::max(audit.model.tests.value_or(0),
                                          audit.summary.tests.value_or(0));
    const Json* models = document.Find("models");
    const bool has_models = models != nullptr && !models->members().empty();
    if (claimed == 0 && !AnyGood(copies_)) return;  // A new one.
    view_.broken = !has_models;
    out_.Add("master_empty", Severity::kCritical, name_,
             Say(N_("{0} holds no cells; {1} tests are claimed, and {2} "
                    "copies may hold them"),
                 name_, claimed, copies_.size()),
             RepairFix());
  }

  const std::vector<store::MasterCopy>& copies_;
  Diagnosis& out_;
  const fs::Path path_;
  const std::string name_;
  MasterView view_;
};

std::string Listed(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) {
    all += (all.empty() ? "\"" : ", \"") + name + "\"";
  }
  return all;
}

// How to get the tests of one model back from a copy.
Message RestoreFix(const store::MasterCopy& copy, const std::string& model) {
  if (copy.file.kind == store::CopyKind::kBackup) {
    return Say(N_("benchkeep backup restore {0} --model '{1}'"),
               copy.file.backup_id, model);
  }
  return Say(N_("benchkeep backup adopt, then benchkeep backup restore ID "
                "--model '{0}' with the id it gives {1}"),
             model, copy.file.name);
}

// A copy of the same database: one that was begun anew counts anew.
bool SameDatabase(const MasterView& view, const store::MasterCopy& copy) {
  return view.created_at == copy.created_at && !view.created_at.empty();
}

}  // namespace

MasterView DiagnoseMaster(const std::vector<store::MasterCopy>& copies,
                          Diagnosis& out) {
  return MasterDoctor(copies, out).Run();
}

void DiagnoseNames(const store::MasterDatabase& master, Diagnosis& out) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  const auto add = [&](const std::string& name) {
    if (seen.insert(name).second) names.push_back(name);
  };
  for (const store::ModelClaim& model : master.models) add(model.name);
  for (const store::Leaf& leaf : master.leaves) add(leaf.model);
  for (const store::NameGroup& group : store::SimilarNames(names)) {
    const std::string pointer = PointerTo("/models", group.names.front());
    if (group.provider_only) {
      out.Add("model_name_provider", Severity::kInfo, pointer,
              Say(N_("{0} differ in the name of a provider only: perhaps one "
                     "model"),
                  Listed(group.names)));
    } else {
      out.Add("model_name_variant", Severity::kWarning, pointer,
              Say(N_("{0} differ in case or punctuation only: probably one "
                     "model"),
                  Listed(group.names)),
              Say(N_("decide which name is right, and correct the writer; "
                     "repair never joins models")));
    }
  }
  for (const std::string& name : names) {
    if (!store::LooksLikeTest(name)) continue;
    out.Add("test_pollution", Severity::kInfo, PointerTo("/models", name),
            Say(N_("\"{0}\" looks like a test of the test program; it is "
                   "counted all the same"),
                name));
  }
}

namespace {

// What the guard of the daemon saw falling, and has kept.
void LostUpdates(const store::MasterDatabase& master, Diagnosis& out) {
  const Result<std::vector<store::LostUpdate>> alarms =
      store::Guard(out.store()).StillLost(master);
  if (!alarms.ok()) return;
  for (const store::LostUpdate& alarm : *alarms) {
    const store::FallenCell& first = alarm.cells.front();
    out.Add(kLostUpdate, Severity::kCritical, first.pointer,
            Say(N_("{0} cells held more tests until {1}, before a writer put "
                   "older counts over them: {2}, {3} -> {4}"),
                alarm.cells.size(), FormatIso(alarm.time), first.cell,
                first.before, first.after),
            Say(N_("benchkeep repair --lost-updates")));
  }
}

}  // namespace

void DiagnoseCopies(const MasterView& view,
                    const std::vector<store::MasterCopy>& copies,
                    Diagnosis& out) {
  for (const store::MasterCopy& copy : copies) {
    if (copy.good) continue;
    out.Add("copy_unusable", Severity::kInfo, copy.file.name,
            Say(N_("{0} is of no use as a copy: {1}"), copy.file.name,
                copy.problem.English()));
  }
  if (!view.master || !out.report().master) return;
  LostUpdates(*view.master, out);
  std::map<std::string, std::int64_t> now;
  for (const store::Leaf& leaf : view.master->leaves) {
    now[leaf.pointer] += store::TestsOf(leaf);
  }
  std::set<std::string> lost;
  for (const store::Shortfall& gap : out.report().master->shortfalls) {
    lost.insert(gap.model);
    const auto holder = std::find_if(
        copies.begin(), copies.end(), [&](const store::MasterCopy& copy) {
          const auto tests = copy.by_models.find(gap.model);
          return copy.good && tests != copy.by_models.end() &&
                 tests->second > gap.held;
        });
    if (holder == copies.end()) {
      out.Add("tests_possibly_lost", Severity::kCritical, gap.pointer,
              Say(N_("\"{0}\" claims {1} tests, its cells hold {2}: {3} may be "
                     "lost, and no copy holds more"),
                  gap.model, gap.claimed, gap.held, gap.claimed - gap.held),
              Say(N_("benchkeep repair makes the claim equal to the cells")));
      continue;
    }
    out.Add("tests_possibly_lost", Severity::kCritical, gap.pointer,
            Say(N_("\"{0}\" claims {1} tests, its cells hold {2}: {3} may be "
                   "lost; the newest copy that holds more, {4}, has {5}"),
                gap.model, gap.claimed, gap.held, gap.claimed - gap.held,
                holder->file.name, holder->by_models.at(gap.model)),
            RestoreFix(*holder, gap.model));
  }
  // Against the newest copy of the same database.
  const auto newest = std::find_if(
      copies.begin(), copies.end(), [&](const store::MasterCopy& copy) {
        return copy.good && SameDatabase(view, copy);
      });
  if (newest == copies.end()) return;
  struct Fall {
    std::int64_t tests = 0;
    std::uint64_t cells = 0;
  };
  std::map<std::string, Fall> falls;
  for (const auto& [pointer, tests] : newest->cells) {
    const auto found = now.find(pointer);
    const std::int64_t held = found == now.end() ? 0 : found->second;
    const std::vector<std::string> names = PointerNames(pointer);
    const std::string model = names.size() > 1 ? names[1] : pointer;
    if (held >= tests || lost.contains(model)) continue;
    Fall& fall = falls[model];
    fall.tests += tests - held;
    ++fall.cells;
  }
  for (const auto& [model, fall] : falls) {
    out.Add("counts_fell", Severity::kWarning, PointerTo("/models", model),
            Say(N_("{0} cells of \"{1}\" hold {2} tests fewer than in {3}"),
                fall.cells, model, fall.tests, newest->file.name),
            RestoreFix(*newest, model));
  }
}

}  // namespace benchkeep::ops
