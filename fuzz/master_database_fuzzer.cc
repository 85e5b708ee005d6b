// The master database: any document is read, or refused, without harm.

#include "fuzzer.h"
#include "store/leaf_tables.h"
#include "store/master_database.h"

namespace benchkeep::fuzz {

std::vector<std::string> Seeds() {
  return {
      R"({"version":"3.0","last_updated":"2025-09-01T11:55:55",
"test_groups":{},"models":{"m/1":{"total_tests":3,
"last_test_time":"2025-08-31T20:54:23","by_prompt_type":{"optimal":{
"by_tool_success_rate":{"0.8":{"by_difficulty":{"easy":{"by_task_type":{
"simple_task":{"total":3,"success":2,"partial":1,"failed":1,
"success_rate":0.66,"avg_turns":NaN,"tool_counts":{"a":1}}}}}}}}}},
"empty":{"total_tests":0,"by_prompt_type":{}}},
"summary":{"total_tests":99,"total_success":0}})",
      R"({"version":"2.0","test_groups":{"g_1":{"model":"m","prompt_type":"p",
"tool_success_rate":0.8,"difficulty":"easy","task_type":"t",
"statistics":{"total":4,"success":2,"partial":1,"failed":1}}},
"summary":{"total_tests":4}})",
      R"({"version":"1.0","test_groups":{"g_1":{"model":"m","prompt_type":"p",
"tool_success_rate":"0.6","difficulty":"hard","task_type":"t",
"statistics":{"total_tests":2,"success":1},
"instances":[{"success":true,"execution_time":1.5,"turns":3},
{"success":false,"error_type":"timeout"}]}}})",
      R"({"version":"9.0"})",
      R"({"models":[]})",
  };
}

void Feed(std::string_view input) {
  const Result<store::MasterDatabase> master =
      store::ParseMaster(input, "master_database.json");
  if (!master.ok()) return;
  const store::MasterStatistics statistics = store::StatisticsOf(*master);
  Require(statistics.leaves == master->leaves.size(), "each leaf is counted");
  std::uint64_t tests = 0;
  for (const store::ModelStatistics& model : statistics.models) {
    tests += model.total_tests;
  }
  Require(tests == statistics.total_tests, "the models add up to the total");
  for (const store::Leaf& leaf : master->leaves) {
    Require(!leaf.pointer.empty() && leaf.pointer.front() == '/',
            "a leaf knows where it stands");
  }
  for (const store::Shape shape :
       {store::Shape::kRecords, store::Shape::kSummary}) {
    static_cast<void>(store::ExpectedCount(*master, shape));
  }
}

}  // namespace benchkeep::fuzz
