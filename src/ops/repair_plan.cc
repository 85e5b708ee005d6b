// Plans of repair as JSON, and what they make of a document.

#include "ops/repair_plan.h"

#include <utility>

#include "base/json_pointer.h"
#include "base/json_style.h"
#include "fs/sha256.h"

namespace benchkeep::ops {
namespace {

constexpr const char* kKind = "benchkeep repair plan";

const char* BaseName(PlanBase base) {
  switch (base) {
    case PlanBase::kWhole:
      return "whole";
    case PlanBase::kPrefix:
      return "prefix";
    case PlanBase::kNew:
      return "new";
  }
  BENCHKEEP_CHECK(false);
}

Json ChangeToJson(const PlannedChange& change) {
  const store::Correction& correction = change.correction;
  Json json = Json::Object();
  json.Set("code", Json::String(correction.code));
  json.Set("pointer", Json::String(correction.pointer));
  json.Set("missing", Json::Bool(!correction.before));
  json.Set("before", correction.before.value_or(Json()));
  json.Set("after", correction.after);
  json.Set("rule", Json::String(correction.rule));
  json.Set("evidence", Json::String(correction.message.English()));
  Json origin;
  if (change.origin) {
    origin = Json::Object();
    origin.Set("kind", Json::String(change.origin->kind));
    origin.Set("file", Json::String(change.origin->file));
  }
  json.Set("origin", std::move(origin));
  return json;
}

Json RecoveryToJson(const PlannedRecovery& recovery) {
  Json json = Json::Object();
  json.Set("code", Json::String(recovery.code));
  json.Set("file", Json::String(recovery.file));
  json.Set("sibling", Json::String(recovery.sibling));
  json.Set("rows", Json::Uint(recovery.rows));
  json.Set("row_groups", Json::Uint(recovery.row_groups));
  json.Set("bytes_used", Json::Uint(recovery.bytes_used));
  json.Set("bytes", Json::Uint(recovery.bytes));
  json.Set("columns", Json::Uint(recovery.columns));
  json.Set("columns_cut", Json::Uint(recovery.columns_cut));
  return json;
}

Unexpected NoPlan(const char* what) {
  return Fail(Code::kInvalidArgument,
              Say(N_("this is no plan of repair: \"{0}\" is missing or of "
                     "another kind"),
                  what),
              Say(N_("make one with `benchkeep repair --plan FILE`")));
}

// Reads members and remembers the first one that is missing.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  std::string Text(const char* name) {
    auto text = json_.StringAt(name);
    if (!text) bad_ = name;
    return text.value_or("");
  }
  std::uint64_t Count(const char* name) {
    const auto count = json_.IntAt(name);
    if (!count || *count < 0) bad_ = name;
    return count && *count >= 0 ? static_cast<std::uint64_t>(*count) : 0;
  }
  Json Value(const char* name) {
    const Json* value = json_.Find(name);
    if (value == nullptr) bad_ = name;
    return value == nullptr ? Json() : *value;
  }
  const std::vector<Json>& List(const char* name) {
    static const std::vector<Json> none;
    const Json* list = json_.Find(name);
    if (list == nullptr || !list->is_array()) {
      bad_ = name;
      return none;
    }
    return list->items();
  }
  void Refuse(const char* name) { bad_ = name; }
  [[nodiscard]] const char* bad() const { return bad_; }

 private:
  const Json& json_;
  const char* bad_ = nullptr;
};

Result<PlannedChange> ChangeFromJson(const Json& json) {
  Reader read(json);
  PlannedChange change;
  store::Correction& correction = change.correction;
  correction.code = read.Text("code");
  correction.pointer = read.Text("pointer");
  const Json missing = read.Value("missing");
  if (!missing.is_bool()) read.Refuse("missing");
  if (!missing.bool_value()) correction.before = read.Value("before");
  correction.after = read.Value("after");
  correction.rule = read.Text("rule");
  correction.message = Say("{0}", read.Text("evidence"));
  if (const Json origin = read.Value("origin"); !origin.is_null()) {
    Reader from(origin);
    change.origin = {from.Text("kind"), from.Text("file")};
    if (from.bad() != nullptr) return NoPlan(from.bad());
  }
  if (read.bad() != nullptr) return NoPlan(read.bad());
  return change;
}

Result<PlannedRecovery> RecoveryFromJson(const Json& json) {
  Reader read(json);
  PlannedRecovery recovery{
      read.Text("code"),   read.Text("file"),        read.Text("sibling"),
      read.Count("rows"),  read.Count("row_groups"), read.Count("bytes_used"),
      read.Count("bytes"), read.Count("columns"),    read.Count("columns_cut")};
  if (read.bad() != nullptr) return NoPlan(read.bad());
  return recovery;
}

Unexpected Misfit(const std::string& pointer) {
  return Fail(Code::kCorruption,
              Say(N_("the plan does not fit: {0} is not what it says; nothing "
                     "was changed"),
                  pointer),
              Say(N_("make a new plan: benchkeep repair")));
}

}  // namespace

Json PlanToJson(const RepairPlan& plan) {
  Json json = Json::Object();
  json.Set("kind", Json::String(kKind));
  json.Set("format", Json::Int(kRepairPlanFormat));
  json.Set("created", Json::String(plan.created));
  json.Set("only", Json::String(plan.only));
  Json& inputs = json.Set("inputs", Json::Array());
  for (const PlanInput& input : plan.inputs) {
    Json& one = inputs.Append(Json::Object());
    one.Set("file", Json::String(input.file));
    one.Set("sha256", Json::String(input.sha256));
    one.Set("bytes", Json::Uint(input.bytes));
  }
  json.Set("master", Json::String(plan.master));
  json.Set("base", Json::String(BaseName(plan.base)));
  json.Set("prefix_bytes", Json::Uint(plan.prefix_bytes));
  Json& changes = json.Set("changes", Json::Array());
  for (const PlannedChange& change : plan.changes) {
    changes.Append(ChangeToJson(change));
  }
  json.Set("result_sha256", Json::String(plan.result_sha256));
  Json& recoveries = json.Set("recoveries", Json::Array());
  for (const PlannedRecovery& recovery : plan.recoveries) {
    recoveries.Append(RecoveryToJson(recovery));
  }
  Json& uncured = json.Set("uncured", Json::Array());
  for (const Finding& finding : plan.uncured) {
    Json& one = uncured.Append(Json::Object());
    one.Set("code", Json::String(finding.code));
    one.Set("severity", Json::String(SeverityName(finding.severity)));
    one.Set("path", Json::String(finding.path));
    one.Set("message", Json::String(finding.message.English()));
    one.Set("fix", Json::String(finding.fix.English()));
  }
  json.Set("tests_before", Json::Int(plan.tests_before));
  json.Set("tests_after", Json::Int(plan.tests_after));
  return json;
}

Result<RepairPlan> PlanFromJson(const Json& json) {
  Reader read(json);
  if (read.Text("kind") != kKind) read.Refuse("kind");
  if (read.bad() != nullptr) return NoPlan(read.bad());
  if (json.IntAt("format") != kRepairPlanFormat) {
    return Fail(Code::kTooNew,
                Say(N_("the plan was made by another benchkeep")),
                Say(N_("make a new plan: benchkeep repair")));
  }
  RepairPlan plan;
  plan.created = read.Text("created");
  plan.only = read.Text("only");
  for (const Json& item : read.List("inputs")) {
    Reader input(item);
    plan.inputs.push_back(
        {input.Text("file"), input.Text("sha256"), input.Count("bytes")});
    if (input.bad() != nullptr) return NoPlan(input.bad());
  }
  plan.master = read.Text("master");
  const std::string base = read.Text("base");
  for (const PlanBase one :
       {PlanBase::kWhole, PlanBase::kPrefix, PlanBase::kNew}) {
    if (base == BaseName(one)) plan.base = one;
  }
  if (base != BaseName(plan.base)) read.Refuse("base");
  plan.prefix_bytes = read.Count("prefix_bytes");
  for (const Json& item : read.List("changes")) {
    BENCHKEEP_ASSIGN(PlannedChange change, ChangeFromJson(item));
    plan.changes.push_back(std::move(change));
  }
  plan.result_sha256 = read.Text("result_sha256");
  for (const Json& item : read.List("recoveries")) {
    BENCHKEEP_ASSIGN(PlannedRecovery recovery, RecoveryFromJson(item));
    plan.recoveries.push_back(std::move(recovery));
  }
  for (const Json& item : read.List("uncured")) {
    Reader one(item);
    Finding finding{one.Text("code"),
                    Severity::kWarning,
                    one.Text("path"),
                    Say("{0}", one.Text("message")),
                    {}};
    const std::string severity = one.Text("severity");
    for (const Severity each :
         {Severity::kInfo, Severity::kWarning, Severity::kCritical}) {
      if (severity == SeverityName(each)) finding.severity = each;
    }
    if (const std::string fix = one.Text("fix"); !fix.empty()) {
      finding.fix = Say("{0}", fix);
    }
    if (one.bad() != nullptr) return NoPlan(one.bad());
    plan.uncured.push_back(std::move(finding));
  }
  plan.tests_before = static_cast<std::int64_t>(read.Count("tests_before"));
  plan.tests_after = static_cast<std::int64_t>(read.Count("tests_after"));
  if (read.bad() != nullptr) return NoPlan(read.bad());
  return plan;
}

Json BaseDocument(PlanBase base, const std::string& original) {
  if (base == PlanBase::kNew) return Json::Object();
  Json document = ParseJsonPrefix(original).value;
  return document.is_object() ? std::move(document) : Json::Object();
}

Result<std::string> TextAfter(const RepairPlan& plan,
                              const std::string& original) {
  Json document = BaseDocument(plan.base, original);
  for (const PlannedChange& change : plan.changes) {
    const store::Correction& correction = change.correction;
    const Json* now = FindAt(document, correction.pointer);
    const bool same = now == nullptr
                          ? !correction.before
                          : correction.before && *now == *correction.before;
    if (!same || !SetAt(document, correction.pointer, correction.after)) {
      return Misfit(correction.pointer);
    }
  }
  std::string text = DumpAs(document, StyleOf(original));
  if (!plan.result_sha256.empty() && fs::Sha256Of(text) != plan.result_sha256) {
    return Misfit(plan.master);
  }
  return text;
}

}  // namespace benchkeep::ops
