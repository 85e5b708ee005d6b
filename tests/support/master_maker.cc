// Random master databases.

#include "support/master_maker.h"

#include <array>
#include <vector>

#include "base/json_pointer.h"
#include "store/leaf.h"

namespace benchkeep {
namespace {

struct Counts {
  std::int64_t total = 0;
  std::int64_t success = 0;
  std::int64_t partial = 0;
  std::int64_t failed = 0;

  Counts& operator+=(const Counts& other) {
    total += other.total;
    success += other.success;
    partial += other.partial;
    failed += other.failed;
    return *this;
  }
};

Json Rate(std::int64_t part, std::int64_t total) {
  return Json::RawNumber(store::PythonRepr(
      total == 0 ? 0.0
                 : static_cast<double>(part) / static_cast<double>(total)));
}

void SetRates(const Counts& counts, Json& json) {
  json.Set("success_rate", Rate(counts.success, counts.total));
  json.Set("partial_success_rate", Rate(counts.partial, counts.total));
  json.Set("failure_rate", Rate(counts.failed, counts.total));
}

// Every number with its pointer.
void Numbers(const Json& json, const std::string& at,
             std::vector<std::string>& found) {
  for (const auto& [name, value] : json.members()) {
    const std::string pointer = PointerTo(at, name);
    if (value.is_object()) {
      Numbers(value, pointer, found);
    } else if (value.is_number() && name != "avg_turns") {
      found.push_back(pointer);
    }
  }
}

}  // namespace

Json MasterMaker::Sound() {
  static constexpr std::array kModels = {"m/1", "b~2", "DeepSeek-V3",
                                         "qwen2.5-7b", "gpt-4o"};
  Counts all;
  Json models = Json::Object();
  Json names = Json::Array();
  const int count = 1 + Pick(static_cast<int>(kModels.size()));
  for (int m = 0; m < count; ++m) {
    Counts of_model;
    Json prompts = Json::Object();
    for (int p = 0; p < 1 + Pick(3); ++p) {
      Counts of_prompt;
      Json rates = Json::Object();
      for (int r = 0; r < 1 + Pick(2); ++r) {
        Json tasks = Json::Object();
        for (int t = 0; t < 1 + Pick(4); ++t) {
          Counts leaf;
          const bool inside = Pick(3) != 0;
          leaf.success = Pick(9);
          leaf.partial = Pick(4) == 0 ? Pick(5) : 0;
          if (inside && leaf.partial > leaf.success) leaf.partial = 0;
          leaf.failed = Pick(9);
          leaf.total = leaf.success + leaf.failed + (inside ? 0 : leaf.partial);
          Json json = Json::Object();
          json.Set("total", Json::Int(leaf.total));
          json.Set("success", Json::Int(leaf.success));
          json.Set("partial", Json::Int(leaf.partial));
          json.Set("failed", Json::Int(leaf.failed));
          SetRates(leaf, json);
          json.Set("avg_turns", Json::RawNumber("NaN"));
          tasks.Set("t" + std::to_string(t), std::move(json));
          of_prompt += leaf;
        }
        Json difficulty = Json::Object();
        difficulty.Set("easy", Json::Object())
            .Set("by_task_type", std::move(tasks));
        rates.Set("0." + std::to_string(9 - r), Json::Object())
            .Set("by_difficulty", std::move(difficulty));
      }
      Json prompt = Json::Object();
      prompt.Set("by_tool_success_rate", std::move(rates));
      Json summary = Json::Object();
      summary.Set("total", Json::Int(of_prompt.total));
      summary.Set("success", Json::Int(of_prompt.success));
      SetRates(of_prompt, summary);
      prompt.Set("summary", std::move(summary));
      prompts.Set("p" + std::to_string(p), std::move(prompt));
      of_model += of_prompt;
    }
    const std::string name = kModels.at(static_cast<std::size_t>(m));
    Json model = Json::Object();
    model.Set("model_name", Json::String(name));
    model.Set("total_tests", Json::Int(of_model.total));
    model.Set("by_prompt_type", std::move(prompts));
    models.Set(name, std::move(model));
    names.Append(Json::String(name));
    all += of_model;
  }
  Json document = Json::Object();
  document.Set("version", Json::String("3.0"));
  document.Set("created_at", Json::String("2025-08-01T00:00:00"));
  document.Set("last_updated", Json::String("2025-08-17T03:24:57.5"));
  document.Set("test_groups", Json::Object());
  document.Set("models", std::move(models));
  Json summary = Json::Object();
  summary.Set("total_tests", Json::Int(all.total));
  summary.Set("total_success", Json::Int(all.success));
  summary.Set("total_partial", Json::Int(all.partial));
  summary.Set("total_failure", Json::Int(all.failed));
  summary.Set("models_tested", std::move(names));
  document.Set("summary", std::move(summary));
  return document;
}

std::string MasterMaker::Damage(Json& document) {
  std::vector<std::string> places;
  Numbers(document, "", places);
  if (places.empty()) return {};
  const std::string& place =
      places[static_cast<std::size_t>(Pick(static_cast<int>(places.size())))];
  switch (Pick(5)) {
    case 0:
      SetAt(document, place, Json::Int(-1 - Pick(5)));
      break;
    case 1:
      SetAt(document, place, Json());
      break;
    case 2:
      SetAt(document, place, Json::String("many"));
      break;
    default:
      SetAt(document, place, Json::Int(100 + Pick(1000)));
  }
  return place;
}

}  // namespace benchkeep
