// Counting a master database upwards.

#include "store/master_audit.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/json_pointer.h"
#include "store/leaf_audit.h"

namespace benchkeep::store {
namespace {

// The levels between a model and its leaves, from above.
constexpr std::array<const char*, 4> kContainers = {
    "by_prompt_type", "by_tool_success_rate", "by_difficulty", "by_task_type"};

// Objects beside the children of a level that count what is below it.
constexpr std::array<const char*, 4> kAggregates = {
    "summary", "overall_stats", "statistics", "experiment_metrics"};

using SumsBy = std::unordered_map<std::string, LevelSums>;

// What a member of a level counts.
std::optional<std::int64_t> CountedBy(std::string_view name,
                                      const LevelSums& sums) {
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (is({"total", "total_tests"})) return sums.tests;
  if (!sums.outcomes_known) return std::nullopt;
  if (is({"success", "successful", "total_success", "total_successful"})) {
    return sums.success;
  }
  if (is({"partial", "partial_success", "total_partial"})) return sums.partial;
  if (is({"failed", "failure", "total_failure", "total_failed"})) {
    return sums.failed;
  }
  return std::nullopt;
}

void Add(std::optional<std::int64_t>& sum, std::optional<std::int64_t> count) {
  if (!sum || !count) {
    sum.reset();
  } else {
    *sum += *count;
  }
}

std::string VersionOf(const Json& document) {
  const Json* version = document.Find("version");
  return version == nullptr ? std::string() : version->text();
}

class Auditor {
 public:
  Auditor(const Json& document, const MasterDatabase& master)
      : document_(document), master_(master) {
    const std::string version = VersionOf(document);
    grouped_ = !master.leaves.empty() &&
               master.leaves.front().pointer.starts_with("/test_groups");
    percent_ = grouped_ || version.starts_with("1") || version.starts_with("2");
  }

  MasterAudit Run() {
    Leaves();
    Claims();
    if (audit_.leaf.cells > 0) {
      Version();
      Models();
      Summary();
      Shortfalls();
    }
    DecideVote();
    return std::move(audit_);
  }

 private:
  void Leaves() {
    std::size_t odd = 0;
    std::string first_odd;
    std::set<std::string> models;
    for (const Leaf& original : master_.leaves) {
      LeafAudit leaf = AuditLeaf(original, percent_);
      audit_.consistent = audit_.consistent && leaf.consistent;
      Take(leaf.corrections, leaf.findings);
      if (leaf.odd_full_rate && odd++ == 0) first_odd = original.pointer;
      const LevelSums sums = SumsOf(leaf.leaf);
      audit_.leaf += sums;
      models.insert(original.model);
      by_model_[original.model] += sums;
      if (grouped_) {
        AddToGroups(leaf.leaf, sums);
      } else {
        // Two names off: the container and the child.
        std::string at = original.pointer;
        for (std::size_t i = 0; i < kContainers.size(); ++i) {
          at = ParentPointer(ParentPointer(at));
          by_node_[at] += sums;
        }
      }
    }
    audit_.models = models.size();
    if (odd > 0) {
      audit_.findings.push_back(
          {"full_success_unclear",
           Severity::kInfo,
           PointerTo(first_odd, "full_success_rate"),
           Say(N_("{0} cells, this one the first, have a share of full "
                  "successes that is not what their counts give; nothing tells "
                  "which of the numbers is right, so they are left alone"),
               odd),
           {}});
    }
  }

  // Versions 1.0 and 2.0: models break their groups down by one property each.
  void AddToGroups(const Leaf& leaf, const LevelSums& sums) {
    const std::string model = PointerTo("/models", leaf.model);
    const auto add = [&](const char* container, const std::string& name) {
      by_node_[PointerTo(PointerTo(model, container), name)] += sums;
    };
    by_node_[model] += sums;
    add("by_prompt_type", leaf.prompt_type);
    add("by_difficulty", leaf.difficulty);
    add("by_task_type", leaf.task_type);
    if (leaf.flaw_type) add("by_flaw_type", *leaf.flaw_type);
    if (leaf.rate) add("by_tool_success_rate", *leaf.rate);
  }

  void Claims() {
    if (const Json* summary = document_.Find("summary")) {
      audit_.summary.tests = summary->IntAt("total_tests");
      audit_.summary.success = summary->IntAt("total_success");
      audit_.summary.partial = summary->IntAt("total_partial");
      audit_.summary.failed = summary->IntAt("total_failure");
    }
    const Json* models = document_.Find("models");
    if (models == nullptr || models->members().empty()) return;
    audit_.model = {0, 0, 0, 0};
    for (const auto& [name, model] : models->members()) {
      Add(audit_.model.tests, model.IntAt("total_tests"));
      Add(audit_.model.success, model.IntAt("total_success"));
      Add(audit_.model.partial, model.IntAt("total_partial"));
      Add(audit_.model.failed, model.IntAt("total_failure"));
    }
  }

  // Where the cells are tells the version.
  void Version() {
    const Json* version = document_.Find("version");
    if (version != nullptr && !version->is_null()) return;
    const char* said = !grouped_                             ? "3.0"
                       : document_.Find("models") != nullptr ? "2.0"
                                                             : "1.0";
    Correction correction;
    correction.code = "field_missing";
    correction.pointer = "/version";
    if (version != nullptr) correction.before = *version;
    correction.after = Json::String(said);
    correction.rule = "version_by_structure";
    correction.message =
        Say(N_("the version is missing; the cells are where version {0} has "
               "them"),
            said);
    audit_.corrections.push_back(std::move(correction));
  }

  void Models() {
    const Json* models = document_.Find("models");
    if (models == nullptr) return;
    for (const auto& [name, model] : models->members()) {
      if (!model.is_object()) continue;
      const std::string pointer = PointerTo("/models", name);
      const LevelSums sums = by_model_[name];
      if (model.Find("total_tests") == nullptr) {
        Missing("model_total_missing", PointerTo(pointer, "total_tests"),
                sums.tests);
      }
      Level(model, pointer, sums, "model_total_wrong");
      if (grouped_) {
        Breakdowns(model, pointer);
      } else {
        Descend(model, pointer, 0);
      }
    }
  }

  // Levels below `node`; as deep as kContainers is long.
  void Descend(const Json& node, const std::string& pointer,
               std::size_t depth) {
    // The children of the last container are the leaves themselves.
    if (depth + 1 >= kContainers.size()) return;
    const char* container = kContainers.at(depth);
    const Json* children = node.Find(container);
    if (children == nullptr) return;
    const std::string below = PointerTo(pointer, container);
    for (const auto& [name, child] : children->members()) {
      if (!child.is_object()) continue;
      const std::string at = PointerTo(below, name);
      Level(child, at, by_node_[at], "level_total_wrong");
      Descend(child, at, depth + 1);
    }
  }

  void Breakdowns(const Json& model, const std::string& pointer) {
    for (const auto& [container, children] : model.members()) {
      if (!container.starts_with("by_")) continue;
      const std::string below = PointerTo(pointer, container);
      for (const auto& [name, child] : children.members()) {
        const std::string at = PointerTo(below, name);
        // A property that no group has: nothing to compare with.
        const auto sums = by_node_.find(at);
        if (sums == by_node_.end() || !child.is_object()) continue;
        Level(child, at, sums->second, "level_total_wrong");
      }
    }
  }

  // A level and the objects beside its children that count it.
  void Level(const Json& node, const std::string& pointer,
             const LevelSums& sums, const char* code) {
    Aggregate(node, pointer, sums, code);
    for (const char* name : kAggregates) {
      const Json* aggregate = node.Find(name);
      if (aggregate == nullptr || !aggregate->is_object()) continue;
      Aggregate(*aggregate, PointerTo(pointer, name), sums, code);
    }
  }

  void Aggregate(const Json& numbers, const std::string& pointer,
                 const LevelSums& sums, const char* code) {
    for (const auto& [name, value] : numbers.members()) {
      const std::optional<std::int64_t> count = CountedBy(name, sums);
      if (!count || value.is_object() || value.is_array()) continue;
      if (value.AsInt() == count) continue;
      Correction correction;
      correction.code = code;
      correction.pointer = PointerTo(pointer, name);
      correction.before = value;
      correction.after = Json::Int(*count);
      correction.rule = "sum_of_cells";
      correction.message =
          Say(N_("it says {0}, its {1} cells add up to {2}"),
              value.is_null() ? "null" : value.text(), sums.cells, *count);
      audit_.corrections.push_back(std::move(correction));
    }
    RateCounts counts;
    counts.total = sums.tests;
    counts.percent_allowed = percent_;
    counts.others = false;
    if (sums.outcomes_known) {
      counts.success = sums.success;
      counts.partial = sums.partial;
      counts.failed = sums.failed;
    }
    AuditRates(numbers.members(), pointer, counts, audit_.corrections,
               audit_.findings);
  }

  void Missing(const char* code, const std::string& pointer, std::int64_t count,
               Severity severity = Severity::kWarning) {
    Correction correction;
    correction.code = code;
    correction.severity = severity;
    correction.pointer = pointer;
    correction.after = Json::Int(count);
    correction.rule = "sum_of_cells";
    correction.message =
        Say(N_("{0} is missing; the cells add up to {1}"), pointer, count);
    audit_.corrections.push_back(std::move(correction));
  }

  void Summary() {
    const Json* summary = document_.Find("summary");
    if (summary == nullptr || !summary->is_object()) {
      NewSummary(summary);
      return;
    }
    if (summary->Find("total_tests") == nullptr) {
      Missing("summary_total_missing", "/summary/total_tests",
              audit_.leaf.tests);
    }
    const bool known = audit_.leaf.outcomes_known && !grouped_;
    for (const char* name :
         {"total_success", "total_partial", "total_failure"}) {
      if (!known || summary->Find(name) != nullptr) continue;
      Missing("summary_total_missing", PointerTo("/summary", name),
              *CountedBy(name, audit_.leaf), Severity::kInfo);
    }
    Aggregate(*summary, "/summary", audit_.leaf, "master_summary_stale");
    Listed(*summary);
  }

  void NewSummary(const Json* before) {
    Json summary = Json::Object();
    summary.Set("total_tests", Json::Int(audit_.leaf.tests));
    summary.Set("total_success", Json::Int(audit_.leaf.success));
    summary.Set("total_partial", Json::Int(audit_.leaf.partial));
    summary.Set("total_failure", Json::Int(audit_.leaf.failed));
    Json names = Json::Array();
    for (const std::string& name : ModelsWithTests()) {
      names.Append(Json::String(name));
    }
    summary.Set("models_tested", std::move(names));
    Correction correction;
    correction.code = "summary_missing";
    correction.pointer = "/summary";
    if (before != nullptr) correction.before = *before;
    correction.after = std::move(summary);
    correction.rule = "sum_of_cells";
    correction.message = Say(N_("the summary is missing; the cells add up to "
                                "{0} tests"),
                             audit_.leaf.tests);
    audit_.corrections.push_back(std::move(correction));
  }

  [[nodiscard]] std::vector<std::string> ModelsWithTests() const {
    std::vector<std::string> names;
    for (const Leaf& leaf : master_.leaves) {
      if (by_model_.at(leaf.model).tests > 0 &&
          std::find(names.begin(), names.end(), leaf.model) == names.end()) {
        names.push_back(leaf.model);
      }
    }
    return names;
  }

  // Models with tests that the summary does not list.
  void Listed(const Json& summary) {
    const Json* listed = summary.Find("models_tested");
    if (listed == nullptr || !listed->is_array()) return;
    Json longer = *listed;
    std::size_t added = 0;
    for (const std::string& name : ModelsWithTests()) {
      const Json wanted = Json::String(name);
      if (std::find(listed->items().begin(), listed->items().end(), wanted) ==
          listed->items().end()) {
        longer.Append(wanted);
        ++added;
      }
    }
    if (added == 0) return;
    Correction correction;
    correction.code = "summary_models_stale";
    correction.severity = Severity::kInfo;
    correction.pointer = "/summary/models_tested";
    correction.before = *listed;
    correction.after = std::move(longer);
    correction.rule = "models_of_cells";
    correction.message = Say(
        N_("{0} models with tests are not in the list of the summary"), added);
    audit_.corrections.push_back(std::move(correction));
  }

  void Shortfalls() {
    for (const ModelClaim& model : master_.models) {
      const std::int64_t held = by_model_[model.name].tests;
      if (!model.total_tests || *model.total_tests <= held) continue;
      audit_.shortfalls.push_back({model.name, PointerTo("/models", model.name),
                                   *model.total_tests, held});
    }
  }

  void DecideVote() {
    Vote& vote = audit_.vote;
    const std::int64_t leaf = audit_.leaf.tests;
    const auto& model = audit_.model.tests;
    const auto& summary = audit_.summary.tests;
    if (audit_.leaf.cells == 0) {
      vote.winner = "none";
      vote.evidence = Say(N_("there are no cells: nothing to count"));
      return;
    }
    vote.winner = "leaf";
    vote.agreeing = {"leaf"};
    if (model == leaf) vote.agreeing.emplace_back("model");
    if (summary == leaf) vote.agreeing.emplace_back("summary");
    if (!audit_.consistent) {
      vote.evidence =
          Say(N_("the cells count, though the numbers of some do "
                 "not add up"));
    } else if (vote.agreeing.size() == 3) {
      vote.evidence = Say(N_("cells, models and summary agree"));
    } else if (model == leaf) {
      vote.evidence = Say(N_("cells and models agree against the summary"));
    } else if (summary == leaf) {
      vote.evidence = Say(N_("cells and summary agree against the models"));
    } else if (model && model == summary) {
      vote.evidence =
          Say(N_("models and summary agree against the cells, whose numbers "
                 "add up one by one: the cells count"));
    } else {
      vote.evidence =
          Say(N_("all three differ; the cells, whose numbers add "
                 "up one by one, count"));
    }
  }

  void Take(std::vector<Correction>& corrections, Findings& findings) {
    std::move(corrections.begin(), corrections.end(),
              std::back_inserter(audit_.corrections));
    std::move(findings.begin(), findings.end(),
              std::back_inserter(audit_.findings));
  }

  const Json& document_;
  const MasterDatabase& master_;
  bool grouped_ = false;
  bool percent_ = false;
  SumsBy by_model_;
  SumsBy by_node_;
  MasterAudit audit_;
};

}  // namespace

LevelSums& LevelSums::operator+=(const LevelSums& other) {
  tests += other.tests;
  success += other.success;
  partial += other.partial;
  failed += other.failed;
  cells += other.cells;
  outcomes_known = outcomes_known && other.outcomes_known;
  return *this;
}

MasterAudit AuditMaster(const Json& document, const MasterDatabase& master) {
  return Auditor(document, master).Run();
}

}  // namespace benchkeep::store
