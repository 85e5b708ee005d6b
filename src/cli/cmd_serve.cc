// benchkeep serve: metrics, the API and the dashboard on one port.

#include <fmt/format.h>

#include <charconv>
#include <mutex>

#include "cli/commands.h"
#include "cli/server_keeper.h"
#include "cli/site_parts.h"
#include "cli/version.h"
#include "fs/atomic_file.h"
#include "host/child_processes.h"
#include "web/access.h"
#include "web/http_server.h"
#include "web/metrics.h"
#include "web/site.h"

namespace benchkeep::cli {
namespace {

constexpr std::uint32_t kOthers = 0077;

// The token of the store, made when there is none yet; a rehearsal does not
// keep it.
Result<std::string> TokenOf(const store::Store& store, bool dry_run) {
  fs::FileSystem& file_system = store.file_system();
  const fs::Path path = store.layout().token_file();
  constexpr std::uint64_t kMaxBytes = 1024;
  Result<std::string> text = fs::ReadFile(file_system, path, kMaxBytes);
  if (!text.ok() && text.error().code != Code::kNotFound) {
    return Unexpected(text.error());
  }
  if (!text.ok()) {
    const std::string token = web::RandomToken();
    if (dry_run) return token;
    BENCHKEEP_TRY(file_system.MakeDirs(store.layout().state(), 0700));
    BENCHKEEP_TRY(fs::ReplaceFile(file_system, path, token + "\n", 0600));
    return token;
  }
  BENCHKEEP_ASSIGN(const fs::FileInfo info, file_system.Info(path));
  if ((info.mode & kOthers) != 0) {
    return Fail(
        Code::kPermission, Say(N_("others may read the token: {0}"), path),
        Say(N_("remove the file; `benchkeep serve` makes a new one")), path);
  }
  while (text->ends_with('\n')) text->pop_back();
  if (!web::IsToken(*text)) {
    return Fail(Code::kCorruption, Say(N_("{0} holds no token"), path),
                Say(N_("remove the file; `benchkeep serve` makes a new one")),
                path);
  }
  return *text;
}

// A server that a daemon started would keep its port from the next one.
Status StayWithKeeper(const Context& context) {
  const std::string text = context.variable(kKeeperVariable);
  if (text.empty()) return {};
  int keeper = 0;
  std::from_chars(text.data(), text.data() + text.size(), keeper);
  if (host::EndWithParent(keeper)) return {};
  return Fail(Code::kCancelled,
              Say(N_("the daemon that started this server has ended")));
}

const char* LanguageName(render::Language language) {
  return language == render::Language::kChinese ? "zh" : "en";
}

std::string Event(const std::string& name) {
  Json data = Json::Object();
  data.Set("name", Json::String(name));
  return fmt::format("event: change\ndata: {}\n\n", data.Dump());
}

class ServeAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags
        .Text("listen", N_("address and port; otherwise [serve] listen"),
              &listen_)
        .Value("ADDRESS");
    flags.Bool("show-token", N_("print the token and end"), &show_token_);
    flags
        .Text("textfile",
              N_("also write the metrics to this file, for node_exporter"),
              &textfile_)
        .Value("FILE");
  }

  ExitCode Run(Context& context) override {
    if (const Status kept = StayWithKeeper(context); !kept.ok()) {
      return context.Fail(kept.error());
    }
    Result<std::string> token = TokenOf(context.store(), context.dry_run());
    if (!token.ok()) return context.Fail(token.error());
    if (show_token_) return ShowToken(context, *token);
    const store::Settings& settings = context.store().settings();
    Result<web::ListenAddress> address =
        web::ParseListenAddress(listen_.value_or(settings.serve_listen));
    if (!address.ok()) return context.Fail(address.error());
    const web::TlsFiles tls{settings.serve_tls_certificate,
                            settings.serve_tls_key};
    const bool encrypted = !tls.certificate.empty() || !tls.key.empty();
    if (!address->loopback && !encrypted) {
      return context.Fail(
          Fail(Code::kInvalidArgument,
               Say(N_("{0} can be reached from other machines: that needs TLS"),
                   address->host),
               Say(N_("set [serve] tls_certificate and tls_key, or listen on "
                      "127.0.0.1")))
              .value());
    }
    Result<std::unique_ptr<web::HttpServer>> server =
        web::HttpServer::Listen(*address, tls, {});
    if (!server.ok()) return context.Fail(server.error());
    return Serve(context, **server, *token, encrypted);
  }

 private:
  static ExitCode ShowToken(Context& context, const std::string& token) {
    render::Document document{.command = context.command()};
    document.data.Set("token", Json::String(token));
    document.text = token + "\n";
    return context.Emit(document);
  }

  ExitCode Serve(Context& context, web::HttpServer& server,
                 const std::string& token, bool encrypted) {
    const store::Settings& settings = context.store().settings();
    const render::Translator english =
        context.TranslatorIn(render::Language::kEnglish);
    const render::Translator chinese =
        context.TranslatorIn(render::Language::kChinese);
    const std::string language = LanguageName(context.translator().language());
    web::Access access({.address = server.address(),
                        .tls = encrypted,
                        .names = settings.serve_names,
                        .token = token});
    web::History history;
    std::function<void(const std::string&)> on_change;
    jobs::Collectors collectors(
        CollectorSpecs(context), {language}, context.clock(),
        [&](const std::string& name) { on_change(name); });
    web::Actions actions(ActionSpecs(context), context.clock(), [&] {
      collectors.RefreshAll();
      server.Broadcast(Event("actions"));
    });
    on_change = [&](const std::string& name) {
      const auto documents = collectors.Current();
      const auto document = [&](const char* which) -> const Json* {
        const auto found = documents.find(which);
        return found == documents.end() ? nullptr : &found->second.document;
      };
      if (name == "status") {
        history.Add(context.clock().Now(), document("status"),
                    document("errors"));
      }
      WriteTextfile(context, documents, collectors.Health());
      server.Broadcast(Event(name));
    };
    web::Site site({.access = access,
                    .collectors = collectors,
                    .actions = actions,
                    .history = history,
                    .clock = context.clock(),
                    .english = english,
                    .chinese = chinese,
                    .language = language,
                    .version = kVersion,
                    .store = context.root().filename().string()});
    if (const ExitCode shown = Announce(context, server.address(), encrypted);
        shown != ExitCode::kOk) {
      return shown;
    }
    if (context.dry_run()) return ExitCode::kOk;
    collectors.Start();
    const Status served = server.Run(
        [&](const web::HttpRequest& request) { return site.Handle(request); },
        [&] { return context.Interrupted(); });
    actions.Stop();
    collectors.Stop();
    if (!served.ok()) return context.Fail(served.error());
    return ExitCode::kOk;
  }

  static ExitCode Announce(Context& context, const web::ListenAddress& address,
                           bool encrypted) {
    const std::string host =
        address.ipv6 ? "[" + address.host + "]" : address.host;
    const std::string url = fmt::format(
        "{}://{}:{}/", encrypted ? "https" : "http", host, address.port);
    render::Document document{.command = context.command()};
    document.data.Set("url", Json::String(url));
    document.data.Set("host", Json::String(address.host));
    document.data.Set("port", Json::Int(address.port));
    document.data.Set("tls", Json::Bool(encrypted));
    document.data.Set("token_file",
                      Json::String(context.store().layout().Relative(
                          context.store().layout().token_file())));
    const render::Face face = context.face();
    document.text =
        face.Paint(render::Ink::kBold, url) + "\n" +
        face.Tr(Say(N_("dashboard {0}, metrics {0}metrics, API "
                       "{0}openapi.json; end with Ctrl-C"),
                    url)) +
        "\n" +
        face.Tr(N_("actions need the token: `benchkeep serve --show-token`")) +
        "\n";
    return context.Emit(document);
  }

  void WriteTextfile(Context& context,
                     const std::map<std::string, jobs::Snapshot>& documents,
                     const std::vector<jobs::CollectorHealth>& health) {
    if (!textfile_) return;
    const std::lock_guard<std::mutex> guard(textfile_mutex_);
    const Status written =
        fs::ReplaceFile(context.file_system(), *textfile_,
                        web::MetricsOf(documents, health, kVersion), 0644);
    const std::string problem =
        written.ok() ? "" : written.error().message.English();
    if (!written.ok() && problem != textfile_problem_) {
      context.Warn(written.error().message);
    }
    textfile_problem_ = problem;
  }

  std::optional<std::string> listen_;
  std::optional<std::string> textfile_;
  bool show_token_ = false;
  std::mutex textfile_mutex_;
  std::string textfile_problem_;  // Said once, until it changes.
};

}  // namespace

const Command kServeCommand = {
    .name = "serve",
    .group = Group::kOperate,
    .summary = N_("show the store in the browser and to Prometheus"),
    .help = N_(
        "One port for the dashboard (/), metrics (/metrics), the same JSON "
        "documents as the commands print (/api/v1/...) and a sign of life "
        "(/healthz). All of it is answered from memory; the store is looked at "
        "in the background, so a slow disk never blocks a page.\n\n"
        "Reading is open on this machine. An action, and any reading from "
        "another machine, needs the token in .benchkeep/token. Another "
        "address than loopback also needs TLS ([serve] tls_certificate and "
        "tls_key). Ctrl-C or SIGTERM ends it."),
    .examples = {{"benchkeep serve",
                  N_("The dashboard at http://127.0.0.1:8000/:")},
                 {"benchkeep -C /data/campaign serve --listen 127.0.0.1:9000",
                  N_("Another store at another port:")},
                 {"benchkeep serve --show-token",
                  N_("What a script sends as Authorization: Bearer TOKEN:")}},
    .needs = Needs::kStore,
    .action = MakeAction<ServeAction>,
};

}  // namespace benchkeep::cli
