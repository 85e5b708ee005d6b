// Reading a master database.

#include "store/master_database.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <unordered_map>

#include "base/json_pointer.h"

namespace benchkeep::store {
namespace {

// Counts are INT32 in the campaign's own files; a leaf beyond that is damage.
constexpr std::int64_t kMaxCount = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30;
constexpr int kReadAttempts = 5;

// Builds the leaves of one document; steals the statistics from it.
class Reader {
 public:
  explicit Reader(MasterDatabase& master) : master_(master) {}

  void ReadModels(Json& models) {
    for (auto& [name, model] : models.members()) {
      Leaf cell;
      cell.model = name;
      const std::string pointer = PointerTo("/models", name);
      if (!Expect(model, pointer)) continue;
      Descend(model, pointer, 0, cell);
    }
  }

  void ReadClaims(const Json& models) {
    for (const auto& [name, model] : models.members()) {
      if (!model.is_object()) continue;
      last_times_[name] = model.StringAt("last_test_time");
      master_.models.push_back(
          {name, model.IntAt("total_tests"), model.StringAt("last_test_time")});
    }
  }

  void ReadGroups(Json& groups) {
    for (auto& [name, group] : groups.members()) {
      const std::string pointer = PointerTo("/test_groups", name);
      if (Expect(group, pointer)) ReadGroup(group, pointer);
    }
  }

  // Tests of the old groups in a document whose leaves are below its models.
  void ReportGroups(const Json& groups) {
    std::int64_t tests = 0;
    for (const auto& [name, group] : groups.members()) {
      const Json* statistics = group.Find("statistics");
      if (statistics == nullptr) continue;
      tests += std::clamp<std::int64_t>(statistics->IntAt("total").value_or(0),
                                        0, kMaxCount);
    }
    if (tests == 0) return;
    Report("groups_beside_models", Severity::kInfo, "/test_groups",
           Say(N_("{0} tests of old test groups are not part of the models and "
                  "do not count"),
               tests));
  }

  // The object at `pointer`, or a finding.
  bool Expect(const Json& value, const std::string& pointer) {
    if (value.is_object()) return true;
    Report("master_wrong_type", Severity::kWarning, pointer,
           Say(N_("{0} is no object: it was passed over"), pointer));
    return false;
  }

  void Report(const char* code, Severity severity, const std::string& pointer,
              Message message) {
    master_.findings.push_back(
        {code, severity, pointer, std::move(message), {}});
  }

 private:
  struct Level {
    const char* container;
    void (*assign)(Leaf&, const std::string&);
  };
  static constexpr std::array<Level, 4> kLevels = {{
      {"by_prompt_type",
       [](Leaf& leaf, const std::string& name) { leaf.prompt_type = name; }},
      {"by_tool_success_rate",
       [](Leaf& leaf, const std::string& name) {
         leaf.rate = name;
         if (name == "unknown") leaf.rate.reset();
       }},
      {"by_difficulty",
       [](Leaf& leaf, const std::string& name) { leaf.difficulty = name; }},
      {"by_task_type",
       [](Leaf& leaf, const std::string& name) { leaf.task_type = name; }},
  }};

  // Recursion is as deep as kLevels is long.
  void Descend(Json& node, const std::string& pointer, std::size_t depth,
               Leaf& cell) {
    if (depth == kLevels.size()) {
      Leaf leaf = cell;
      leaf.pointer = pointer;
      Finish(std::move(leaf), node);
      return;
    }
    const Level& level = kLevels.at(depth);
    const std::string below = PointerTo(pointer, level.container);
    Json* container = node.Find(level.container);
    if (container == nullptr) {
      // A model may have no tests yet; a cell without its lower half is damage.
      if (depth > 0) {
        Report("master_part_missing", Severity::kWarning, below,
               Say(N_("{0} is missing"), below));
      }
      return;
    }
    if (!Expect(*container, below)) return;
    for (auto& [name, child] : container->members()) {
      const std::string child_pointer = PointerTo(below, name);
      if (!Expect(child, child_pointer)) continue;
      level.assign(cell, name);
      Descend(child, child_pointer, depth + 1, cell);
    }
  }

  void ReadGroup(Json& group, const std::string& pointer) {
    Leaf leaf;
    leaf.pointer = PointerTo(pointer, "statistics");
    leaf.model = TextAt(group, "model", pointer);
    leaf.prompt_type = TextAt(group, "prompt_type", pointer);
    leaf.difficulty = TextAt(group, "difficulty", pointer);
    leaf.task_type = TextAt(group, "task_type", pointer);
    if (const Json* rate = group.Find("tool_success_rate");
        rate != nullptr && (rate->is_number() || rate->is_string())) {
      leaf.rate = rate->text();
    }
    if (const Json* flawed = group.Find("is_flawed");
        flawed != nullptr && flawed->is_bool()) {
      leaf.is_flawed = flawed->bool_value();
    }
    leaf.flaw_type = group.StringAt("flaw_type");
    // Version 3.0 has one prompt type per flaw; so have we.
    if (leaf.prompt_type == "flawed" && leaf.flaw_type) {
      leaf.prompt_type += "_" + *leaf.flaw_type;
    }
    if (const Json* instances = group.Find("instances")) {
      ReadInstances(*instances, PointerTo(pointer, "instances"), leaf);
    }
    Json* statistics = group.Find("statistics");
    if (statistics == nullptr) {
      Report("master_part_missing", Severity::kWarning, leaf.pointer,
             Say(N_("{0} is missing"), leaf.pointer));
      return;
    }
    if (!Expect(*statistics, leaf.pointer)) return;
    Finish(std::move(leaf), *statistics);
  }

  std::string TextAt(const Json& group, std::string_view name,
                     const std::string& pointer) {
    const std::optional<std::string> text = group.StringAt(name);
    if (text) return *text;
    const std::string where = PointerTo(pointer, name);
    Report("master_part_missing", Severity::kWarning, where,
           Say(N_("{0} is missing"), where));
    return "unknown";
  }

  void ReadInstances(const Json& instances, const std::string& pointer,
                     Leaf& leaf) {
    if (instances.is_null()) return;
    if (!instances.is_array()) {
      Report("master_wrong_type", Severity::kWarning, pointer,
             Say(N_("{0} is no list: it was passed over"), pointer));
      return;
    }
    const auto boolean = [](const Json& item, std::string_view name) {
      const Json* value = item.Find(name);
      return value != nullptr && value->is_bool()
                 ? std::optional(value->bool_value())
                 : std::nullopt;
    };
    for (const Json& item : instances.items()) {
      const Json* time = item.Find("execution_time");
      leaf.instances.push_back(
          {boolean(item, "success"), boolean(item, "partial_success"),
           time == nullptr ? std::nullopt : time->AsDouble(),
           item.StringAt("error_message"), item.StringAt("timestamp")});
    }
  }

  // A count under the first of `names` that is there and not null.
  std::optional<std::int64_t> Count(
      const Json& statistics, const std::string& pointer,
      std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
      const Json* value = statistics.Find(name);
      if (value == nullptr || value->is_null()) continue;
      const std::optional<std::int64_t> count = value->AsInt();
      if (count && *count >= 0 && *count <= kMaxCount) return count;
      const std::string where = PointerTo(pointer, name);
      Report("leaf_bad_count", Severity::kWarning, where,
             Say(N_("{0} is no count: it is taken as unknown"), where));
      return std::nullopt;
    }
    return std::nullopt;
  }

  void Finish(Leaf leaf, Json& statistics) {
    const std::string& at = leaf.pointer;
    leaf.total = Count(statistics, at, {"total"});
    leaf.success = Count(statistics, at, {"success", "successful"});
    leaf.partial = Count(statistics, at, {"partial", "partial_success"});
    leaf.failed = Count(statistics, at, {"failed", "failure"});
    if (!leaf.total) {
      Report("leaf_without_total", Severity::kWarning, at,
             Say(N_("{0} has no total: its outcomes are counted instead"), at));
    }
    leaf.statistics = std::move(statistics.members());
    if (const auto model = last_times_.find(leaf.model);
        model != last_times_.end()) {
      leaf.last_test_time = model->second;
    }
    master_.leaves.push_back(std::move(leaf));
  }

  MasterDatabase& master_;
  std::unordered_map<std::string, std::optional<std::string>> last_times_;
};

// The number before the first dot; nullopt when there is none.
std::optional<int> MajorVersion(const std::string& version) {
  if (version.empty() || version[0] < '0' || version[0] > '9') {
    return std::nullopt;
  }
  return std::atoi(version.c_str());
}

Status CheckKind(const Json& document, const fs::Path& path) {
  if (!document.is_object()) {
    return Fail(Code::kCorruption,
                Say(N_("{0} is no master database: not an object"), path),
                path);
  }
  for (const char* name : {"models", "test_groups"}) {
    const Json* part = document.Find(name);
    if (part != nullptr && part->is_object()) return {};
  }
  return Fail(Code::kCorruption,
              Say(N_("{0} is no master database: neither /models nor "
                     "/test_groups is an object"),
                  path),
              path);
}

}  // namespace

Result<MasterDatabase> ParseMaster(std::string_view text,
                                   const fs::Path& path) {
  Result<Json> parsed = ParseJson(text);
  if (!parsed.ok()) {
    return Fail(parsed.error().code, parsed.error().message,
                Say(N_("restore it from a backup, or repair it")), path);
  }
  BENCHKEEP_ASSIGN(MasterDatabase master, MasterOf(std::move(*parsed), path));
  master.bytes = text.size();
  return master;
}

Result<MasterDatabase> MasterOf(Json document, const fs::Path& path) {
  BENCHKEEP_TRY(CheckKind(document, path));
  MasterDatabase master;
  if (const Json* version = document.Find("version")) {
    master.version = version->text();
  }
  const std::optional<int> major = MajorVersion(master.version);
  if (major && *major > 3) {
    return Fail(Code::kTooNew,
                Say(N_("{0} has version {1}; this benchkeep knows 1.0 to 3.0"),
                    path, master.version),
                path);
  }
  master.newest = document.StringAt("last_updated");
  if (const Json* summary = document.Find("summary")) {
    master.summary_total = summary->IntAt("total_tests");
  }

  Reader reader(master);
  Json* models = document.Find("models");
  Json* groups = document.Find("test_groups");
  if (models != nullptr && reader.Expect(*models, "/models")) {
    reader.ReadClaims(*models);
    if (!major || *major == 3) reader.ReadModels(*models);
  }
  if (groups != nullptr && reader.Expect(*groups, "/test_groups")) {
    const bool in_models = major ? *major == 3 : !master.leaves.empty();
    if (in_models) {
      reader.ReportGroups(*groups);
    } else {
      reader.ReadGroups(*groups);
    }
  }
  return master;
}

Result<MasterText> ReadMasterText(fs::FileSystem& file_system,
                                  const fs::Path& path) {
  // Writers may rewrite it in place: a read counts only when the file was the
  // same before and after it.
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    BENCHKEEP_ASSIGN(const fs::FileInfo before, file_system.Info(path));
    BENCHKEEP_ASSIGN(std::string text,
                     fs::ReadFile(file_system, path, kMaxBytes));
    BENCHKEEP_ASSIGN(const fs::FileInfo after, file_system.Info(path));
    if (before.SameState(after) && after.size == text.size()) {
      return MasterText{std::move(text), after};
    }
  }
  return Fail(Code::kBusy,
              Say(N_("{0} keeps changing while it is being read"), path),
              Say(N_("try again in a moment")), path);
}

Result<MasterDatabase> LoadMaster(fs::FileSystem& file_system,
                                  const fs::Path& path) {
  BENCHKEEP_ASSIGN(const MasterText read, ReadMasterText(file_system, path));
  return ParseMaster(read.text, path);
}

MasterStatistics StatisticsOf(const MasterDatabase& master) {
  struct Sums {
    std::uint64_t tests = 0;
    std::uint64_t successes = 0;
  };
  const auto rate = [](const Sums& sums) -> std::optional<double> {
    if (sums.tests == 0) return std::nullopt;
    return static_cast<double>(sums.successes) /
           static_cast<double>(sums.tests);
  };
  Sums all;
  std::map<std::string, Sums> by_model;
  for (const ModelClaim& model : master.models) by_model[model.name];
  for (const Leaf& leaf : master.leaves) {
    const auto tests = static_cast<std::uint64_t>(TestsOf(leaf));
    const auto successes = static_cast<std::uint64_t>(leaf.success.value_or(0));
    Sums& model = by_model[leaf.model];
    for (Sums* sums : {&all, &model}) {
      sums->tests += tests;
      sums->successes += successes;
    }
  }

  MasterStatistics statistics;
  statistics.version = master.version;
  statistics.leaves = master.leaves.size();
  statistics.total_tests = all.tests;
  statistics.successes = all.successes;
  statistics.success_rate = rate(all);
  for (const auto& [name, sums] : by_model) {
    statistics.models.push_back({name, sums.tests, rate(sums)});
  }
  std::stable_sort(statistics.models.begin(), statistics.models.end(),
                   [](const ModelStatistics& a, const ModelStatistics& b) {
                     return a.total_tests > b.total_tests;
                   });
  statistics.summary_total = master.summary_total;
  statistics.newest = master.newest;
  statistics.bytes = master.bytes;
  return statistics;
}

}  // namespace benchkeep::store
