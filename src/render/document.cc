// Documents as text and as JSON.

#include "render/document.h"

#include <algorithm>

#include "base/text.h"

namespace benchkeep::render {
namespace {

Json Text(const std::string& text) { return Json::String(CleanUtf8(text)); }

// Readers of JSON know neither NaN nor Infinity nor stray bytes.
Json Strict(const Json& json) {
  switch (json.kind()) {
    case Json::Kind::kNumber: {
      const std::string& text = json.text();
      const bool finite = text.find_first_of("NI") == std::string::npos;
      return finite ? json : Json();
    }
    case Json::Kind::kString:
      return Text(json.text());
    case Json::Kind::kArray: {
      Json out = Json::Array();
      for (const Json& item : json.items()) out.Append(Strict(item));
      return out;
    }
    case Json::Kind::kObject: {
      Json out = Json::Object();
      for (const auto& [name, value] : json.members()) {
        out.members().emplace_back(CleanUtf8(name), Strict(value));
      }
      return out;
    }
    case Json::Kind::kNull:
    case Json::Kind::kBool:
      break;
  }
  return json;
}

Json FindingJson(const Finding& finding, const Translator& translator) {
  Json json = Json::Object();
  json.Set("code", Text(finding.code));
  json.Set("severity", Json::String(SeverityName(finding.severity)));
  json.Set("path", Text(finding.path));
  json.Set("message", Text(translator.Tr(finding.message)));
  json.Set("fix", Text(translator.Tr(finding.fix)));
  return json;
}

std::string SeverityWord(Severity severity, const Face& face) {
  switch (severity) {
    case Severity::kInfo:
      return face.Paint(Ink::kDim, face.Tr(N_("note")));
    case Severity::kWarning:
      return face.Paint(Ink::kWarning, face.Tr(N_("warning")));
    case Severity::kCritical:
      break;
  }
  return face.Paint(Ink::kBad, face.Tr(N_("critical")));
}

std::string FixLine(const Message& fix, const Face& face) {
  if (fix.empty()) return {};
  return face.Paint(Ink::kDim, "  " + face.Tr(N_("cure: "))) + face.Tr(fix) +
         "\n";
}

}  // namespace

const char* OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kWarning:
      return "warning";
    case Outcome::kCritical:
      return "critical";
    case Outcome::kUnknown:
      return "unknown";
    case Outcome::kFailed:
      return "failed";
  }
  return "unknown";
}

Outcome OutcomeOf(const Findings& findings) {
  Outcome worst = Outcome::kOk;
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::kCritical) return Outcome::kCritical;
    if (finding.severity == Severity::kWarning) worst = Outcome::kWarning;
  }
  return worst;
}

Json ToJson(const Document& document, const Translator& translator) {
  Json json = Json::Object();
  json.Set("schema", Json::Int(1));
  json.Set("command", Text(document.command));
  json.Set("status", Json::String(OutcomeName(document.status)));
  json.Set("data", Strict(document.data));
  Json findings = Json::Array();
  for (const Finding& finding : document.findings) {
    findings.Append(FindingJson(finding, translator));
  }
  json.Set("findings", std::move(findings));
  return json;
}

std::string FindingsText(const Findings& findings, const Face& face) {
  std::vector<const Finding*> sorted;
  for (const Finding& finding : findings) sorted.push_back(&finding);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Finding* a, const Finding* b) {
                     return a->severity > b->severity;
                   });
  std::string out;
  for (const Finding* finding : sorted) {
    out += SeverityWord(finding->severity, face) + ": ";
    const std::string message = face.Tr(finding->message);
    const std::string path = Printable(finding->path);
    if (!path.empty() && message.find(path) == std::string::npos) {
      out += path + ": ";
    }
    out += message + "\n" + FixLine(finding->fix, face);
  }
  return out;
}

Document FailureDocument(const std::string& command, const Error& error) {
  return Document{.command = command,
                  .status = Outcome::kFailed,
                  .data = Json::Object(),
                  .findings = {Finding{.code = CodeName(error.code),
                                       .severity = Severity::kCritical,
                                       .path = error.path.string(),
                                       .message = error.message,
                                       .fix = error.fix}},
                  .text = {}};
}

std::string ErrorText(const Error& error, const Face& face) {
  const std::string message = face.Tr(error.message);
  const std::string path = Printable(error.path.string());
  std::string out = message + "\n";
  if (!path.empty() && message.find(path) == std::string::npos) {
    out += face.Paint(Ink::kDim, "  " + face.Tr(N_("file: "))) + path + "\n";
  }
  return out + FixLine(error.fix, face);
}

const char* CodeName(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return "invalid_argument";
    case Code::kNotFound:
      return "not_found";
    case Code::kNoStore:
      return "no_store";
    case Code::kAlreadyExists:
      return "already_exists";
    case Code::kBusy:
      return "busy";
    case Code::kLocked:
      return "locked";
    case Code::kCorruption:
      return "corruption";
    case Code::kNoSpace:
      return "no_space";
    case Code::kPermission:
      return "permission";
    case Code::kIo:
      return "io";
    case Code::kTooNew:
      return "too_new";
    case Code::kCancelled:
      return "cancelled";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace benchkeep::render
