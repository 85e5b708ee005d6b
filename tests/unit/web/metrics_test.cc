// Tests of the metrics and of their text format.

#include "web/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "web/prometheus_text.h"

namespace benchkeep::web {
namespace {

jobs::Snapshot Of(const std::string& json) {
  jobs::Snapshot snapshot;
  snapshot.document = *ParseJson(json);
  return snapshot;
}

bool Has(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(MetricsTextTest, WritesTheFormat) {
  MetricsText out;
  out.Metric("a_total", MetricType::kCounter, "One\\two\nthree \"q\".");
  out.Sample(3);
  out.Metric("nothing", MetricType::kGauge, "Has no samples.");
  out.Metric("b", MetricType::kGauge, "B.");
  out.Sample(0.1, {{"model", "a\"b\\c\nd"}, {"x", "\xff"}});
  out.Sample(std::numeric_limits<double>::infinity(), {{"model", "inf"}});
  out.Sample(std::nan(""), {{"model", "nan"}});
  out.Sample(9007199254740991.0, {{"model", "big"}});
  EXPECT_EQ(out.text(),
            "# HELP a_total One\\\\two\\nthree \"q\".\n"
            "# TYPE a_total counter\n"
            "a_total 3\n"
            "# HELP b B.\n"
            "# TYPE b gauge\n"
            "b{model=\"a\\\"b\\\\c\\nd\",x=\"\xEF\xBF\xBD\"} 0.1\n"
            "b{model=\"inf\"} +Inf\n"
            "b{model=\"nan\"} NaN\n"
            "b{model=\"big\"} 9007199254740991\n");
}

TEST(MetricsTest, HasTheNamesOfTheGuide) {
  const std::string text = MetricsOf(
      {{"status",
        Of(R"({"status":"ok","findings":[],"data":{"results":{"rows":5,
           "total_tests":7,"success_rate":0.25,"bytes":9,"models":[
           {"name":"m","total_tests":7,"success_rate":null}]},"master":null,
           "increments":{"files":2,"rows":3,"bytes":4,"unreadable":1,
           "oldest_age_seconds":60}}})")}},
      {}, "1.2.3");
  for (const char* line :
       {"pilot_bench_total_tests 7", "pilot_bench_success_rate 0.25",
        "pilot_bench_incremental_files 2", "benchkeep_waiting_rows 3",
        "benchkeep_waiting_oldest_age_seconds 60",
        "benchkeep_model_tests{model=\"m\"} 7",
        "benchkeep_build_info{version=\"1.2.3\"} 1"}) {
    EXPECT_TRUE(Has(text, line)) << line << "\n" << text;
  }
  EXPECT_EQ(text.find("benchkeep_model_success_ratio"), std::string::npos);
  EXPECT_EQ(text.find("benchkeep_master_tests"), std::string::npos);
}

TEST(MetricsTest, WhatIsUnknownIsLeftOut) {
  const std::string without = MetricsOf({}, {}, "1");
  EXPECT_EQ(without.find("pilot_bench"), std::string::npos);

  const std::string none = MetricsOf(
      {{"status", Of(R"({"data":{"results":null},"findings":[]})")}}, {}, "1");
  EXPECT_TRUE(Has(none, "pilot_bench_total_tests 0"));
  EXPECT_EQ(none.find("pilot_bench_success_rate"), std::string::npos);

  const std::string broken =
      MetricsOf({{"status", Of(R"({"data":{"results":null},
                     "findings":[{"code":"results_unreadable",
                                  "severity":"critical"}]})")}},
                {}, "1");
  EXPECT_EQ(broken.find("pilot_bench_total_tests"), std::string::npos);
  EXPECT_TRUE(Has(broken, "benchkeep_findings{severity=\"critical\"} 1"));
}

TEST(MetricsTest, ModelsAreBounded) {
  std::string models;
  for (int i = 0; i < 130; ++i) {
    models += (i == 0 ? "" : ",") + std::string("{\"name\":\"m") +
              std::to_string(i) + "\",\"total_tests\":1}";
  }
  const std::string text = MetricsOf(
      {{"status",
        Of("{\"data\":{\"results\":{\"total_tests\":130,\"models\":[" + models +
           "]}},\"findings\":[]}")}},
      {}, "1");
  EXPECT_TRUE(Has(text, "benchkeep_model_tests{model=\"m99\"} 1"));
  EXPECT_EQ(text.find("\"m100\""), std::string::npos);
  EXPECT_TRUE(Has(text, "benchkeep_models_omitted 30"));
}

TEST(MetricsTest, ADeadCollectorSaysSo) {
  jobs::CollectorHealth dead;
  dead.name = "status";
  dead.runs = 2;
  dead.failures = 2;
  dead.seconds = 1.5;
  const std::string text = MetricsOf({}, {dead}, "1");
  EXPECT_TRUE(Has(text, "benchkeep_collector_up{collector=\"status\"} 0"));
  EXPECT_TRUE(
      Has(text, "benchkeep_collector_failures_total{collector=\"status\"} 2"));
  EXPECT_TRUE(Has(
      text, "benchkeep_collector_duration_seconds{collector=\"status\"} 1.5"));
}

}  // namespace
}  // namespace benchkeep::web
