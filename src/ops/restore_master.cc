// Merging some cells of an older master database into the one of today.

#include "ops/restore_master.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "store/leaf.h"
#include "store/master_database.h"

namespace benchkeep::ops {
namespace {

using store::Leaf;

constexpr const char* kContainers[] = {"by_prompt_type", "by_tool_success_rate",
                                       "by_difficulty", "by_task_type"};

using Cell =
    std::tuple<std::string, std::string, std::string, std::string, std::string>;

Cell CellOf(const Leaf& leaf) {
  return {leaf.model, leaf.prompt_type, leaf.rate.value_or("unknown"),
          leaf.difficulty, leaf.task_type};
}

bool In(const std::vector<std::string>& wanted, const std::string& name) {
  return wanted.empty() ||
         std::find(wanted.begin(), wanted.end(), name) != wanted.end();
}

// The names on the way to the leaf, from its pointer: what a leaf says of
// itself may be spelled otherwise.
std::vector<std::string> WayTo(const std::string& pointer) {
  std::vector<std::string> names;
  std::size_t at = 0;
  while (at < pointer.size()) {
    const std::size_t next =
        std::min(pointer.find('/', at + 1), pointer.size());
    std::string name;
    for (std::size_t i = at + 1; i < next; ++i) {
      if (pointer[i] == '~' && i + 1 < next) {
        name += pointer[++i] == '0' ? '~' : '/';
      } else {
        name += pointer[i];
      }
    }
    names.push_back(std::move(name));
    at = next;
  }
  return names;
}

// The node without the cells below it.
Json Shell(const Json& node) {
  Json shell = Json::Object();
  for (const Json::Member& member : node.members()) {
    const bool below =
        std::any_of(std::begin(kContainers), std::end(kContainers),
                    [&](const char* name) { return member.first == name; });
    shell.Set(member.first, below ? Json::Object() : member.second);
  }
  return shell;
}

// Puts the leaf at the end of `way` from `then` into `now`, with the parents
// that are missing there.
void TakeOver(const std::vector<std::string>& way, const Json& then,
              Json& now) {
  const Json* from = &then;
  Json* to = &now;
  for (std::size_t i = 0; i < way.size(); ++i) {
    const Json* next = from->Find(way[i]);
    BENCHKEEP_CHECK(next != nullptr);
    const bool last = i + 1 == way.size();
    Json* there = to->Find(way[i]);
    if (last) {
      to->Set(way[i], *next);
    } else if (there == nullptr || !there->is_object()) {
      // Odd steps lead to containers ("models", "by_difficulty"): empty ones.
      there = &to->Set(way[i], i % 2 == 0 ? Json::Object() : Shell(*next));
    }
    from = next;
    to = there;
  }
}

struct Sums {
  std::int64_t tests = 0;
  std::int64_t success = 0;
  std::int64_t partial = 0;
  std::int64_t failed = 0;
};

void Recount(const store::MasterDatabase& merged,
             const std::set<std::string>& models, Json& document) {
  std::map<std::string, std::int64_t> by_model;
  Sums all;
  for (const Leaf& leaf : merged.leaves) {
    by_model[leaf.model] += store::TestsOf(leaf);
    all.tests += store::TestsOf(leaf);
    all.success += leaf.success.value_or(0);
    all.partial += leaf.partial.value_or(0);
    all.failed += leaf.failed.value_or(0);
  }
  Json* models_json = document.Find("models");
  for (const std::string& name : models) {
    if (Json* model = models_json->Find(name)) {
      model->Set("total_tests", Json::Int(by_model[name]));
    }
  }
  Json* summary = document.Find("summary");
  if (summary == nullptr || !summary->is_object()) {
    summary = &document.Set("summary", Json::Object());
  }
  summary->Set("total_tests", Json::Int(all.tests));
  summary->Set("total_success", Json::Int(all.success));
  summary->Set("total_partial", Json::Int(all.partial));
  summary->Set("total_failure", Json::Int(all.failed));
  if (Json* tested = summary->Find("models_tested");
      tested != nullptr && tested->is_array()) {
    for (const std::string& name : models) {
      const Json word = Json::String(name);
      const auto& items = tested->items();
      if (std::find(items.begin(), items.end(), word) == items.end()) {
        tested->Append(word);
      }
    }
  }
}

}  // namespace

Result<MergedMaster> MergeMaster(const std::string& now,
                                 const std::string& then,
                                 const RestoreFilter& filter,
                                 const fs::Path& path) {
  BENCHKEEP_ASSIGN(const store::MasterDatabase today,
                   store::ParseMaster(now, path));
  BENCHKEEP_ASSIGN(const store::MasterDatabase before,
                   store::ParseMaster(then, path));
  for (const store::MasterDatabase* master : {&today, &before}) {
    if (!master->version.starts_with("3")) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("cells can be merged between master databases of "
                         "version 3 only; one of them has version {0}"),
                      master->version),
                  Say(N_("restore it whole, or migrate it to results first")),
                  path);
    }
  }
  MergedMaster out;
  BENCHKEEP_ASSIGN(out.document, ParseJson(now));
  BENCHKEEP_ASSIGN(const Json old, ParseJson(then));
  std::map<Cell, std::int64_t> present;
  for (const Leaf& leaf : today.leaves) {
    present[CellOf(leaf)] = store::TestsOf(leaf);
    out.tests_before += static_cast<std::uint64_t>(store::TestsOf(leaf));
  }
  std::set<std::string> touched;
  for (const Leaf& leaf : before.leaves) {
    if (!In(filter.models, leaf.model) ||
        !In(filter.prompt_types, leaf.prompt_type)) {
      continue;
    }
    const auto found = present.find(CellOf(leaf));
    const std::int64_t has = found == present.end() ? 0 : found->second;
    const std::int64_t had = store::TestsOf(leaf);
    if (found != present.end() && has >= had) continue;
    TakeOver(WayTo(leaf.pointer), old, out.document);
    touched.insert(leaf.model);
    ++out.cells;
    out.tests_added += static_cast<std::uint64_t>(had - has);
  }
  out.tests_after = out.tests_before + out.tests_added;
  if (out.cells == 0) return out;
  BENCHKEEP_ASSIGN(const store::MasterDatabase merged,
                   store::ParseMaster(out.document.Dump(), path));
  Recount(merged, touched, out.document);
  std::uint64_t counted = 0;
  for (const Leaf& leaf : merged.leaves) {
    counted += static_cast<std::uint64_t>(store::TestsOf(leaf));
  }
  BENCHKEEP_CHECK(counted == out.tests_after);
  return out;
}

}  // namespace benchkeep::ops
