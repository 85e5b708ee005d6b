// Where messages go.

#include "jobs/channels.h"

#include <algorithm>

namespace benchkeep::jobs {
namespace {

constexpr std::uint64_t kMaxSecretBytes = 8192;
constexpr std::uint32_t kOthers = 077;

Message CureFile(const std::string& path) {
  return Say(N_("chmod 600 {0}"), path);
}

// The one of file and variable that is set.  Empty when neither is.
Result<std::string> Secret(const store::Store& store, const Variable& variable,
                           const std::string& file, const std::string& name) {
  if (!file.empty()) return ReadSecretFile(store, file);
  if (name.empty()) return std::string();
  std::string value = variable(name.c_str());
  if (value.empty()) {
    return Fail(Code::kNotFound,
                Say(N_("the environment variable {0} is not set"), name),
                Say(N_("set it where benchkeep is started: in the unit of the "
                       "daemon, or in the crontab")));
  }
  return value;
}

std::string InRoot(const store::Store& store, const std::string& path) {
  return path.empty() ? "" : (store.layout().root() / path).string();
}

std::chrono::milliseconds Timeout(const store::Store& store) {
  return std::chrono::seconds(store.settings().notify_timeout_seconds);
}

Unexpected BadAddress(const store::Store& store, const std::string& text,
                      const char* key) {
  return Fail(Code::kInvalidArgument,
              Say(N_("[mail] {0}: '{1}' is no mail address"), key, text),
              Say(N_("write \"user@example.com\" or \"Name "
                     "<user@example.com>\"")),
              store.layout().settings_file());
}

Status SetUpMail(const store::Store& store, const Variable& variable,
                 const std::string& host, Channel& channel) {
  const store::Settings& settings = store.settings();
  for (const std::string& text : settings.mail_to) {
    const auto address = ParseMailAddress(text);
    if (!address) return BadAddress(store, text, "to");
    channel.to.push_back(*address);
  }
  const std::string sender =
      settings.mail_from.empty() ? "benchkeep@" + host : settings.mail_from;
  const auto from = ParseMailAddress(sender);
  if (!from) return BadAddress(store, sender, "from");
  channel.from = *from;
  if (channel.from.name.empty()) channel.from.name = "benchkeep";

  host::MailServer& server = channel.mail_server;
  server.url = settings.mail_server;
  server.user = settings.mail_user;
  server.ca_file = channel.ca_file;
  server.our_name = host;
  server.timeout = Timeout(store);
  const auto url = host::SplitUrl(server.url);
  if (!url) {
    return Fail(Code::kInvalidArgument,
                Say(N_("[mail] server: '{0}' is no address of a mail server"),
                    server.url),
                Say(N_("write \"smtps://mail.example.com\"")),
                store.layout().settings_file());
  }
  const bool local = url->IsLoopback();
  server.tls = url->scheme == "smtps" || settings.mail_tls == "required"
                   ? host::MailTls::kRequired
               : settings.mail_tls == "optional" ? host::MailTls::kOptional
                                                 : host::MailTls::kOff;
  // A relay on this machine has no certificate for "localhost".
  const bool plain_relay = local && url->scheme == "smtp" &&
                           server.user.empty() && server.ca_file.empty();
  if (plain_relay) server.tls = host::MailTls::kOff;
  if (server.user.empty()) return {};
  if (!local && server.tls == host::MailTls::kOptional) {
    server.tls = host::MailTls::kRequired;
  }
  if (!local && server.tls == host::MailTls::kOff) {
    return Fail(Code::kInvalidArgument,
                Say(N_("[mail] tls is \"off\": no password is sent to another "
                       "machine without TLS")),
                Say(N_("set [mail] tls = \"required\", or take out [mail] "
                       "user")),
                store.layout().settings_file());
  }
  BENCHKEEP_ASSIGN(server.password,
                   Secret(store, variable, settings.mail_password_file,
                          settings.mail_password_variable));
  if (server.password.empty()) {
    return Fail(Code::kInvalidArgument,
                Say(N_("[mail] user is set, but no password")),
                Say(N_("set [mail] password_file or password_variable")),
                store.layout().settings_file());
  }
  return {};
}

// benchkeep.toml holds a secret: then nobody else may read it.
Status CheckSettingsFile(const store::Store& store, const std::string& name) {
  const fs::Path file = store.layout().settings_file();
  BENCHKEEP_ASSIGN(const fs::FileInfo info, store.file_system().Info(file));
  if ((info.mode & kOthers) == 0) return {};
  return Fail(Code::kPermission,
              Say(N_("the address of the webhook {0} is a secret, and others "
                     "can read it in {1}"),
                  name, file),
              Say(N_("chmod 600 {0}, or put the address into a file of its own "
                     "and name it in 'url_file'"),
                  file),
              file);
}

Status SetUpWebhook(const store::Store& store, const Variable& variable,
                    const store::WebhookSettings& webhook, Channel& channel) {
  channel.form = webhook.form;
  if (webhook.url.empty()) {
    BENCHKEEP_ASSIGN(channel.url, Secret(store, variable, webhook.url_file,
                                         webhook.url_variable));
  } else {
    BENCHKEEP_TRY(CheckSettingsFile(store, webhook.name));
    channel.url = webhook.url;
  }
  channel.target = store::ShownAddress(channel.url);
  const auto url = host::SplitUrl(channel.url);
  if (!url || (url->scheme != "https" &&
               (url->scheme != "http" || !url->IsLoopback()))) {
    return Fail(Code::kInvalidArgument,
                Say(N_("the address of the webhook {0} is none of https"),
                    webhook.name),
                Say(N_("correct [webhook.{0}]"), webhook.name),
                store.layout().settings_file());
  }
  BENCHKEEP_ASSIGN(channel.secret, Secret(store, variable, webhook.secret_file,
                                          webhook.secret_variable));
  return {};
}

Status SetUpSentry(const store::Store& store, const Variable& variable,
                   Channel& channel) {
  const store::Settings& settings = store.settings();
  BENCHKEEP_ASSIGN(const std::string text,
                   Secret(store, variable, settings.sentry_dsn_file,
                          settings.sentry_dsn_variable));
  const auto dsn = ParseDsn(text);
  if (!dsn) {
    return Fail(Code::kInvalidArgument,
                Say(N_("the DSN of Sentry has another form than "
                       "https://KEY@HOST/PROJECT")),
                Say(N_("copy it from the settings of the project, \"Client "
                       "Keys\"")));
  }
  channel.dsn = *dsn;
  channel.target = store::ShownAddress(dsn->endpoint);
  return {};
}

void NoteProblem(const Status& status, Channel& channel) {
  if (!status.ok()) channel.problem = status.error();
}

void ReplaceAll(std::string& text, const std::string& secret) {
  // Short words would turn up in innocent texts.
  constexpr std::size_t kShortest = 4;
  if (secret.size() < kShortest) return;
  for (std::size_t at = text.find(secret); at != std::string::npos;
       at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
  }
}

}  // namespace

std::string Channel::Redacted(std::string text) const {
  ReplaceAll(text, mail_server.password);
  ReplaceAll(text, secret);
  ReplaceAll(text, dsn.key);
  ReplaceAll(text, url);
  const std::size_t scheme = url.find("://");
  const std::size_t path =
      scheme == std::string::npos ? scheme : url.find('/', scheme + 3);
  if (path != std::string::npos) {
    ReplaceAll(text, url.substr(path));
    // A token is the last part of the path, or a parameter.
    const std::size_t part = url.find_last_of("/=");
    if (part != std::string::npos) ReplaceAll(text, url.substr(part + 1));
  }
  return text;
}

Result<std::string> ReadSecretFile(const store::Store& store,
                                   const std::string& path) {
  const fs::Path file = store.layout().root() / path;
  BENCHKEEP_ASSIGN(const fs::FileInfo info, store.file_system().Info(file));
  if ((info.mode & kOthers) != 0) {
    return Fail(Code::kPermission,
                Say(N_("{0} holds a secret, and others can read it"), file),
                CureFile(file.string()), file);
  }
  BENCHKEEP_ASSIGN(std::string text,
                   fs::ReadFile(store.file_system(), file, kMaxSecretBytes));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.pop_back();
  }
  const bool fine = !text.empty() &&
                    std::none_of(text.begin(), text.end(), [](unsigned char c) {
                      return c < 0x20 || c == 0x7F;
                    });
  if (!fine) {
    return Fail(Code::kInvalidArgument,
                Say(N_("{0} must hold one line, the secret"), file),
                Say(N_("write the secret into it, and nothing else")), file);
  }
  return text;
}

std::vector<Channel> ChannelsOf(const store::Store& store,
                                const Variable& variable,
                                const std::string& host) {
  const store::Settings& settings = store.settings();
  std::vector<Channel> channels;
  if (!settings.mail_to.empty()) {
    Channel channel;
    channel.name = kMailChannel;
    channel.kind = ChannelKind::kMail;
    channel.wants_health = true;
    channel.target = settings.mail_server;
    channel.ca_file = InRoot(store, settings.mail_ca_file);
    NoteProblem(SetUpMail(store, variable, host, channel), channel);
    channels.push_back(std::move(channel));
  }
  for (const store::WebhookSettings& webhook : settings.webhooks) {
    if (!webhook.enabled) continue;
    Channel channel;
    channel.name = "webhook " + webhook.name;
    channel.kind = ChannelKind::kWebhook;
    channel.wants_health = webhook.health;
    channel.ca_file = InRoot(store, webhook.ca_file);
    NoteProblem(SetUpWebhook(store, variable, webhook, channel), channel);
    channels.push_back(std::move(channel));
  }
  if (!settings.sentry_dsn_file.empty() ||
      !settings.sentry_dsn_variable.empty()) {
    Channel channel;
    channel.name = kSentryChannel;
    channel.kind = ChannelKind::kSentry;
    channel.ca_file = InRoot(store, settings.sentry_ca_file);
    NoteProblem(SetUpSentry(store, variable, channel), channel);
    channels.push_back(std::move(channel));
  }
  for (Channel& channel : channels) channel.timeout = Timeout(store);
  return channels;
}

const Channel* FindChannel(const std::vector<Channel>& channels,
                           std::string_view name) {
  const auto found =
      std::find_if(channels.begin(), channels.end(),
                   [name](const Channel& each) { return each.name == name; });
  return found == channels.end() ? nullptr : &*found;
}

}  // namespace benchkeep::jobs
