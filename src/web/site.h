// The site: which request gets which answer.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "jobs/collectors.h"
#include "render/document.h"
#include "web/access.h"
#include "web/actions.h"
#include "web/history.h"
#include "web/http_response.h"

namespace benchkeep::web {

// Everything the site shows.  References must outlive it.
struct SiteParts {
  Access& access;
  jobs::Collectors& collectors;
  Actions& actions;
  History& history;
  Clock& clock;
  const render::Translator& english;
  const render::Translator& chinese;
  std::string language;  // Of whoever does not ask for one: "en" or "zh".
  std::string version;
  std::string store;  // The name of the store's folder.
};

class Site {
 public:
  explicit Site(SiteParts parts);

  // Never waits; for the thread of the server.
  HttpResponse Handle(const HttpRequest& request);

 private:
  using Method = HttpResponse (Site::*)(const HttpRequest&);
  struct Route {
    const char* method;
    const char* path;
    Method handle;
  };
  static const std::vector<Route>& Routes();

  HttpResponse Route_(const HttpRequest& request);
  HttpResponse Health(const HttpRequest& request);
  HttpResponse Metrics(const HttpRequest& request);
  HttpResponse Events(const HttpRequest& request);
  HttpResponse CollectorsList(const HttpRequest& request);
  HttpResponse HistoryList(const HttpRequest& request);
  HttpResponse SessionState(const HttpRequest& request);
  HttpResponse SessionOpen(const HttpRequest& request);
  HttpResponse SessionClose(const HttpRequest& request);
  HttpResponse ActionsList(const HttpRequest& request);
  HttpResponse ActionStart(const HttpRequest& request);
  HttpResponse CollectorDocument(const HttpRequest& request,
                                 const std::string& name);
  HttpResponse AssetFile(const HttpRequest& request, const std::string& path);

  [[nodiscard]] const render::Translator& TranslatorOf(
      const HttpRequest& request) const;
  [[nodiscard]] std::string LanguageOf(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse Document(const HttpRequest& request, int status,
                                      const render::Document& document) const;
  [[nodiscard]] HttpResponse Refuse(const HttpRequest& request,
                                    const Refusal& refusal) const;

  SiteParts parts_;
  std::map<std::string, std::shared_ptr<const std::string>> packed_;
  std::map<std::string, std::shared_ptr<const std::string>> plain_;
};

}  // namespace benchkeep::web
