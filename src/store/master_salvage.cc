// Refilling what a torn master database lost.

#include "store/master_salvage.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/json_pointer.h"
#include "store/leaf_audit.h"
#include "store/master_database.h"
#include "store/result_cells.h"

namespace benchkeep::store {
namespace {

// Names in the pointer of a leaf: models, M, by_prompt_type, P, ...
constexpr std::size_t kLeafNames = 10;
constexpr std::size_t kLevels = 4;  // Above a leaf: model to difficulty.

// Members that hold the next level.
bool IsContainer(const std::string& name) {
  return name == "by_prompt_type" || name == "by_tool_success_rate" ||
         name == "by_difficulty" || name == "by_task_type";
}

// A leaf of a source.
struct Offer {
  std::size_t source = 0;
  std::string pointer;  // Of the cell to be set.
  std::int64_t tests = 0;
  bool complete = true;  // Its counts add up.
};

// The cell that a leaf is part of: the leaf itself, or a whole test group.
std::string CellPointer(const Leaf& leaf) {
  return leaf.pointer.starts_with("/test_groups") ? ParentPointer(leaf.pointer)
                                                  : leaf.pointer;
}

class Salvager {
 public:
  Salvager(Json base, std::string cut, std::string code,
           const std::vector<SalvageSource>& sources)
      : cut_(std::move(cut)), code_(std::move(code)), sources_(sources) {
    plan_.base = std::move(base);
    if (!plan_.base.is_object()) plan_.base = Json::Object();
    now_ = plan_.base;
  }

  SalvagePlan Run() {
    ReadBase();
    Fields();
    Offers();
    TornLeaf();
    Cells();
    Summary();
    return std::move(plan_);
  }

 private:
  void ReadBase() {
    const Result<MasterDatabase> master = MasterOf(plan_.base);
    if (!master.ok()) return;
    for (const Leaf& leaf : master->leaves) {
      held_[KeyOf(leaf)] = leaf;
      plan_.tests_kept += TestsOf(leaf);
      ++plan_.cells_kept;
    }
  }

  // Members of the document that are no cells, from the first copy.
  void Fields() {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const bool copy = sources_[i].kind != "parquet";
      for (const auto& [name, value] : sources_[i].document.members()) {
        const bool cells = name == "models" || name == "summary" ||
                           (name == "test_groups" && Grouped(i));
        if (cells || now_.Find(name) != nullptr) continue;
        // The results tell nothing about the document they came from.
        if (!copy && name != "version") continue;
        Put(i, PointerTo("", name), value,
            Say(N_("{0} is taken from {1}"), name, sources_[i].file));
      }
    }
  }

  [[nodiscard]] bool Grouped(std::size_t source) const {
    const std::string version =
        sources_[source].document.StringAt("version").value_or("");
    return version.starts_with("1") || version.starts_with("2");
  }

  void Offers() {
    const std::string version = now_.StringAt("version").value_or("3.0");
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const std::string other =
          sources_[i].document.StringAt("version").value_or("3.0");
      // Versions keep their cells in different places.
      if (version.substr(0, 1) != other.substr(0, 1)) continue;
      const Result<MasterDatabase> master = MasterOf(sources_[i].document);
      if (!master.ok()) continue;
      for (const Leaf& leaf : master->leaves) {
        const LeafAudit audit = AuditLeaf(leaf, false);
        const Offer offer{i, CellPointer(leaf), TestsOf(leaf),
                          audit.consistent};
        if (!offer.complete) continue;
        const auto [at, fresh] = offers_.try_emplace(KeyOf(leaf), offer);
        if (fresh) {
          order_.push_back(at->first);
        } else if (offer.tests > at->second.tests) {
          at->second = offer;
        }
      }
    }
  }

  // A leaf in the middle of which the file ends.
  void TornLeaf() {
    std::vector<std::string> names = PointerNames(cut_);
    if (names.size() < kLeafNames || names[0] != "models") return;
    names.resize(kLeafNames);
    std::string pointer;
    for (const std::string& name : names) pointer = PointerTo(pointer, name);
    const auto held = std::find_if(
        held_.begin(), held_.end(),
        [&](const auto& entry) { return entry.second.pointer == pointer; });
    if (held == held_.end()) return;
    const Leaf& leaf = held->second;
    const auto offer = offers_.find(held->first);
    if (offer == offers_.end()) {
      ReportTorn(pointer);
      return;
    }
    const Json* there =
        FindAt(sources_[offer->second.source].document, offer->second.pointer);
    const Json* here = FindAt(now_, pointer);
    if (there == nullptr || here == nullptr) return;
    // Members of another state of the cell would contradict those here.
    bool same_state = true;
    bool lacks = false;
    for (const auto& [name, value] : there->members()) {
      const Json* ours = here->Find(name);
      if (ours == nullptr) {
        lacks = true;
      } else if (!(*ours == value)) {
        same_state = false;
      }
    }
    if (!lacks) return;
    if (!same_state && leaf.total) {
      ReportTorn(pointer);
      return;
    }
    if (!same_state) {
      // Without a total nobody knows what it was: the whole cell is taken.
      ++plan_.cells_refilled;
      plan_.tests_refilled += offer->second.tests - TestsOf(leaf);
      Put(offer->second.source, pointer, *there,
          Say(N_("the cell was cut before its total; {0} holds it whole, with "
                 "{1} tests"),
              FileOf(offer->second.source), offer->second.tests));
      return;
    }
    for (const auto& [name, value] : there->members()) {
      if (here->Find(name) != nullptr) continue;
      missing_.emplace_back(PointerTo(pointer, name), value);
    }
    if (!leaf.total)
      plan_.tests_refilled += offer->second.tests - TestsOf(leaf);
    for (auto& [where, value] : missing_) {
      Put(offer->second.source, where, value,
          Say(N_("the cell was cut here; {0} agrees with what is left of it "
                 "and holds the rest"),
              FileOf(offer->second.source)));
    }
  }

  void ReportTorn(const std::string& pointer) {
    plan_.findings.push_back(
        {"cell_torn",
         Severity::kInfo,
         pointer,
         Say(N_("the file was cut inside of this cell; what is left of it "
                "stays, and no copy of the same state has the rest")),
         {}});
  }

  void Cells() {
    for (const CellKey& key : order_) {
      if (held_.contains(key)) continue;
      const Offer& offer = offers_.at(key);
      const Json* cell = FindAt(sources_[offer.source].document, offer.pointer);
      if (cell == nullptr) continue;
      const std::size_t before = plan_.refills.size();
      if (offer.pointer.starts_with("/test_groups")) {
        Model(key.model, offer);
      } else {
        Above(offer);
      }
      if (!Put(offer.source, offer.pointer, *cell,
               Say(N_("the cell is missing; {0} holds it, with {1} tests"),
                   FileOf(offer.source), offer.tests))) {
        plan_.refills.resize(before);
        continue;
      }
      ++plan_.cells_refilled;
      plan_.tests_refilled += offer.tests;
    }
  }

  // What the levels above a cell say about themselves, before the cells come
  // one by one.
  void Above(const Offer& offer) {
    const Json& document = sources_[offer.source].document;
    std::vector<std::string> above;
    for (std::string at = offer.pointer; above.size() < kLevels;) {
      at = ParentPointer(ParentPointer(at));
      if (at.empty()) break;
      above.push_back(at);
    }
    std::reverse(above.begin(), above.end());
    for (const std::string& pointer : above) {
      if (FindAt(now_, pointer) != nullptr) continue;
      const Json* there = FindAt(document, pointer);
      if (there == nullptr || !there->is_object()) continue;
      Json level = Json::Object();
      bool more = false;
      for (const auto& [member, value] : there->members()) {
        const bool cells = IsContainer(member);
        more = more || !cells;
        level.members().emplace_back(member, cells ? Json::Object() : value);
      }
      if (!more) continue;
      Put(offer.source, pointer, std::move(level),
          Say(N_("{0} is missing; {1} has it"), pointer, FileOf(offer.source)));
    }
  }

  // A test group of an old version stands beside the models.
  void Model(const std::string& name, const Offer& offer) {
    const std::string pointer = PointerTo("/models", name);
    if (FindAt(now_, pointer) != nullptr) return;
    const Json* there = FindAt(sources_[offer.source].document, pointer);
    if (there == nullptr || !there->is_object()) return;
    Put(offer.source, pointer, *there,
        Say(N_("{0} is missing; {1} has it"), pointer, FileOf(offer.source)));
  }

  // The summary as a whole, or what was cut off it; its numbers are counted
  // anew afterwards.
  void Summary() {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (sources_[i].kind == "parquet") continue;
      const Json* there = sources_[i].document.Find("summary");
      if (there == nullptr || !there->is_object()) continue;
      const Json* here = now_.Find("summary");
      if (here == nullptr) {
        Put(i, "/summary", *there,
            Say(N_("the summary is missing; {0} has one, whose totals are "
                   "counted anew"),
                FileOf(i)));
        return;
      }
      if (cut_ != "/summary") return;
      const Json so_far = *here;
      for (const auto& [name, value] : there->members()) {
        if (so_far.Find(name) != nullptr) continue;
        Put(i, PointerTo("/summary", name), value,
            Say(N_("{0} is taken from {1}"), name, FileOf(i)));
      }
      return;
    }
  }

  [[nodiscard]] const std::string& FileOf(std::size_t source) const {
    return sources_[source].file;
  }

  bool Put(std::size_t source, const std::string& pointer, Json value,
           Message message) {
    Refill refill;
    refill.source = source;
    Correction& correction = refill.correction;
    correction.code = code_;
    correction.severity = Severity::kCritical;
    correction.pointer = pointer;
    if (const Json* before = FindAt(now_, pointer)) correction.before = *before;
    correction.after = std::move(value);
    correction.rule = "taken_over";
    correction.message = std::move(message);
    if (!SetAt(now_, pointer, correction.after)) return false;
    plan_.refills.push_back(std::move(refill));
    return true;
  }

  const std::string cut_;
  const std::string code_;
  const std::vector<SalvageSource>& sources_;
  Json now_;  // The base with the refills so far.
  std::map<CellKey, Leaf> held_;
  std::map<CellKey, Offer> offers_;
  std::vector<CellKey> order_;
  std::vector<Json::Member> missing_;
  SalvagePlan plan_;
};

}  // namespace

SalvagePlan PlanSalvage(Json base, const std::string& cut,
                        const std::string& code,
                        const std::vector<SalvageSource>& sources) {
  return Salvager(std::move(base), cut, code, sources).Run();
}

}  // namespace benchkeep::store
