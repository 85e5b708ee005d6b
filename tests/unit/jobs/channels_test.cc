// Where messages go, and that secrets stay secrets.

#include "jobs/channels.h"

#include <gtest/gtest.h>

#include "fs/atomic_file.h"
#include "support/mem_file_system.h"

namespace benchkeep::jobs {
namespace {

class ChannelsTest : public testing::Test {
 protected:
  std::vector<Channel> Channels(const std::string& toml,
                                std::uint32_t mode = 0600) {
    if (disk_.Info("/benchkeep.toml").ok()) {
      EXPECT_TRUE(disk_.Remove("/benchkeep.toml").ok());
    }
    Write("/benchkeep.toml", toml, mode);
    const auto store = store::Store::Open(disk_, clock_, "/");
    EXPECT_TRUE(store.ok()) << store.error().message.English();
    if (!store.ok()) return {};
    return ChannelsOf(
        *store,
        [this](const char* name) {
          const auto found = variables_.find(name);
          return found == variables_.end() ? "" : found->second;
        },
        "host");
  }
  void Write(const fs::Path& path, const std::string& text,
             std::uint32_t mode = 0600) {
    ASSERT_TRUE(fs::ReplaceFile(disk_, path, text, mode).ok());
  }
  static std::string Problem(const Channel& channel) {
    return channel.problem ? channel.problem->message.English() : "none";
  }

  fs::MemFileSystem disk_;
  ManualClock clock_;
  std::map<std::string, std::string> variables_;
};

TEST_F(ChannelsTest, ThereAreNoneByDefault) {
  EXPECT_TRUE(Channels("").empty());
}

TEST_F(ChannelsTest, MailReadsItsPassword) {
  Write("/secret", "hunter22\n");
  const auto channels = Channels(
      "[mail]\nto = [\"Ops <a@b.c>\", \"d@e.f\"]\nuser = \"u\"\n"
      "server = \"smtps://mail.example.com\"\npassword_file = \"secret\"\n");
  ASSERT_EQ(channels.size(), 1U);
  EXPECT_EQ(Problem(channels[0]), "none");
  EXPECT_EQ(channels[0].mail_server.password, "hunter22");
  EXPECT_EQ(channels[0].mail_server.tls, host::MailTls::kRequired);
  EXPECT_EQ(channels[0].to[0].name, "Ops");
  EXPECT_EQ(channels[0].from.address, "benchkeep@host");
  EXPECT_EQ(channels[0].Redacted("bad hunter22!"), "bad ***!");
}

TEST_F(ChannelsTest, RefusesSecretsThatOthersCanRead) {
  Write("/secret", "hunter22\n", 0640);
  const auto mail = Channels(
      "[mail]\nto = [\"a@b.c\"]\nuser = \"u\"\npassword_file = \"secret\"\n");
  EXPECT_EQ(Problem(mail[0]), "/secret holds a secret, and others can read it");
  const auto hook =
      Channels("[webhook.team]\nurl = \"https://example.com/t0ken\"\n", 0644);
  ASSERT_EQ(hook.size(), 1U);
  EXPECT_EQ(Problem(hook[0]),
            "the address of the webhook team is a secret, and others can read "
            "it in /benchkeep.toml");
}

TEST_F(ChannelsTest, SendsNoPasswordWithoutTls) {
  variables_["PW"] = "hunter22";
  const std::string user =
      "[mail]\nto = [\"a@b.c\"]\nuser = \"u\"\npassword_variable = \"PW\"\n";
  EXPECT_EQ(Problem(Channels(user + "server = \"smtp://m.x.y\"\n"
                                    "tls = \"off\"\n")[0]),
            "[mail] tls is \"off\": no password is sent to another machine "
            "without TLS");
  const auto upgraded =
      Channels(user + "server = \"smtp://m.x.y\"\ntls = \"optional\"\n");
  EXPECT_EQ(upgraded[0].mail_server.tls, host::MailTls::kRequired);
  variables_.clear();
  EXPECT_EQ(Problem(Channels(user)[0]),
            "the environment variable PW is not set");
}

TEST_F(ChannelsTest, WebhooksHideTheirAddress) {
  const auto channels = Channels(
      "[webhook.team]\nform = \"slack\"\n"
      "url = \"https://hooks.example.com/services/T1/B2/x0y1z2\"\n"
      "[webhook.off]\nenabled = false\nurl = \"https://a.b/c\"\n");
  ASSERT_EQ(channels.size(), 1U);
  EXPECT_EQ(Problem(channels[0]), "none");
  EXPECT_EQ(channels[0].target, "https://hooks.example.com/...");
  EXPECT_EQ(channels[0].Redacted("no_team at /services/T1/B2/x0y1z2, x0y1z2"),
            "no_team at ***, ***");
}

TEST_F(ChannelsTest, WebhooksNeedTlsBeyondThisMachine) {
  EXPECT_EQ(Problem(Channels("[webhook.w]\nurl = \"http://10.0.0.1/x\"\n")[0]),
            "the address of the webhook w is none of https");
  EXPECT_EQ(Problem(Channels("[webhook.w]\nurl = \"file:///etc/passwd\"\n")[0]),
            "the address of the webhook w is none of https");
  EXPECT_EQ(Problem(Channels("[webhook.w]\nurl = \"http://127.0.0.1/x\"\n")[0]),
            "none");
}

TEST_F(ChannelsTest, SentryNeedsADsn) {
  EXPECT_TRUE(Channels("[sentry]\nenvironment = \"x\"\n").empty());
  variables_["DSN"] = "nonsense";
  const auto wrong = Channels("[sentry]\ndsn_variable = \"DSN\"\n");
  EXPECT_NE(Problem(wrong[0]), "none");
  variables_["DSN"] = "https://k3yk3y@sentry.example.com/7";
  const auto right = Channels("[sentry]\ndsn_variable = \"DSN\"\n");
  EXPECT_EQ(Problem(right[0]), "none");
  EXPECT_EQ(right[0].target, "https://sentry.example.com/...");
  EXPECT_EQ(right[0].Redacted("key k3yk3y"), "key ***");
}

TEST_F(ChannelsTest, SettingsShowNoAddress) {
  const auto settings = store::ParseSettings(
      "[webhook.team]\nurl = \"https://hooks.example.com/t0ken?a=s3cret\"\n",
      "/benchkeep.toml");
  ASSERT_TRUE(settings.ok());
  for (const std::string& text : {store::SettingsToJson(*settings).Dump(),
                                  store::SettingsToToml(*settings)}) {
    EXPECT_NE(text.find("https://hooks.example.com/..."), std::string::npos);
    EXPECT_EQ(text.find("t0ken"), std::string::npos);
    EXPECT_EQ(text.find("s3cret"), std::string::npos);
  }
}

}  // namespace
}  // namespace benchkeep::jobs
