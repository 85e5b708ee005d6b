// Routes and answers of the site.

#include "web/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "web/assets.h"
#include "web/metrics.h"

namespace benchkeep::web {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::string_view kApi = "/api/v1/";
constexpr std::string_view kActions = "/api/v1/actions/";

std::string_view TypeOf(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6>
      kTypes = {{{".html", "text/html; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".css", "text/css; charset=utf-8"},
                 {".json", kJson},
                 {".svg", "image/svg+xml"},
                 {".webmanifest", "application/manifest+json"}}};
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

Json TimeJson(const std::optional<TimePoint>& time) {
  return time ? Json::String(FormatIso(*time)) : Json();
}

void Protect(HttpResponse& response) {
  const auto add = [&](const char* name, const char* value) {
    response.Add(name, value);
  };
  add("Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; "
      "connect-src 'self'; img-src 'self'; manifest-src 'self'; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  add("X-Content-Type-Options", "nosniff");
  add("X-Frame-Options", "DENY");
  add("Referrer-Policy", "no-referrer");
  add("Cross-Origin-Resource-Policy", "same-origin");
  add("Cross-Origin-Opener-Policy", "same-origin");
  const bool cached = std::any_of(
      response.headers.begin(), response.headers.end(),
      [](const auto& header) { return header.first == "Cache-Control"; });
  if (!cached) add("Cache-Control", "no-store");
}

}  // namespace

Site::Site(SiteParts parts) : parts_(std::move(parts)) {
  for (const Asset& asset : Assets()) {
    packed_.emplace(asset.path,
                    std::make_shared<const std::string>(asset.gzip));
    plain_.emplace(asset.path,
                   std::make_shared<const std::string>(Inflate(asset)));
  }
}

const std::vector<Site::Route>& Site::Routes() {
  static const std::vector<Route> routes = {
      {"GET", "/healthz", &Site::Health},
      {"GET", "/metrics", &Site::Metrics},
      {"GET", "/api/v1/events", &Site::Events},
      {"GET", "/api/v1/collectors", &Site::CollectorsList},
      {"GET", "/api/v1/history", &Site::HistoryList},
      {"GET", "/api/v1/session", &Site::SessionState},
      {"POST", "/api/v1/session", &Site::SessionOpen},
      {"DELETE", "/api/v1/session", &Site::SessionClose},
      {"GET", "/api/v1/actions", &Site::ActionsList},
  };
  return routes;
}

HttpResponse Site::Handle(const HttpRequest& request) {
  HttpResponse response;
  if (const auto refusal = parts_.access.CheckSender(request)) {
    response = Refuse(request, *refusal);
  } else {
    response = Route_(request);
  }
  Protect(response);
  return response;
}

HttpResponse Site::Route_(const HttpRequest& request) {
  const bool get = request.method == "GET" || request.method == "HEAD";
  const std::string method = get ? "GET" : request.method;
  const auto lang = request.query.find("lang");
  if (lang != request.query.end() && lang->second != "en" &&
      lang->second != "zh") {
    return Refuse(request, {400, "invalid_argument",
                            Say(N_("lang must be en or zh")), Message()});
  }
  // The page itself and the way to show the token are open to everybody; so is
  // the question whether the server lives.
  const bool open =
      request.path == "/healthz" || request.path == "/api/v1/session" ||
      (get && !request.path.starts_with(kApi) && request.path != "/metrics");
  if (!open) {
    if (const auto refusal = parts_.access.CheckReader(request)) {
      return Refuse(request, *refusal);
    }
  }
  std::string allowed;
  for (const Route& route : Routes()) {
    if (request.path != route.path) continue;
    if (method == route.method) return (this->*route.handle)(request);
    allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
  }
  if (request.path.starts_with(kActions)) {
    if (method == "POST") return ActionStart(request);
    allowed = "POST";
  } else if (request.path.starts_with(kApi) && allowed.empty()) {
    const std::string name = request.path.substr(kApi.size());
    if (parts_.collectors.Knows(name)) {
      if (get) return CollectorDocument(request, name);
      allowed = "GET";
    }
  } else if (allowed.empty()) {
    const std::string path =
        request.path == "/" ? "web/index.html" : "web" + request.path;
    if (plain_.contains(path)) {
      if (get) return AssetFile(request, path);
      allowed = "GET";
    }
  }
  if (allowed.empty()) {
    return Refuse(request,
                  {404, "not_found",
                   Say(N_("there is no page {0}"), request.path), Message()});
  }
  HttpResponse refused =
      Refuse(request,
             {405, "method_refused",
              Say(N_("{0} is not possible here"), request.method), Message()});
  refused.Add("Allow", allowed == "GET" ? "GET, HEAD" : allowed);
  return refused;
}

HttpResponse Site::AssetFile(const HttpRequest& request,
                             const std::string& path) {
  const Asset* asset = FindAsset(path);
  HttpResponse response;
  const std::string tag = fmt::format("\"{}\"", asset->hash);
  response.Add("ETag", tag);
  response.Add("Cache-Control", "no-cache");
  response.Add("Vary", "Accept-Encoding");
  if (request.Header("if-none-match") == tag) {
    response.status = 304;
    return response;
  }
  response.Add("Content-Type", TypeOf(path));
  const bool gzip =
      request.Header("accept-encoding").find("gzip") != std::string_view::npos;
  if (gzip) response.Add("Content-Encoding", "gzip");
  response.body = gzip ? packed_.at(path) : plain_.at(path);
  return response;
}

HttpResponse Site::Health(const HttpRequest& request) {
  Json data = Json::Object();
  data.Set("version", Json::String(parts_.version));
  Json& collectors = data.Set("collectors", Json::Object());
  for (const jobs::CollectorHealth& one : parts_.collectors.Health()) {
    collectors.Set(one.name, Json::Bool(one.up));
  }
  return Document(request, 200, {.command = "healthz", .data = data});
}

HttpResponse Site::Metrics(const HttpRequest& /*request*/) {
  return Answer(200, "text/plain; version=0.0.4; charset=utf-8",
                MetricsOf(parts_.collectors.Current(),
                          parts_.collectors.Health(), parts_.version));
}

HttpResponse Site::Events(const HttpRequest& /*request*/) {
  HttpResponse response = Answer(200, "text/event-stream",
                                 "retry: 2000\nevent: hello\ndata: {}\n\n");
  response.stream = true;
  return response;
}

HttpResponse Site::CollectorsList(const HttpRequest& request) {
  Json list = Json::Array();
  Findings findings;
  for (const jobs::CollectorHealth& one : parts_.collectors.Health()) {
    Json& json = list.Append(Json::Object());
    json.Set("name", Json::String(one.name));
    json.Set("up", Json::Bool(one.up));
    json.Set("running", Json::Bool(one.running));
    json.Set("runs", Json::Uint(one.runs));
    json.Set("failures", Json::Uint(one.failures));
    json.Set("seconds", Json::Double(one.seconds));
    json.Set("last_success", TimeJson(one.last_success));
    if (one.up || (one.runs == 0 && !one.error)) continue;
    findings.push_back(
        {"collector_down", Severity::kWarning, "",
         one.error
             ? Say(N_("{0} is not up to date: {1}"), one.name,
                   TranslatorOf(request).Tr(one.error->message))
             : Say(N_("{0} is not up to date: it does not answer"), one.name),
         one.error ? one.error->fix : Message()});
  }
  Json data = Json::Object();
  data.Set("store", Json::String(parts_.store));
  data.Set("version", Json::String(parts_.version));
  data.Set("language", Json::String(parts_.language));
  data.Set("now", TimeJson(parts_.clock.Now()));
  data.Set("collectors", std::move(list));
  return Document(request, 200,
                  {.command = "collectors",
                   .status = render::OutcomeOf(findings),
                   .data = data,
                   .findings = findings});
}

HttpResponse Site::HistoryList(const HttpRequest& request) {
  return Document(request, 200,
                  {.command = "history", .data = parts_.history.ToJson()});
}

HttpResponse Site::CollectorDocument(const HttpRequest& request,
                                     const std::string& name) {
  const std::optional<jobs::Snapshot> snapshot =
      parts_.collectors.Get(name, LanguageOf(request));
  if (!snapshot) {
    render::Document nothing{.command = name,
                             .status = render::Outcome::kUnknown};
    nothing.findings.push_back(
        {"not_collected", Severity::kInfo, "",
         Say(N_("not collected yet; try again in a moment")), Message()});
    HttpResponse response = Document(request, 503, nothing);
    response.Add("Retry-After", "1");
    return response;
  }
  HttpResponse response;
  response.Add("Content-Type", kJson);
  response.Add("X-Collected-At", FormatIso(snapshot->collected));
  if (snapshot->stale) response.Add("X-Stale", "true");
  response.body = snapshot->text;
  return response;
}

HttpResponse Site::SessionState(const HttpRequest& request) {
  const Session* session = parts_.access.Find(request);
  Json data = Json::Object();
  data.Set("open", Json::Bool(session != nullptr));
  data.Set("csrf", session == nullptr ? Json() : Json::String(session->csrf));
  data.Set("reader",
           Json::Bool(!parts_.access.CheckReader(request).has_value()));
  return Document(request, 200, {.command = "session", .data = data});
}

HttpResponse Site::SessionOpen(const HttpRequest& request) {
  const std::string_view type = request.Header("content-type");
  if (type.substr(0, type.find(';')) != "application/json") {
    return Refuse(
        request,
        {415, "type_refused",
         Say(N_("the content type must be application/json")), Message()});
  }
  std::string token;
  if (!request.body.empty()) {
    constexpr JsonLimits kLimits{
        .max_bytes = 4096, .max_depth = 4, .max_values = 16};
    const Result<Json> body = ParseJson(request.body, kLimits);
    if (!body.ok()) {
      return Refuse(request,
                    {400, "invalid_argument", body.error().message, Message()});
    }
    token = body->StringAt("token").value_or("");
  }
  const std::optional<Session> session = parts_.access.Open(request, token);
  if (!session) {
    return Refuse(request,
                  {401, "token_refused", Say(N_("that is not the token")),
                   Say(N_("`benchkeep serve --show-token` prints "
                          "it"))});
  }
  Json data = Json::Object();
  data.Set("open", Json::Bool(true));
  data.Set("csrf", Json::String(session->csrf));
  data.Set("reader", Json::Bool(true));
  HttpResponse response =
      Document(request, 200, {.command = "session", .data = data});
  response.Add("Set-Cookie", parts_.access.SetCookie(&*session));
  return response;
}

HttpResponse Site::SessionClose(const HttpRequest& request) {
  parts_.access.Close(request);
  Json data = Json::Object();
  data.Set("open", Json::Bool(false));
  data.Set("csrf", Json());
  HttpResponse response =
      Document(request, 200, {.command = "session", .data = data});
  response.Add("Set-Cookie", parts_.access.SetCookie(nullptr));
  return response;
}

HttpResponse Site::ActionsList(const HttpRequest& request) {
  Json data = Json::Object();
  Json& actions = data.Set("actions", Json::Array());
  for (const ActionSpec& spec : parts_.actions.specs()) {
    Json& json = actions.Append(Json::Object());
    json.Set("name", Json::String(spec.name));
    json.Set("command", Json::String(spec.command));
  }
  Json& runs = data.Set("runs", Json::Array());
  for (const ActionRun& run : parts_.actions.Runs()) {
    Json& json = runs.Append(Json::Object());
    json.Set("id", Json::Uint(run.id));
    json.Set("action", Json::String(run.action));
    json.Set("started", TimeJson(run.started));
    json.Set("ended", TimeJson(run.ended));
    json.Set("error",
             run.error
                 ? Json::String(TranslatorOf(request).Tr(run.error->message))
                 : Json());
    json.Set("document", run.document);
  }
  return Document(request, 200, {.command = "actions", .data = data});
}

HttpResponse Site::ActionStart(const HttpRequest& request) {
  if (const auto refusal = parts_.access.CheckActor(request)) {
    return Refuse(request, *refusal);
  }
  const Result<ActionRun> run = parts_.actions.Start(
      request.path.substr(kActions.size()), LanguageOf(request));
  if (!run.ok()) {
    const bool busy = run.error().code == Code::kBusy;
    return Refuse(request,
                  {busy ? 409 : 404, render::CodeName(run.error().code),
                   run.error().message, run.error().fix});
  }
  Json data = Json::Object();
  data.Set("id", Json::Uint(run->id));
  data.Set("action", Json::String(run->action));
  data.Set("started", TimeJson(run->started));
  return Document(request, 202, {.command = "actions", .data = data});
}

std::string Site::LanguageOf(const HttpRequest& request) const {
  const auto found = request.query.find("lang");
  return found == request.query.end() ? parts_.language : found->second;
}

const render::Translator& Site::TranslatorOf(const HttpRequest& request) const {
  return LanguageOf(request) == "zh" ? parts_.chinese : parts_.english;
}

HttpResponse Site::Document(const HttpRequest& request, int status,
                            const render::Document& document) const {
  return Answer(status, kJson,
                render::ToJson(document, TranslatorOf(request)).Dump());
}

HttpResponse Site::Refuse(const HttpRequest& request,
                          const Refusal& refusal) const {
  render::Document document{.command = "serve",
                            .status = render::Outcome::kFailed};
  document.findings.push_back(
      {refusal.code, Severity::kCritical, "", refusal.message, refusal.fix});
  HttpResponse response = Document(request, refusal.status, document);
  if (refusal.status == 401) {
    response.Add("WWW-Authenticate", "Bearer realm=\"benchkeep\"");
  }
  return response;
}

}  // namespace benchkeep::web
