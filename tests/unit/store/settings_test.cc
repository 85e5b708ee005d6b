// Settings: every mistake is named with its line; what is written reads back.

#include "store/settings.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "fs/posix_file_system.h"
#include "store/settings_table.h"

namespace benchkeep::store {
namespace {

const fs::Path kOrigin = "/campaign/benchkeep.toml";

std::string ErrorOf(const std::string& toml) {
  const Result<Settings> settings = ParseSettings(toml, kOrigin);
  if (settings.ok()) return "no error";
  EXPECT_EQ(settings.error().code, Code::kInvalidArgument);
  EXPECT_EQ(settings.error().path, kOrigin);
  return settings.error().message.English();
}

TEST(ParseSettings, EmptyIsTheDefault) {
  const Result<Settings> settings = ParseSettings("", kOrigin);
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(*settings, Settings());
}

TEST(ParseSettings, ReadsAForeignLayout) {
  const Result<Settings> settings = ParseSettings(R"(
[store]
results = "out//all.parquet"
increments = "./parts/"
key = ["run_id", "sample_id"]
locks = []
[consolidate]
summary_mode = "accumulate"
settle_seconds = 0
[limits]
memory = "512MB"
[undo]
keep_days = 30
)",
                                                  kOrigin);
  ASSERT_TRUE(settings.ok()) << settings.error().message.English();
  EXPECT_EQ(settings->results, "out/all.parquet");
  EXPECT_EQ(settings->increments, "parts");
  EXPECT_EQ(settings->key, (std::vector<std::string>{"run_id", "sample_id"}));
  EXPECT_TRUE(settings->locks.empty());
  EXPECT_EQ(settings->summary_mode, SummaryMode::kAccumulate);
  EXPECT_EQ(settings->settle_seconds, 0);
  EXPECT_EQ(settings->memory_bytes, 512'000'000U);
  EXPECT_EQ(settings->undo_keep_days, 30);
  EXPECT_EQ(settings->master, Settings().master);
}

TEST(ParseSettings, NamesTheNearestKey) {
  EXPECT_EQ(ErrorOf("\n[store]\n\nresluts = \"x\"\n"),
            "benchkeep.toml:4: unknown key 'resluts' in [store]; did you mean "
            "'results'?");
  EXPECT_EQ(ErrorOf("[stroe]\nresults = \"x\"\n"),
            "benchkeep.toml:1: unknown section [stroe]; did you mean [store]?");
  EXPECT_EQ(ErrorOf("[pigeons]\nto = []\n"),
            "benchkeep.toml:1: unknown section [pigeons]");
  EXPECT_EQ(ErrorOf("[store]\nzzz = 1\n"),
            "benchkeep.toml:2: unknown key 'zzz' in [store]");
  EXPECT_EQ(ErrorOf("[store]\nsummary_mode = \"replace\"\n"),
            "benchkeep.toml:2: the key 'summary_mode' belongs to "
            "[consolidate], not to [store]");
  EXPECT_EQ(ErrorOf("results = \"x\"\n"),
            "benchkeep.toml:1: the key 'results' stands outside of any "
            "section");
  EXPECT_EQ(ErrorOf("store = 1\n"),
            "benchkeep.toml:1: 'store' must be a section: [store]");
}

TEST(ParseSettings, ChecksTypes) {
  EXPECT_EQ(ErrorOf("[store]\nresults = 1\n"),
            "benchkeep.toml:2: 'results' must be a string");
  EXPECT_EQ(ErrorOf("[store]\nkey = \"test_id\"\n"),
            "benchkeep.toml:2: 'key' must be a list of strings");
  EXPECT_EQ(ErrorOf("[store]\nkey = [\n\"a\",\n1]\n"),
            "benchkeep.toml:4: 'key' must hold strings only");
  EXPECT_EQ(ErrorOf("[undo]\nkeep_days = 7.5\n"),
            "benchkeep.toml:2: 'keep_days' must be a whole number");
  EXPECT_EQ(ErrorOf("[limits]\nmemory = true\n"),
            "benchkeep.toml:2: 'memory' must be a size like \"512MiB\"");
  EXPECT_EQ(ErrorOf("[consolidate]\nsummary_mode = 1\n"),
            "benchkeep.toml:2: 'summary_mode' must be a string");
}

TEST(ParseSettings, ChecksValues) {
  EXPECT_EQ(ErrorOf("[store]\nresults = \"\"\n"),
            "benchkeep.toml:2: 'results' must not be empty");
  EXPECT_EQ(ErrorOf("[store]\nresults = \"/etc/passwd\"\n"),
            "benchkeep.toml:2: 'results' must be a path below the root, not "
            "'/etc/passwd'");
  EXPECT_EQ(ErrorOf("[store]\nlogs = \"a/../../b\"\n"),
            "benchkeep.toml:2: 'logs' must not lead out by '..': 'a/../../b'");
  EXPECT_EQ(ErrorOf("[store]\nlocks = [\"../x.lock\"]\n"),
            "benchkeep.toml:2: 'locks' must not lead out by '..': "
            "'../x.lock'");
  EXPECT_EQ(ErrorOf("[store]\nresults = \".benchkeep/results\"\n"),
            "benchkeep.toml:2: 'results' cannot be '.benchkeep/results'");
  EXPECT_EQ(ErrorOf("[store]\nlogs = \".\"\n"),
            "benchkeep.toml:2: 'logs' cannot be '.'");
  EXPECT_EQ(ErrorOf("[store]\nlogs = \"a\\u0000b\"\n"),
            "benchkeep.toml:2: 'logs' must not hold a zero byte");
  EXPECT_EQ(ErrorOf("[store]\nkey = []\n"),
            "benchkeep.toml:2: 'key' must not be empty");
  EXPECT_EQ(ErrorOf("[store]\nkey = [\"\"]\n"),
            "benchkeep.toml:2: 'key' must not be empty");
  EXPECT_EQ(ErrorOf("[store]\nkey = [\"a\", \"a\"]\n"),
            "benchkeep.toml:2: 'key' names 'a' twice");
  EXPECT_EQ(ErrorOf("[store]\nincrement_pattern = \"a/*\"\n"),
            "benchkeep.toml:2: 'increment_pattern' is a pattern of names, "
            "without folders");
  EXPECT_EQ(ErrorOf("[consolidate]\nsummary_mode = \"add\"\n"),
            "benchkeep.toml:2: 'summary_mode' is \"replace\" or "
            "\"accumulate\", not 'add'");
  EXPECT_EQ(ErrorOf("[consolidate]\nsettle_seconds = -1\n"),
            "benchkeep.toml:2: 'settle_seconds' must be at least 0");
  EXPECT_EQ(ErrorOf("[undo]\nkeep_days = 0\n"),
            "benchkeep.toml:2: 'keep_days' must be at least 1");
  EXPECT_EQ(ErrorOf("[limits]\nmemory = -1\n"),
            "benchkeep.toml:2: 'memory' must be at least 0");
  EXPECT_EQ(ErrorOf("[limits]\nmemory = \"5 furlongs\"\n"),
            "benchkeep.toml:2: 'memory' must be a size like \"512MiB\", not "
            "'5 furlongs'");
}

TEST(ParseSettings, ChecksFilesTogether) {
  EXPECT_EQ(ErrorOf("[store]\nresults = \"a\"\nmaster = \"a\"\n"),
            "benchkeep.toml:3: 'results' and 'master' are the same file: 'a'");
  EXPECT_EQ(ErrorOf("[store]\nresults = \"in/all.parquet\"\n"
                    "increments = \"in\"\n"),
            "benchkeep.toml:3: the results file 'in/all.parquet' would be "
            "taken for an increment");
  EXPECT_EQ(ErrorOf("[store]\nresults = \"in/all.parquet\"\n"
                    "increments = \"in\"\nincrement_pattern = \"part*\"\n"),
            "no error");
}

TEST(ParseSettings, ReportsBrokenToml) {
  EXPECT_EQ(ErrorOf("[store]\nkey = [\n").substr(0, 35),
            "benchkeep.toml:2: not valid TOML: E");
  EXPECT_EQ(ErrorOf("[store]\nlogs = \"\xFF\"\n").substr(0, 33),
            "benchkeep.toml:2: not valid TOML:");
}

TEST(ParseSettings, ReportsControlCharacters) {
  for (const std::string_view toml :
       {std::string_view("[\0\0s \0", 6), std::string_view("a = 1\n\0", 7),
        std::string_view("\x01"), std::string_view("# \x7F")}) {
    EXPECT_NE(ErrorOf(std::string(toml)).find("control character"),
              std::string::npos);
  }
}

// Letters where a blank may stand: toml++ calls some of them unreachable.
TEST(ParseSettings, ReportsLettersOutsideOfTexts) {
  for (const char* letter :
       {"\xC3\xA9", "\xCE\xB1", "\xE3\x81\x82", "\xEF\xB1\xBA"}) {
    for (const std::string& toml :
         {"[store]\nlogs" + std::string(letter) + " = \"a\"\n",
          "[store]\nlogs = \"a\"" + std::string(letter) + "\n",
          "[store]" + std::string(letter) + "\n", letter + std::string("\n")}) {
      EXPECT_NE(ErrorOf(toml), "no error") << toml;
    }
  }
}

TEST(ParseSettings, ReadsJobs) {
  const Result<Settings> settings = ParseSettings(R"(
[jobs.consolidate]
schedule = "*/15 * * * mon-fri"
timezone = "Asia/Shanghai"
timeout_seconds = 60
[jobs.health]
enabled = false
[jobs.nightly-export]
command = [["dedupe"], ["export", "--all"]]
schedule = "@daily"
jitter_seconds = 600
)",
                                                  kOrigin);
  ASSERT_TRUE(settings.ok()) << settings.error().message.English();
  const std::vector<JobSettings>& jobs = settings->jobs;
  ASSERT_EQ(jobs.size(), DefaultJobs().size() + 1);
  EXPECT_EQ(jobs[0].schedule, "*/15 * * * mon-fri");
  EXPECT_EQ(jobs[0].timezone, "Asia/Shanghai");
  EXPECT_EQ(jobs[0].timeout_seconds, 60);
  EXPECT_EQ(jobs[0].commands, DefaultJobs()[0].commands);
  EXPECT_EQ(jobs[1], DefaultJobs()[1]);
  EXPECT_FALSE(jobs[4].enabled);
  EXPECT_EQ(jobs.back().name, "nightly-export");
  EXPECT_EQ(jobs.back().commands, (std::vector<std::vector<std::string>>{
                                      {"dedupe"}, {"export", "--all"}}));
}

TEST(ParseSettings, ReadsWebhooks) {
  const Result<Settings> settings = ParseSettings(R"(
[webhook.team]
form = "dingtalk"
url_file = "a"
secret_variable = "S"
[webhook.off]
url = "https://example.com/x"
enabled = false
)",
                                                  kOrigin);
  ASSERT_TRUE(settings.ok()) << settings.error().message.English();
  ASSERT_EQ(settings->webhooks.size(), 2U);
  const WebhookSettings& off = settings->webhooks[0];
  const WebhookSettings& team = settings->webhooks[1];
  EXPECT_EQ(off.name, "off");
  EXPECT_FALSE(off.enabled);
  EXPECT_EQ(off.form, "json");
  EXPECT_EQ(team.form, "dingtalk");
  EXPECT_EQ(team.url_file, "a");
  EXPECT_EQ(team.secret_variable, "S");
}

TEST(ParseSettings, ChecksMessages) {
  EXPECT_EQ(ErrorOf("[webhook.w]\nform = \"fax\"\nurl_file = \"a\"\n"),
            "benchkeep.toml:2: 'form' must be one of \"json\", \"feishu\", "
            "\"dingtalk\", \"wecom\", \"slack\", not 'fax'");
  EXPECT_EQ(ErrorOf("[webhook.w]\nform = \"json\"\n"),
            "benchkeep.toml:1: the webhook 'w' needs one of 'url', 'url_file' "
            "and 'url_variable'");
  EXPECT_EQ(ErrorOf("[webhook.w]\nurl_fil = \"a\"\n"),
            "benchkeep.toml:2: unknown key 'url_fil' in [webhook.w]; did you "
            "mean 'url_file'?");
  // Nothing of what may be a password is shown.
  for (const char* server :
       {"smtp://u:hunter22@host", "hunter22", "http://hunter22"}) {
    EXPECT_EQ(ErrorOf("[mail]\nserver = \"" + std::string(server) + "\"\n"),
              "benchkeep.toml:2: 'server' must be smtps://HOST or smtp://HOST, "
              "perhaps with a port, and without a name or password");
  }
  EXPECT_EQ(ErrorOf("[mail]\ntls = \"on\"\n"),
            "benchkeep.toml:2: 'tls' must be one of \"required\", "
            "\"optional\", \"off\", not 'on'");
  EXPECT_EQ(ErrorOf("[notify]\nlanguage = \"\"\n"), "no error");
}

TEST(ParseSettings, ChecksJobs) {
  EXPECT_EQ(ErrorOf("[jobs.consolidate]\nschedule = \"0 25 * * *\"\n"),
            "benchkeep.toml:2: 'schedule' is no schedule: field 2 of the "
            "schedule is '25': a number from 0 to 23 was expected");
  EXPECT_EQ(ErrorOf("[jobs.consolidat]\nenabled = true\n"),
            "benchkeep.toml:1: the new job 'consolidat' needs a 'command' and "
            "a 'schedule'; did you mean [jobs.consolidate]?");
  EXPECT_EQ(ErrorOf("[jobs.mine]\nschedule = \"@daily\"\n"),
            "benchkeep.toml:1: the new job 'mine' needs a 'command' and a "
            "'schedule'");
  EXPECT_EQ(ErrorOf("[jobs.backup]\nretrys = 1\n"),
            "benchkeep.toml:2: unknown key 'retrys' in [jobs.backup]; did you "
            "mean 'retries'?");
  EXPECT_EQ(ErrorOf("[jobs.backup]\nzzz = 1\n"),
            "benchkeep.toml:2: unknown key 'zzz' in [jobs.backup]");
  EXPECT_EQ(ErrorOf("[jobs.backup]\nenabled = 1\n"),
            "benchkeep.toml:2: 'enabled' must be true or false");
  EXPECT_EQ(ErrorOf("[jobs.backup]\ntimeout_seconds = 0\n"),
            "benchkeep.toml:2: 'timeout_seconds' must be from 1 to 31622400");
  EXPECT_EQ(ErrorOf("[jobs.backup]\nretries = \"2\"\n"),
            "benchkeep.toml:2: 'retries' must be a whole number");
  for (const char* command : {"\"backup\"", "[]", "[[]]", "[1]",
                              "[\"a\", [\"b\"]]", "[[\"a\"], \"b\"]"}) {
    EXPECT_EQ(ErrorOf(std::string("[jobs.backup]\ncommand = ") + command),
              "benchkeep.toml:2: 'command' must be a list of words, like "
              "[\"logs\", \"compress\"], or a list of such lists")
        << command;
  }
  EXPECT_EQ(ErrorOf("[jobs]\nbackup = 1\n"),
            "benchkeep.toml:2: 'jobs.backup' must be a section: [jobs.backup]");
  EXPECT_EQ(ErrorOf("[jobs.\"a b\"]\nenabled = true\n"),
            "benchkeep.toml:1: 'a b' cannot be the name of a job: letters, "
            "digits, '-' and '_' only");
  EXPECT_EQ(ErrorOf("[job.backup]\nenabled = true\n"),
            "benchkeep.toml:1: unknown section [job]; did you mean [jobs]?");
}

TEST(SettingsProblems, ListsAllByLine) {
  const std::vector<Error> problems = SettingsProblems(
      "[undo]\nkeep_days = 0\n[store]\nresluts = 1\nlogs = 2\n", kOrigin);
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].message.English().substr(0, 17), "benchkeep.toml:2:");
  EXPECT_EQ(problems[1].message.English().substr(0, 17), "benchkeep.toml:4:");
  EXPECT_EQ(problems[2].message.English().substr(0, 17), "benchkeep.toml:5:");
  EXPECT_TRUE(SettingsProblems("", kOrigin).empty());
}

// Any settings that can be read survive being written and read.
class Generator {
 public:
  std::string Text() {
    static const std::vector<std::string> kParts = {"a",
                                                    "B",
                                                    "7",
                                                    " ",
                                                    "\"",
                                                    "\\",
                                                    "'",
                                                    "#",
                                                    "=",
                                                    "[",
                                                    "]",
                                                    "\n",
                                                    "\t",
                                                    "\x7F",
                                                    "\xE6\xA8\xA1",
                                                    "\xF0\x9F\x98\x80",
                                                    "%",
                                                    "{0}",
                                                    "."};
    std::string text = "x";
    for (std::size_t n = Below(12); n > 0; --n) {
      text += kParts[Below(kParts.size())];
    }
    return text;
  }
  std::string Path() { return Text() + "/" + Text(); }
  std::vector<std::string> Names(std::size_t least) {
    std::vector<std::string> names;
    for (std::size_t n = least + Below(4); n > 0; --n) {
      names.push_back(Text() + std::to_string(n));
    }
    return names;
  }
  std::size_t Below(std::size_t limit) { return random_() % limit; }
  std::int64_t Count() {
    return static_cast<std::int64_t>(random_() >> (1 + Below(63)));
  }
  std::uint64_t Size() { return random_() >> Below(64); }

 private:
  std::mt19937_64 random_{20260131};
};

TEST(SettingsToToml, ReadsBackAsItWas) {
  Generator generate;
  for (int round = 0; round < 2000; ++round) {
    Settings settings;
    settings.results = generate.Path();
    settings.increments = generate.Path();
    settings.increment_pattern = generate.Text();
    settings.master = "m/" + generate.Path();  // Never the results.
    settings.logs = generate.Path();
    settings.backups = generate.Text();
    settings.config = generate.Text();
    settings.exports = generate.Text();
    settings.reports = generate.Text();
    settings.errors = generate.Names(1);
    settings.timeouts = generate.Text();
    settings.key = generate.Names(1);
    settings.summary_key = generate.Names(1);
    settings.success = generate.Text();
    settings.total = generate.Text();
    settings.model = generate.Text();
    settings.time = generate.Text();
    settings.locks = generate.Names(0);
    settings.summary_mode = generate.Below(2) == 0 ? SummaryMode::kReplace
                                                   : SummaryMode::kAccumulate;
    settings.settle_seconds = generate.Count();
    settings.memory_bytes = generate.Size();
    settings.lock_wait_seconds = generate.Count();
    settings.serve_listen = generate.Text();
    settings.serve_names = generate.Names(0);
    settings.serve_tls_key = generate.Text();
    settings.serve_refresh_seconds = 1 + generate.Count() / 2;
    settings.undo_keep_days = 1 + generate.Count() / 2;
    settings.guard_max_bytes = generate.Size();
    settings.guard_keep_days = 1 + generate.Count() / 2;
    for (JobSettings& job : settings.jobs) {
      job.commands.assign(1 + generate.Below(3), generate.Names(1));
      job.timezone = generate.Text();
      job.enabled = generate.Below(2) == 0;
      job.retries = generate.Count() % 1000;
    }
    const std::string toml = SettingsToToml(settings);
    const Result<Settings> back = ParseSettings(toml, kOrigin);
    ASSERT_TRUE(back.ok()) << back.error().message.English() << "\n" << toml;
    ASSERT_EQ(*back, settings) << toml;
  }
}

TEST(SettingsToToml, SetsEveryKeyAndCommentsIt) {
  const std::string toml =
      SettingsToToml({}, [](const Message&) { return std::string("comment"); });
  std::size_t at = 0;
  for (const SettingRow& row : SettingRows({})) {
    // The keys of jobs are explained once, at the first job.
    const std::string comment = row.about.empty() ? "" : "# comment\n";
    const std::size_t found = toml.find(comment + row.key + " = ", at);
    EXPECT_NE(found, std::string::npos) << row.section << "." << row.key;
    at = found;
  }
  EXPECT_EQ(SettingRows({}).size(),
            SettingSpecs().size() + DefaultJobs().size() * JobKeys().size());
}

TEST(SettingsToJson, GroupsBySection) {
  const Json json = SettingsToJson({});
  EXPECT_EQ(json.Find("store")->Find("key")->Dump(), "[\"test_id\"]");
  EXPECT_EQ(json.Find("limits")->IntAt("memory"), 0);
  EXPECT_EQ(json.Find("consolidate")->StringAt("summary_mode"), "replace");
  EXPECT_EQ(json.Find("jobs")->Find("logs")->Find("command")->Dump(),
            "[[\"logs\",\"compress\"],[\"logs\",\"prune\"]]");
}

class LoadSettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "settings-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  fs::Path folder_;
  fs::PosixFileSystem file_system_;
};

TEST_F(LoadSettingsTest, AMissingFileIsTheDefault) {
  const Result<LoadedSettings> loaded =
      LoadSettings(file_system_, folder_ / "benchkeep.toml");
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->from_file);
  EXPECT_EQ(loaded->settings, Settings());
}

TEST_F(LoadSettingsTest, RemembersTheLines) {
  const fs::Path file = folder_ / "benchkeep.toml";
  std::ofstream(file) << "# mine\n[store]\nlogs = \"log\"\n";
  const Result<LoadedSettings> loaded = LoadSettings(file_system_, file);
  ASSERT_TRUE(loaded.ok());
  EXPECT_TRUE(loaded->from_file);
  EXPECT_EQ(loaded->settings.logs, "log");
  EXPECT_EQ(loaded->lines,
            (std::map<std::string, std::int64_t>{{"store.logs", 3}}));
}

TEST_F(LoadSettingsTest, AFolderInItsPlaceIsAnError) {
  const fs::Path file = folder_ / "benchkeep.toml";
  std::filesystem::create_directory(file);
  EXPECT_FALSE(LoadSettings(file_system_, file).ok());
}

}  // namespace
}  // namespace benchkeep::store
