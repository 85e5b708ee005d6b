// Documents as JSON and as text.

#include "render/document.h"

#include <gtest/gtest.h>

#include <limits>

namespace benchkeep::render {
namespace {

const Translator kEnglish;
const Face kPlain{kEnglish, false, 80};

TEST(ToJson, HasExactlyTheEnvelope) {
  Document document{.command = "status"};
  document.data.Set("rows", Json::Int(3));
  document.findings.push_back({.code = "increment_torn",
                               .severity = Severity::kWarning,
                               .path = "a.parquet",
                               .message = Say("cut at byte {0}", 7),
                               .fix = Say("wait")});
  document.status = OutcomeOf(document.findings);
  EXPECT_EQ(ToJson(document, kEnglish).Dump(),
            R"({"schema":1,"command":"status","status":"warning",)"
            R"("data":{"rows":3},"findings":[{"code":"increment_torn",)"
            R"("severity":"warning","path":"a.parquet",)"
            R"("message":"cut at byte 7","fix":"wait"}]})");
}

TEST(ToJson, TurnsWhatJsonDoesNotKnowIntoNull) {
  Document document{.command = "query"};
  Json row = Json::Array();
  row.Append(Json::Double(std::numeric_limits<double>::quiet_NaN()));
  row.Append(Json::RawNumber("-Infinity"));
  row.Append(Json::Double(1.5));
  document.data.Set("row", row);
  const Json json = ToJson(document, kEnglish);
  EXPECT_EQ(json.Find("data")->Dump(), R"({"row":[null,null,1.5]})");
}

TEST(ToJson, IsValidUtf8) {
  Document document{.command = "x"};
  document.data.Set("\xFF", Json::String("a\xFE"));
  const Json json = ToJson(document, kEnglish);
  EXPECT_EQ(json.Find("data")->Dump(), "{\"\xEF\xBF\xBD\":\"a\xEF\xBF\xBD\"}");
}

TEST(OutcomeOf, IsTheWorst) {
  const Finding info{.code = "i",
                     .severity = Severity::kInfo,
                     .path = {},
                     .message = {},
                     .fix = {}};
  Finding warning = info;
  warning.severity = Severity::kWarning;
  Finding critical = info;
  critical.severity = Severity::kCritical;
  EXPECT_EQ(OutcomeOf({}), Outcome::kOk);
  EXPECT_EQ(OutcomeOf({info}), Outcome::kOk);
  EXPECT_EQ(OutcomeOf({warning, info}), Outcome::kWarning);
  EXPECT_EQ(OutcomeOf({info, critical, warning}), Outcome::kCritical);
}

TEST(FindingsText, PutsTheGravestFirst) {
  const Findings findings = {{.code = "a",
                              .severity = Severity::kInfo,
                              .path = "",
                              .message = Say("small"),
                              .fix = {}},
                             {.code = "b",
                              .severity = Severity::kCritical,
                              .path = "m.json",
                              .message = Say("torn"),
                              .fix = Say("benchkeep repair")}};
  EXPECT_EQ(FindingsText(findings, kPlain),
            "critical: m.json: torn\n  cure: benchkeep repair\nnote: small\n");
}

TEST(ErrorText, NamesFileAndCureOnce) {
  const Error error =
      Fail(Code::kIo, Say("no luck"), Say("try again"), "/a/b").value();
  EXPECT_EQ(ErrorText(error, kPlain),
            "no luck\n  file: /a/b\n  cure: try again\n");
  const Error named = Fail(Code::kIo, Say("no luck with /a/b"), "/a/b").value();
  EXPECT_EQ(ErrorText(named, kPlain), "no luck with /a/b\n");
}

TEST(FailureDocument, CarriesTheError) {
  const Error error =
      Fail(Code::kNoSpace, Say("full"), Say("free some"), "/x").value();
  const Document document = FailureDocument("export", error);
  EXPECT_EQ(document.status, Outcome::kFailed);
  ASSERT_EQ(document.findings.size(), 1U);
  EXPECT_EQ(document.findings[0].code, "no_space");
  EXPECT_EQ(document.findings[0].path, "/x");
  EXPECT_EQ(document.findings[0].fix.English(), "free some");
}

}  // namespace
}  // namespace benchkeep::render
