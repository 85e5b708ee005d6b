// Reading master databases of all versions, whole and damaged.

#include "store/master_database.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace benchkeep::store {
namespace {

constexpr std::string_view kVersion3 = R"({
  "version": "3.0", "last_updated": "2025-09-01T11:55:55",
  "test_groups": {},
  "models": {
    "m/1": {"total_tests": 3, "last_test_time": "2025-08-31T20:54:23",
      "by_prompt_type": {"optimal": {"by_tool_success_rate": {"0.8":
        {"by_difficulty": {"easy": {"by_task_type": {
          "simple_task": {"total": 3, "success": 2, "partial": 1, "failed": 1,
                          "avg_turns": NaN}}}}}}}}},
    "empty": {"total_tests": 0, "by_prompt_type": {}}
  },
  "summary": {"total_tests": 99}
})";

MasterDatabase Parsed(std::string_view text) {
  Result<MasterDatabase> master = ParseMaster(text);
  EXPECT_TRUE(master.ok());
  return master.ok() ? std::move(*master) : MasterDatabase{};
}

std::vector<std::string> Codes(const MasterDatabase& master) {
  std::vector<std::string> codes;
  for (const Finding& finding : master.findings) {
    codes.push_back(finding.code + " " + finding.path);
  }
  return codes;
}

TEST(Master, ReadsTheLeavesOfVersion3) {
  const MasterDatabase master = Parsed(kVersion3);
  ASSERT_EQ(master.leaves.size(), 1U);
  const Leaf& leaf = master.leaves[0];
  EXPECT_EQ(leaf.model, "m/1");
  EXPECT_EQ(leaf.prompt_type, "optimal");
  EXPECT_EQ(leaf.rate, "0.8");
  EXPECT_EQ(leaf.difficulty, "easy");
  EXPECT_EQ(leaf.task_type, "simple_task");
  EXPECT_EQ(leaf.pointer,
            "/models/m~11/by_prompt_type/optimal/by_tool_success_rate/0.8/"
            "by_difficulty/easy/by_task_type/simple_task");
  EXPECT_EQ(leaf.total, 3);
  EXPECT_EQ(leaf.success, 2);
  EXPECT_EQ(leaf.partial, 1);
  EXPECT_EQ(leaf.failed, 1);
  ASSERT_EQ(leaf.statistics.size(), 5U);
  EXPECT_EQ(leaf.statistics[4].first, "avg_turns");
  EXPECT_EQ(leaf.statistics[4].second.text(), "NaN");
  EXPECT_TRUE(master.findings.empty());
  EXPECT_EQ(master.summary_total, 99);
  EXPECT_EQ(master.newest, "2025-09-01T11:55:55");
  EXPECT_EQ(leaf.last_test_time, "2025-08-31T20:54:23");
  ASSERT_EQ(master.models.size(), 2U);
  EXPECT_EQ(master.models[0].total_tests, 3);
  EXPECT_EQ(master.models[1].name, "empty");
}

TEST(Master, StatisticsAreCountedFromTheLeaves) {
  const MasterStatistics statistics = StatisticsOf(Parsed(kVersion3));
  EXPECT_EQ(statistics.version, "3.0");
  EXPECT_EQ(statistics.leaves, 1U);
  EXPECT_EQ(statistics.total_tests, 3U);
  EXPECT_EQ(statistics.successes, 2U);
  EXPECT_DOUBLE_EQ(statistics.success_rate.value_or(-1), 2.0 / 3.0);
  ASSERT_EQ(statistics.models.size(), 2U);
  EXPECT_EQ(statistics.models[0].name, "m/1");
  EXPECT_EQ(statistics.models[1].name, "empty");
  EXPECT_EQ(statistics.models[1].success_rate, std::nullopt);
  EXPECT_EQ(statistics.summary_total, 99);
}

TEST(Master, GroupsOfVersion2KeepTheirFlawsApart) {
  const MasterDatabase master = Parsed(R"({"version": "2.0", "models": {},
    "test_groups": {
      "a": {"model": "m", "prompt_type": "flawed", "difficulty": "easy",
            "task_type": "t", "is_flawed": true, "flaw_type": "tool_misuse",
            "statistics": {"total": 2, "success": 1, "partial_success": 0,
                           "failure": 1}},
      "b": {"model": "m", "prompt_type": "flawed", "difficulty": "easy",
            "task_type": "t", "is_flawed": true, "flaw_type": "missing_step",
            "statistics": {"total": 4}}}})");
  ASSERT_EQ(master.leaves.size(), 2U);
  EXPECT_EQ(master.leaves[0].prompt_type, "flawed_tool_misuse");
  EXPECT_EQ(master.leaves[1].prompt_type, "flawed_missing_step");
  EXPECT_EQ(master.leaves[0].rate, std::nullopt);
  EXPECT_EQ(master.leaves[0].failed, 1);
  EXPECT_EQ(master.leaves[0].is_flawed, true);
  EXPECT_EQ(master.leaves[1].success, std::nullopt);
}

TEST(Master, InstancesOfVersion1AreRead) {
  const MasterDatabase master = Parsed(R"({"version": "1.0", "test_groups": {
    "a": {"model": "m", "prompt_type": "cot", "difficulty": "easy",
          "task_type": "t", "statistics": {"total": 1, "success": 0},
          "instances": [{"success": false, "partial_success": true,
                         "execution_time": 1.5, "error_message": null,
                         "timestamp": "2025-08-05T15:15:04"}]}}})");
  ASSERT_EQ(master.leaves.size(), 1U);
  ASSERT_EQ(master.leaves[0].instances.size(), 1U);
  const Instance& instance = master.leaves[0].instances[0];
  EXPECT_EQ(instance.success, false);
  EXPECT_EQ(instance.partial_success, true);
  EXPECT_EQ(instance.execution_time, 1.5);
  EXPECT_EQ(instance.error_message, std::nullopt);
  EXPECT_EQ(instance.timestamp, "2025-08-05T15:15:04");
}

TEST(Master, OldGroupsBesideModelsAreReported) {
  const MasterDatabase master = Parsed(R"({"version": "3.0", "models": {},
    "test_groups": {"g": {"statistics": {"total": 7}}}})");
  EXPECT_TRUE(master.leaves.empty());
  EXPECT_EQ(Codes(master),
            std::vector<std::string>{"groups_beside_models /test_groups"});
  EXPECT_EQ(master.findings[0].message.args[0], "7");
}

TEST(Master, DamageIsNamedByItsPointer) {
  const MasterDatabase master = Parsed(R"({"version": "3.0", "models": {
    "list": [],
    "torn": {"by_prompt_type": {"p": {}}},
    "odd": {"by_prompt_type": {"p": {"by_tool_success_rate": {"0.8": {
      "by_difficulty": {"d": {"by_task_type": {
        "t": {"total": -1, "success": 1.5, "partial": "x", "failed": null},
        "u": 5}}}}}}}}}})");
  const std::string cell =
      "/models/odd/by_prompt_type/p/by_tool_success_rate/0.8/by_difficulty/d/"
      "by_task_type/";
  EXPECT_EQ(Codes(master),
            (std::vector<std::string>{
                "master_wrong_type /models/list",
                "master_part_missing "
                "/models/torn/by_prompt_type/p/by_tool_success_rate",
                "leaf_bad_count " + cell + "t/total",
                "leaf_bad_count " + cell + "t/success",
                "leaf_bad_count " + cell + "t/partial",
                "leaf_without_total " + cell + "t",
                "master_wrong_type " + cell + "u"}));
  ASSERT_EQ(master.leaves.size(), 1U);
  EXPECT_EQ(master.leaves[0].statistics.size(), 4U);
  EXPECT_EQ(master.leaves[0].success, std::nullopt);
}

TEST(Master, EveryTruncationIsAnErrorAndNoCrash) {
  for (std::size_t length = 0; length < kVersion3.size(); ++length) {
    const Result<MasterDatabase> master =
        ParseMaster(kVersion3.substr(0, length), "/x/master.json");
    ASSERT_FALSE(master.ok()) << length;
    EXPECT_EQ(master.error().code, Code::kCorruption);
    EXPECT_EQ(master.error().path, "/x/master.json");
  }
}

TEST(Master, OtherDocumentsAreRefused) {
  for (const char* text :
       {"[]", "3", "{}", R"({"models": []})", R"({"models": null})"}) {
    const Result<MasterDatabase> master = ParseMaster(text);
    ASSERT_FALSE(master.ok()) << text;
    EXPECT_EQ(master.error().code, Code::kCorruption) << text;
  }
  const Result<MasterDatabase> newer =
      ParseMaster(R"({"version": "4.0", "models": {}})");
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.error().code, Code::kTooNew);
}

TEST(Master, WithoutVersionTheStructureDecides) {
  EXPECT_EQ(Parsed(R"({"models": {}, "test_groups": {"g": {"model": "m",
      "prompt_type": "p", "difficulty": "d", "task_type": "t",
      "statistics": {"total": 1}}}})")
                .leaves.size(),
            1U);
}

}  // namespace
}  // namespace benchkeep::store
