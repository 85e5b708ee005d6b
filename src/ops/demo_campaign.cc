// The sample campaign, test by test.

#include "ops/demo_campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"

namespace benchkeep::ops {
namespace {

using store::Leaf;
using store::Outcome;

struct Model {
  const char* name;
  double skill;  // Share of tests that it solves.
};
constexpr std::array<Model, 6> kModels = {{{"DeepSeek-V3-0324", 0.72},
                                           {"DeepSeek-R1-0528", 0.66},
                                           {"Llama-3.3-70B-Instruct", 0.41},
                                           {"qwen2.5-72b-instruct", 0.38},
                                           {"qwen2.5-7b-instruct", 0.12},
                                           {"qwen2.5-3b-instruct", 0.03}}};

struct Setting {
  const char* prompt_type;
  const char* rate;
  double ease;  // Multiplies the skill.
};
constexpr std::array<Setting, 12> kSettings = {
    {{"optimal", "0.8", 1.0},
     {"optimal", "0.9", 1.1},
     {"optimal", "0.7", 0.9},
     {"optimal", "0.6", 0.8},
     {"baseline", "0.8", 0.6},
     {"cot", "0.8", 0.9},
     {"flawed_sequence_disorder", "0.8", 0.7},
     {"flawed_tool_misuse", "0.8", 0.8},
     {"flawed_parameter_error", "0.8", 0.85},
     {"flawed_missing_step", "0.8", 0.75},
     {"flawed_redundant_operations", "0.8", 0.9},
     {"flawed_logical_inconsistency", "0.8", 0.6}}};

constexpr std::array<const char*, 5> kTasks = {
    "simple_task", "basic_task", "data_pipeline", "api_integration",
    "multi_stage_pipeline"};

// 2025-08-27 00:18:31 UTC; a test ends every few seconds.
constexpr std::int64_t kStartSeconds = 1756253911;
constexpr std::int64_t kSecondsPerTest = 11;

Outcome Draw(DemoRandom& random, double chance) {
  const double share = random.Share();
  if (share >= chance) return Outcome::kFailed;
  return share < chance * 0.25 ? Outcome::kPartial : Outcome::kSuccess;
}

std::vector<Leaf> MakeLeaves() {
  std::vector<Leaf> leaves;
  for (const Model& model : kModels) {
    for (const Setting& setting : kSettings) {
      for (const char* task : kTasks) {
        Leaf& leaf = leaves.emplace_back();
        leaf.model = model.name;
        leaf.prompt_type = setting.prompt_type;
        leaf.rate = setting.rate;
        leaf.difficulty = "easy";
        leaf.task_type = task;
      }
    }
  }
  return leaves;
}

double ChanceOf(std::size_t leaf) {
  const std::size_t setting = leaf / kTasks.size() % kSettings.size();
  const std::size_t model = leaf / kTasks.size() / kSettings.size();
  const double hardness =
      1.0 - 0.08 * static_cast<double>(leaf % kTasks.size());
  return kModels.at(model).skill * kSettings.at(setting).ease * hardness;
}

Json Share(std::int64_t part, std::int64_t whole) {
  return Json::RawNumber(store::PythonRepr(static_cast<double>(part) /
                                           static_cast<double>(whole)));
}

// Partial successes are part of the successes, as in all newer stores.
void CountUp(Leaf& leaf, std::int64_t full, std::int64_t partial,
             std::int64_t failed, DemoRandom& random) {
  const std::int64_t success = full + partial;
  const std::int64_t total = success + failed;
  leaf.total = total;
  leaf.success = success;
  leaf.partial = partial;
  leaf.failed = failed;
  if (total == 0) return;
  const auto measure = [&](double from, double to) {
    return Json::RawNumber(
        store::PythonRepr(from + (to - from) * random.Share()));
  };
  leaf.statistics = {
      {"total", Json::Int(total)},
      {"success", Json::Int(success)},
      {"partial", Json::Int(partial)},
      {"failed", Json::Int(failed)},
      {"success_rate", Share(success, total)},
      {"partial_rate", Share(partial, total)},
      {"failure_rate", Share(failed, total)},
      {"full_success_rate", Share(full, total)},
      {"weighted_success_score", Share(2 * full + partial, 2 * total)},
      {"avg_execution_time", measure(2.0, 160.0)},
      {"avg_turns", measure(2.0, 10.0)},
      {"avg_tool_calls", measure(1.0, 8.0)},
      {"tool_coverage_rate", measure(0.1, 0.95)},
      {"total_errors", Json::Int(failed + partial)}};
}

// The member of that name, made when missing.
Json& Below(Json& parent, std::string_view name) {
  if (Json* child = parent.Find(name)) return *child;
  return parent.Set(name, Json::Object());
}

}  // namespace

std::uint64_t DemoRandom::Next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

double DemoRandom::Share() {
  constexpr double kUnit = 1.0 / 9007199254740992.0;  // 2^-53
  return static_cast<double>(Next() >> 11) * kUnit;
}

std::int64_t DemoSeconds(std::uint64_t position) {
  return kStartSeconds + kSecondsPerTest * static_cast<std::int64_t>(position);
}

std::string DemoTime(std::uint64_t position) {
  const TimePoint time{std::chrono::seconds(DemoSeconds(position))};
  std::string text = FormatIso(time);
  text.pop_back();  // Python's datetime.now() has no zone.
  return text + fmt::format(".{:06}", (position * 7919) % 1'000'000);
}

DemoCampaign MakeCampaign(std::uint64_t seed, std::uint64_t tests) {
  DemoRandom random(seed);
  DemoCampaign campaign;
  campaign.leaves = MakeLeaves();
  campaign.models = kModels.size();
  const std::size_t cells = campaign.leaves.size();

  // Several cells are worked on at once, and each of them for a while.
  campaign.tests.reserve(tests);
  std::vector<std::array<std::int64_t, store::kOutcomes>> counts(cells);
  for (std::uint64_t i = 0; i < tests; ++i) {
    const std::uint64_t window = i * cells / tests;
    const std::size_t leaf = (window + random.Below(16)) % cells;
    const Outcome outcome = Draw(random, ChanceOf(leaf));
    std::int64_t& count = counts[leaf].at(static_cast<std::size_t>(outcome));
    campaign.tests.push_back(
        {static_cast<std::uint32_t>(leaf), count++, outcome});
  }
  std::vector<std::string> last_times(kModels.size());
  for (std::uint64_t i = 0; i < tests; ++i) {
    last_times[campaign.tests[i].leaf / (cells / kModels.size())] = DemoTime(i);
  }
  for (std::size_t i = 0; i < cells; ++i) {
    const auto [full, partial, failed, unknown] = counts[i];
    CountUp(campaign.leaves[i], full, partial, failed, random);
    campaign.leaves[i].last_test_time =
        last_times[i / (cells / kModels.size())];
  }
  return campaign;
}

Json DemoMaster(const DemoCampaign& campaign, std::uint64_t summary_claims) {
  Json models = Json::Object();
  Json names = Json::Array();
  for (const Leaf& leaf : campaign.leaves) {
    if (leaf.total == 0) continue;
    Json* model = models.Find(leaf.model);
    if (model == nullptr) {
      names.Append(Json::String(leaf.model));
      model = &models.Set(leaf.model, Json::Object());
      model->Set("model_name", Json::String(leaf.model));
      model->Set("first_test_time", Json::String(DemoTime(0)));
      model->Set("last_test_time", Json::String(*leaf.last_test_time));
      model->Set("total_tests", Json::Int(0));
      model->Set("overall_stats", Json::Object());
      model->Set("by_prompt_type", Json::Object());
    }
    model->Set(
        "total_tests",
        Json::Int(model->IntAt("total_tests").value_or(0) + *leaf.total));
    Json& prompt = Below(Below(*model, "by_prompt_type"), leaf.prompt_type);
    Json& rate = Below(Below(prompt, "by_tool_success_rate"), *leaf.rate);
    Json& difficulty = Below(Below(rate, "by_difficulty"), leaf.difficulty);
    Below(Below(difficulty, "by_task_type"), leaf.task_type).members() =
        leaf.statistics;
  }
  const std::string stale = DemoTime(summary_claims);
  Json summary = Json::Object();
  summary.Set("total_tests", Json::Uint(summary_claims));
  summary.Set("total_success", Json::Int(0));
  summary.Set("total_partial", Json::Uint(summary_claims / 6));
  summary.Set("total_failure", Json::Uint(summary_claims * 5 / 8));
  summary.Set("models_tested", std::move(names));
  summary.Set("last_test_time", Json::String(stale));

  Json document = Json::Object();
  document.Set("version", Json::String("3.0"));
  document.Set("created_at", Json::String(DemoTime(0)));
  document.Set("last_updated", Json::String(DemoTime(campaign.tests.size())));
  document.Set("test_groups", Json::Object());
  document.Set("models", std::move(models));
  document.Set("summary", std::move(summary));
  return document;
}

}  // namespace benchkeep::ops
