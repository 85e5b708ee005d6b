// Tests of figures out of documents, and of their history.

#include "tui/model.h"

#include <gtest/gtest.h>

#include "tui/history.h"
#include "unit/tui/sample_inputs.h"

namespace benchkeep::tui {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(ModelTest, ReadsTheDocuments) {
  const Model model = SampleModel();
  EXPECT_EQ(model.source, "results");
  EXPECT_EQ(model.tests, 28265);
  EXPECT_EQ(model.master_tests, 13233);
  EXPECT_EQ(model.waiting_rows, 420);
  EXPECT_EQ(model.WritersThatAre("alive"), 1);
  EXPECT_EQ(model.writers.front().state, "stuck");
  EXPECT_EQ(model.writers.front().name, "batch_test_runner.py");
  EXPECT_EQ(model.causes.front().kind, "rate_limit");  // The newest.
  EXPECT_EQ(model.checks.front().status, "critical");
  EXPECT_EQ(model.NewestGoodBackup()->id, "20260228-120000");
  EXPECT_EQ(model.disk->used_percent, 72);
  EXPECT_EQ(model.machine->io_pressure, 45);
  ASSERT_EQ(model.models.size(), 3U);
  EXPECT_EQ(model.models[0].prompts.size(), 2U);
  EXPECT_TRUE(model.timed);
  EXPECT_EQ(model.minutes.size(), 120U);
  EXPECT_EQ(model.minutes_end, *ParseIso("2026-03-01T12:30:00Z"));
  EXPECT_EQ(PerMinute(model.minutes, 1, 0), 34 * 39 / 40 + 17);
  EXPECT_EQ(PerMinute(model.minutes, 10, 25), 0);
  EXPECT_EQ(PerMinute({}, 10, 0), std::nullopt);
}

TEST(ModelTest, TheLargerOfTheTwoCounts) {
  Inputs inputs = SampleInputs();
  inputs["status"] = Part(
      R"({"results":{"total_tests":120,"success_rate":0.1,"models":[]},
      "master":{"total_tests":28265,"success_rate":0.5,"models":[]},
      "increments":null,"quarantine":null})",
      0);
  const Model model = ReadModel(inputs, SampleNow(), seconds(0));
  EXPECT_EQ(model.source, "master");
  EXPECT_EQ(model.tests, 28265);
  EXPECT_EQ(model.waiting_files, std::nullopt);
}

TEST(ModelTest, NothingIsKnownAtFirst) {
  Inputs inputs;
  inputs["status"].problem = "it hangs";
  inputs["pace"];
  const Model model = ReadModel(inputs, SampleNow(), seconds(0));
  EXPECT_EQ(model.tests, std::nullopt);
  EXPECT_FALSE(model.parts.at("status").collected);
  EXPECT_EQ(model.parts.at("status").problem, "it hangs");
  const Json json = ModelToJson(model);
  EXPECT_TRUE(json.Find("total_tests")->is_null());
  EXPECT_TRUE(json.Find("processes")->Find("alive")->is_null());
  EXPECT_EQ(json.Find("parts")->items().size(), 2U);
}

TEST(ModelTest, OddDocumentsAreSurvived) {
  for (const char* text :
       {"[]", "null", R"({"checks":[{"name":"processes","details":[]}]})",
        R"({"source":"rows","start":"x","minutes":-4,"all":[]})",
        R"({"results":{"models":[1]},"causes":[{}],"jobs":[null]})"}) {
    Inputs inputs;
    for (const auto& [name, part] : SampleInputs()) {
      inputs[name] = Part(text, 1);
    }
    const Model model = ReadModel(inputs, SampleNow(), seconds(0));
    EXPECT_EQ(model.tests, std::nullopt);
    EXPECT_FALSE(ModelToJson(model).Dump().empty());
  }
}

TEST(ModelTest, TimesOfLogsAreLocal) {
  const Model model = ReadModel(SampleInputs(), SampleNow(), seconds(8 * 3600));
  EXPECT_EQ(FormatIso(*model.causes.front().last_at), "2026-03-01T04:28:07Z");
}

Point At(int minute, std::int64_t tests) {
  Point point;
  point.time = SampleNow() + minutes(minute);
  point.tests = tests;
  return point;
}

TEST(HistoryTest, WhatIsRememberedGoesBeforeWhatIsSeen) {
  Model model;
  model.source = "master";
  model.minutes = {7, 7, 7, 7};
  model.minutes_end = std::chrono::floor<minutes>(SampleNow()) + minutes(1);
  History history;
  for (int i = 0; i < 4; ++i) history.Add(At(i, 100 + 10 * i));
  model.now = SampleNow() + minutes(3);
  history.Complete(model);
  EXPECT_EQ(model.minutes, (std::vector<double>{7, 7, 7, 7, 10, 10}));
  EXPECT_EQ(model.minutes_end,
            std::chrono::floor<minutes>(SampleNow()) + minutes(3));
  // Nothing was remembered for some minutes before we came.
  model.minutes = {7};
  model.minutes_end = std::chrono::floor<minutes>(SampleNow()) - minutes(1);
  history.Complete(model);
  EXPECT_EQ(model.minutes, (std::vector<double>{7, 0, 0, 10, 10}));
}

TEST(HistoryTest, KeepsADayAndThinsOut) {
  History history;
  for (int i = 0; i < 26 * 60; ++i) {
    history.Add(At(i, i));
    Point soon = At(i, i);
    soon.time += seconds(1);
    history.Add(soon);
  }
  Model model;
  model.now = SampleNow() + minutes(26 * 60);
  history.Complete(model);
  EXPECT_GE(model.history.size(), 1440U);
  EXPECT_LE(model.history.size(), 2 * 1441U);
  EXPECT_EQ(model.PointAt(SampleNow() + minutes(60)), nullptr);
  ASSERT_NE(model.PointAt(SampleNow() + minutes(180)), nullptr);
  EXPECT_EQ(model.PointAt(SampleNow() + minutes(180))->tests, 180);
  EXPECT_DOUBLE_EQ(*PerMinute(model.minutes, 10, 5), 1);
}

}  // namespace
}  // namespace benchkeep::tui
