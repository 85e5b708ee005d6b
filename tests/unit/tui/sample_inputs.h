// A campaign as the collectors would describe it, fixed to the second.

#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "tui/model.h"

namespace benchkeep::tui {

inline TimePoint SampleNow() { return *ParseIso("2026-03-01T12:30:20Z"); }

inline PartInput Part(const std::string& json, int age_seconds) {
  PartInput input;
  input.document = *ParseJson("{\"status\":\"ok\",\"data\":" + json + "}");
  input.collected = SampleNow() - std::chrono::seconds(age_seconds);
  return input;
}

// Tests of each of the last 120 minutes: a hill, with a pause half an hour ago.
inline std::string SampleMinutes(int height) {
  std::string out = "[";
  for (int i = 0; i < 120; ++i) {
    const bool pause = i >= 85 && i < 95;
    const int value = pause ? 0 : height * (i % 40) / 40 + height / 2;
    out += (i == 0 ? "" : ",") + std::to_string(value);
  }
  return out + "]";
}

inline Inputs SampleInputs() {
  Inputs inputs;
  inputs["status"] = Part(
      R"({"results":{"total_tests":28265,"success_rate":0.4879886,
      "newest":"2026-03-01T12:30:11.123456","models":[
      {"name":"DeepSeek-V3-0324","total_tests":14290,"success_rate":0.9846},
      {"name":"\u901a\u4e49\u5343\u95ee-72B-Instruct","total_tests":9232,
       "success_rate":0},
      {"name":"Llama-3.3-70B-Instruct","total_tests":4743,
       "success_rate":0.8608}]},
      "master":{"total_tests":13233,"summary_total_tests":13000,
      "success_rate":0.5,"models":[]},
      "increments":{"files":3,"rows":420,"bytes":1234,"unreadable":0,
      "oldest_age_seconds":1500},"quarantine":{"files":1}})",
      3);
  inputs["pace"] = Part(
      R"({"source":"rows","start":"2026-03-01T10:30:00Z","minutes":120,"all":)" +
          SampleMinutes(34) + R"(,"models":[
      {"name":"DeepSeek-V3-0324","minutes":)" +
          SampleMinutes(24) +
          R"(},{"name":"\u901a\u4e49\u5343\u95ee-72B-Instruct","minutes":)" +
          SampleMinutes(10) + "}]}",
      12);
  inputs["writers"] = Part(
      R"({"checks":[{"name":"processes","details":{"writers":[
      {"pid":4711,"name":"python3","script":"./batch_test_runner.py",
       "state":"alive","certain":true,"sign":"increment",
       "evidence":"increment_4711_1.parquet","started":"2026-03-01T08:00:00Z",
       "last_write":1772368215,"usual_gap_seconds":30,"cpu_seconds":125.5,
       "rss_bytes":314572800},
      {"pid":4712,"name":"python3","script":"./batch_test_runner.py",
       "state":"stuck","certain":true,"sign":"open_file",
       "evidence":"test_results.parquet","started":"2026-03-01T08:00:00Z",
       "last_write":1772360000,"usual_gap_seconds":30,"cpu_seconds":99,
       "rss_bytes":304572800},
      {"pid":99,"name":"python3","script":"","state":"dead","certain":true,
       "sign":"child","evidence":"4711","started":"2026-03-01T08:00:00Z",
       "last_write":null,"usual_gap_seconds":null,"cpu_seconds":1,
       "rss_bytes":0}]}}]})",
      6);
  inputs["errors"] = Part(
      R"({"errors":1068,"causes":[
      {"class":"timeout","pattern":"Test timeout after # seconds",
       "count":49,"recent":2,"first":"2026-02-27T00:43:09",
       "last":"2026-03-01T11:56:23","example":"Test timeout after 600 seconds",
       "model":null,"file":"logs/batch_test.log","new":false,"spike":null},
      {"class":"rate_limit",
       "pattern":"[LLM_ERROR] \u6a21\u578b\u63d0\u4f9b\u65b9\u9650\u6d41 (MPE-429) #",
       "count":585,"recent":85,"first":"2026-02-28T00:59:30",
       "last":"2026-03-01T12:28:07","example":"\u6a21\u578b\u63d0\u4f9b\u65b9\u9650\u6d41 429",
       "model":"qwen2.5-72b-instruct","file":"logs/test.log","new":true,
       "spike":null}]})",
      20);
  inputs["check"] = Part(
      R"({"checks":[
      {"name":"processes","status":"critical",
       "message":"1 of 3 writers are stuck","fix":"look at process 4712",
       "last_good":"2026-03-01T11:00:00Z"},
      {"name":"results","status":"ok","message":"28265 rows","fix":null,
       "last_good":"2026-03-01T12:30:00Z"},
      {"name":"backup","status":"warning","message":"a day old",
       "fix":"run `benchkeep backup create`","last_good":null},
      {"name":"disk","status":"ok","message":"72% used","fix":null,
       "last_good":null,"details":{"total_bytes":500000000000,
       "free_bytes":140000000000,"used_percent":72.0,
       "hours_to_full":null}},
      {"name":"api","status":"unknown","message":"could not run","fix":"",
       "last_good":null}]})",
      40);
  inputs["jobs"] = Part(
      R"({"daemon":{"running":true,"pid":12,"since":"x"},"jobs":[
      {"name":"consolidate","state":"waiting","schedule":"0 * * * *",
       "command":"consolidate","last":"2026-03-01T12:00:00Z",
       "last_status":"ok","next":"2026-03-01T13:00:00Z","failures":0},
      {"name":"backup","state":"failing","schedule":"0 2 * * *",
       "command":"backup create","last":"2026-03-01T02:00:00Z",
       "last_status":"failed","next":"2026-03-02T02:00:00Z","failures":2},
      {"name":"logs","state":"running","schedule":"0 3 * * *",
       "command":"logs compress","last":"2026-03-01T12:30:00Z",
       "last_status":"running","next":null,"failures":0},
      {"name":"report","state":"unavailable","schedule":"0 4 * * 1",
       "command":"report weekly","last":null,"last_status":null,"next":null,
       "failures":0}]})",
      8);
  inputs["backups"] = Part(
      R"({"backups":[
      {"id":"20260228-120000","state":"good",
       "created_at":"2026-02-28T12:00:00Z","bytes":1300000,
       "total_tests":27001},
      {"id":"20260227-120000","state":"suspect",
       "created_at":"2026-02-27T12:00:00Z","bytes":1200000,
       "total_tests":26000}]})",
      50);
  inputs["breakdown"] = Part(
      R"({"dimensions":[{"column":"model","parts":[
      {"value":"DeepSeek-V3-0324"}]},{"column":"prompt_type","parts":[
      {"value":"optimal"},{"value":"cot"}]}],"matrices":[{"cells":[
      {"row":0,"column":0,"total_tests":9000,"success_rate":0.99},
      {"row":0,"column":1,"total_tests":5290,"success_rate":0.97}]}]})",
      25);
  inputs["machine"] = Part(
      R"({"memory_bytes":16000000000,"available_bytes":6000000000,
      "load":3.25,"processors":8,"cpu_pressure":12.4,"memory_pressure":0,
      "io_pressure":45})",
      1);
  return inputs;
}

inline Model SampleModel() {
  Model model = ReadModel(SampleInputs(), SampleNow(), std::chrono::seconds(0));
  model.store = "campaign";
  model.path = "/data/campaign";
  return model;
}

}  // namespace benchkeep::tui
