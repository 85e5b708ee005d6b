// MANIFEST.json, to and from text.

#include "store/backup_manifest.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>

#include "fs/sha256.h"
#include "fs/tar.h"
#include "store/layout.h"

namespace benchkeep::store {
namespace {

constexpr std::string_view kSeal = ",\n \"sha256\": \"";
constexpr std::string_view kSealEnd = "\"\n}\n";
constexpr std::size_t kHexDigits = 64;

Json ModelsToJson(const std::vector<ModelTests>& models) {
  Json list = Json::Array();
  for (const ModelTests& model : models) {
    Json one = Json::Object();
    one.Set("name", Json::String(model.name));
    one.Set("total_tests", Json::Uint(model.tests));
    list.Append(std::move(one));
  }
  return list;
}

// Reads members of one JSON object; the first that is not what it must be is
// remembered, and everything after it is worth nothing.
class Fields {
 public:
  explicit Fields(const Json& json) : json_(json) {
    if (!json.is_object()) bad_ = true;
  }
  std::string Text(const char* name) {
    const auto text = json_.StringAt(name);
    if (!text) bad_ = true;
    return text.value_or("");
  }
  std::uint64_t Count(const char* name) {
    const auto number = json_.IntAt(name);
    if (!number || *number < 0) bad_ = true;
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(number.value_or(0), 0));
  }
  std::int64_t Int(const char* name) {
    const auto number = json_.IntAt(name);
    if (!number) bad_ = true;
    return number.value_or(0);
  }
  bool Truth(const char* name) {
    const Json* value = json_.Find(name);
    if (value == nullptr || !value->is_bool()) bad_ = true;
    return value != nullptr && value->bool_value();
  }
  const std::vector<Json>& List(const char* name) {
    static const std::vector<Json> none;
    const Json* value = json_.Find(name);
    if (value != nullptr && value->is_array()) return value->items();
    bad_ = true;
    return none;
  }
  [[nodiscard]] bool bad() const { return bad_; }

 private:
  const Json& json_;
  bool bad_ = false;
};

std::vector<ModelTests> ReadModels(Fields& fields) {
  std::vector<ModelTests> models;
  for (const Json& item : fields.List("models")) {
    Fields model(item);
    models.push_back({model.Text("name"), model.Count("total_tests")});
  }
  return models;
}

bool IsSha256(const std::string& text) {
  return text.size() == kHexDigits &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// A name that stays below its folder and is written the one way we write it.
bool IsSafeName(const std::string& name) {
  return fs::SafeRelativeName(name) == name;
}

class ManifestReader {
 public:
  explicit ManifestReader(fs::Path path) : path_(std::move(path)) {}

  Result<BackupManifest> Read(const Json& json) {
    Fields top(json);
    BackupManifest out;
    out.id = top.Text("id");
    out.sequence = top.Count("sequence");
    out.origin = top.Text("origin");
    out.label = top.Text("label");
    out.created_at = top.Text("created_at");
    out.host = top.Text("host");
    out.version = top.Text("benchkeep");
    out.locked = top.Truth("locked");
    const auto time = ParseIsoTime(out.created_at);
    if (!IsBackupId(out.id) || !time) return Bad("id, created_at");
    out.time = *time;
    const std::string state = top.Text("state");
    bool known = false;
    for (const BackupState each :
         {BackupState::kGood, BackupState::kSuspect, BackupState::kBad}) {
      if (state != BackupStateName(each)) continue;
      out.state = each;
      known = true;
    }
    if (!known) return Bad("state");
    for (const Json& item : top.List("reasons")) {
      Fields reason(item);
      BackupReason one{reason.Text("code"), {}};
      for (const Json& arg : reason.List("args"))
        one.args.push_back(arg.text());
      if (reason.bad()) return Bad("reasons");
      out.reasons.push_back(std::move(one));
    }
    BENCHKEEP_TRY(ReadFiles(top, out));
    BENCHKEEP_TRY(ReadMembers(top, out));
    const Json* counts = json.Find("counts");
    if (counts == nullptr || !ReadCounts(*counts, out.counts)) {
      return Bad("counts");
    }
    if (top.bad()) return Bad("a member is missing");
    return out;
  }

 private:
  [[nodiscard]] Unexpected Bad(const char* where) const {
    return Fail(
        Code::kCorruption,
        Say(N_("{0} is no manifest that benchkeep wrote ({1})"), path_, where),
        path_);
  }

  Status ReadFiles(Fields& top, BackupManifest& out) const {
    std::set<std::string> names;
    for (const Json& item : top.List("files")) {
      Fields fields(item);
      BackupFile file{fields.Text("name"), fields.Count("bytes"),
                      fields.Text("sha256")};
      if (fields.bad() || !IsSafeName(file.name) ||
          file.name == kBackupManifest || !IsSha256(file.sha256) ||
          !names.insert(file.name).second) {
        return Bad("files");
      }
      out.files.push_back(std::move(file));
    }
    return {};
  }

  Status ReadMembers(Fields& top, BackupManifest& out) const {
    std::set<std::string> names;
    for (const Json& item : top.List("members")) {
      Fields fields(item);
      BackupMember member;
      member.path = fields.Text("path");
      member.in = fields.Text("in");
      member.bytes = fields.Count("bytes");
      member.sha256 = fields.Text("sha256");
      member.mode = static_cast<std::uint32_t>(fields.Count("mode") & 0777U);
      member.mtime_ns = fields.Int("mtime_ns");
      member.evidence = fields.Text("evidence");
      const std::string part = fields.Text("part");
      bool known = false;
      for (const Part each :
           {Part::kMaster, Part::kData, Part::kConfig, Part::kSettings}) {
        if (part != PartName(each)) continue;
        member.part = each;
        known = true;
      }
      if (fields.bad() || !known || !IsSafeName(member.path) ||
          !IsSha256(member.sha256) || out.FindFile(member.in) == nullptr ||
          !names.insert(member.path).second) {
        return Bad("members");
      }
      out.members.push_back(std::move(member));
    }
    return {};
  }

  static bool ReadCounts(const Json& json, StoreCounts& out) {
    Fields top(json);
    out.increments = top.Count("increments");
    out.increment_rows = top.Count("increment_rows");
    out.increments_unreadable = top.Count("increments_unreadable");
    if (json.IntAt("keys")) out.keys = top.Count("keys");
    bool bad = top.bad();
    if (const Json* master = json.Find("master");
        master != nullptr && !master->is_null()) {
      Fields fields(*master);
      out.master =
          StoreCounts::Master{fields.Text("version"), fields.Count("leaves"),
                              fields.Count("total_tests"), ReadModels(fields)};
      bad |= fields.bad();
    }
    if (const Json* results = json.Find("results");
        results != nullptr && !results->is_null()) {
      Fields fields(*results);
      out.results =
          StoreCounts::Results{fields.Text("shape"), fields.Count("rows"),
                               fields.Count("total_tests"), ReadModels(fields)};
      bad |= fields.bad();
    }
    return !bad;
  }

  fs::Path path_;
};

}  // namespace

const char* BackupStateName(BackupState state) {
  switch (state) {
    case BackupState::kGood:
      return "good";
    case BackupState::kSuspect:
      return "suspect";
    case BackupState::kBad:
      return "bad";
  }
  return "bad";
}

const char* PartName(Part part) {
  switch (part) {
    case Part::kMaster:
      return "master";
    case Part::kData:
      return "data";
    case Part::kConfig:
      return "config";
    case Part::kSettings:
      return "settings";
  }
  return "data";
}

Message ReasonMessage(const BackupReason& reason) {
  static constexpr struct {
    const char* code;
    const char* msgid;
  } kReasons[] = {
      {"shrunken_master",
       N_("the master database holds {1} tests, the backup before it {0}")},
      {"shrunken_results",
       N_("the results hold {1} tests, the backup before it {0}")},
      {"master_missing",
       N_("the master database is missing; the backup before it had one")},
      {"results_missing",
       N_("the results are missing; the backup before it had them")},
      {"busy_file",
       N_("{0} was being written all the time: its copy may be torn")},
      {"master_unreadable", N_("the master database cannot be read: {0}")},
      {"results_unreadable", N_("the results cannot be read: {0}")},
      {"restore_differs", N_("restoring it for a test failed: {0}")},
      {"damaged", N_("{0}")},
      {"unknown_origin", N_("taken in from copies made by hand")},
  };
  for (const auto& [code, msgid] : kReasons) {
    if (reason.code == code) return Message{msgid, reason.args};
  }
  return Say(N_("{0}"), reason.code);
}

std::uint64_t StoreCounts::total_tests() const {
  if (master) return master->tests;
  return results ? results->tests : 0;
}

Json ToJson(const StoreCounts& counts) {
  Json json = Json::Object();
  json.Set("master", Json());
  if (counts.master) {
    Json master = Json::Object();
    master.Set("version", Json::String(counts.master->version));
    master.Set("leaves", Json::Uint(counts.master->leaves));
    master.Set("total_tests", Json::Uint(counts.master->tests));
    master.Set("models", ModelsToJson(counts.master->models));
    json.Set("master", std::move(master));
  }
  json.Set("results", Json());
  if (counts.results) {
    Json results = Json::Object();
    results.Set("shape", Json::String(counts.results->shape));
    results.Set("rows", Json::Uint(counts.results->rows));
    results.Set("total_tests", Json::Uint(counts.results->tests));
    results.Set("models", ModelsToJson(counts.results->models));
    json.Set("results", std::move(results));
  }
  json.Set("increments", Json::Uint(counts.increments));
  json.Set("increment_rows", Json::Uint(counts.increment_rows));
  json.Set("increments_unreadable", Json::Uint(counts.increments_unreadable));
  json.Set("keys", counts.keys ? Json::Uint(*counts.keys) : Json());
  return json;
}

std::uint64_t BackupManifest::bytes() const {
  std::uint64_t sum = 0;
  for (const BackupFile& file : files) sum += file.bytes;
  return sum;
}

const BackupFile* BackupManifest::FindFile(std::string_view name) const {
  const auto found =
      std::find_if(files.begin(), files.end(),
                   [&](const BackupFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

bool BackupManifest::Has(Part part) const {
  return std::any_of(
      members.begin(), members.end(),
      [part](const BackupMember& member) { return member.part == part; });
}

std::string ManifestText(const BackupManifest& manifest) {
  Json json = Json::Object();
  json.Set("format", Json::Int(kManifestFormat));
  json.Set("id", Json::String(manifest.id));
  json.Set("sequence", Json::Uint(manifest.sequence));
  json.Set("origin", Json::String(manifest.origin));
  json.Set("label", Json::String(manifest.label));
  json.Set("created_at", Json::String(manifest.created_at));
  json.Set("host", Json::String(manifest.host));
  json.Set("benchkeep", Json::String(manifest.version));
  json.Set("state", Json::String(BackupStateName(manifest.state)));
  Json reasons = Json::Array();
  for (const BackupReason& reason : manifest.reasons) {
    Json one = Json::Object();
    one.Set("code", Json::String(reason.code));
    Json& args = one.Set("args", Json::Array());
    for (const std::string& arg : reason.args) args.Append(Json::String(arg));
    reasons.Append(std::move(one));
  }
  json.Set("reasons", std::move(reasons));
  json.Set("locked", Json::Bool(manifest.locked));
  json.Set("counts", ToJson(manifest.counts));
  Json files = Json::Array();
  for (const BackupFile& file : manifest.files) {
    Json one = Json::Object();
    one.Set("name", Json::String(file.name));
    one.Set("bytes", Json::Uint(file.bytes));
    one.Set("sha256", Json::String(file.sha256));
    files.Append(std::move(one));
  }
  json.Set("files", std::move(files));
  Json members = Json::Array();
  for (const BackupMember& member : manifest.members) {
    Json one = Json::Object();
    one.Set("path", Json::String(member.path));
    one.Set("part", Json::String(PartName(member.part)));
    one.Set("in", Json::String(member.in));
    one.Set("bytes", Json::Uint(member.bytes));
    one.Set("sha256", Json::String(member.sha256));
    one.Set("mode", Json::Uint(member.mode));
    one.Set("mtime_ns", Json::Int(member.mtime_ns));
    one.Set("evidence", Json::String(member.evidence));
    members.Append(std::move(one));
  }
  json.Set("members", std::move(members));

  std::string text = json.Dump(1);
  BENCHKEEP_CHECK(text.ends_with("\n}"));
  text.resize(text.size() - 2);
  const std::string sum = fs::Sha256Of(text);
  return text + std::string(kSeal) + sum + std::string(kSealEnd);
}

Result<BackupManifest> ParseManifest(std::string_view text,
                                     const fs::Path& path) {
  const std::size_t seal = kSeal.size() + kHexDigits + kSealEnd.size();
  const auto broken = [&] {
    return Fail(Code::kCorruption,
                Say(N_("{0} is damaged: it is not what benchkeep wrote"), path),
                path);
  };
  if (text.size() < seal) return broken();
  const std::string_view body = text.substr(0, text.size() - seal);
  const std::string_view end = text.substr(body.size());
  if (!end.starts_with(kSeal) || !end.ends_with(kSealEnd) ||
      end.substr(kSeal.size(), kHexDigits) != fs::Sha256Of(body)) {
    return broken();
  }
  constexpr std::size_t kMaxDepth = 8;
  BENCHKEEP_ASSIGN(const Json json,
                   ParseJson(text, {.max_bytes = kMaxManifestBytes,
                                    .max_depth = kMaxDepth}));
  if (json.IntAt("format").value_or(0) > kManifestFormat) {
    return Fail(Code::kTooNew,
                Say(N_("{0} was written by a newer benchkeep"), path),
                Say(N_("use that benchkeep, or a newer one")), path);
  }
  return ManifestReader(path).Read(json);
}

std::optional<std::int64_t> ParseIsoTime(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int used = 0;
  const std::string copy(text);
  constexpr int kFields = 6;
  if (std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2d:%2d:%2dZ%n", &year, &month,
                  &day, &hour, &minute, &second, &used) != kFields ||
      static_cast<std::size_t>(used) != text.size()) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60 || hour < 0 ||
      minute < 0 || second < 0) {
    return std::nullopt;
  }
  constexpr std::int64_t kDay = 86'400;
  constexpr std::int64_t kHour = 3'600;
  constexpr std::int64_t kMinute = 60;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay +
         hour * kHour + minute * kMinute + second;
}

}  // namespace benchkeep::store
