// The command line from words to exit code, output and errors.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "unit/cli/fake_environment.h"

namespace benchkeep::cli {
namespace {

class DispatchTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "dispatch-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  int Run(std::vector<std::string> args) {
    environment_.terminal.out.clear();
    environment_.terminal.err.clear();
    return static_cast<int>(environment_.Run(std::move(args)));
  }
  [[nodiscard]] const std::string& out() const {
    return environment_.terminal.out;
  }
  [[nodiscard]] const std::string& err() const {
    return environment_.terminal.err;
  }
  Json Document() {
    const Result<Json> json = ParseJson(out());
    EXPECT_TRUE(json.ok()) << out();
    return json.ok() ? *json : Json();
  }
  std::string Settings() {
    std::ostringstream text;
    text << std::ifstream(folder_ / "benchkeep.toml").rdbuf();
    return text.str();
  }

  std::filesystem::path folder_;
  FakeEnvironment environment_;
};

TEST_F(DispatchTest, WithoutWordsShowsTheOverview) {
  EXPECT_EQ(Run({}), 0);
  EXPECT_NE(out().find("Usage: benchkeep [-C DIR]"), std::string::npos);
  EXPECT_EQ(err(), "");
}

TEST_F(DispatchTest, SuggestsCommands) {
  EXPECT_EQ(Run({"versoin"}), 2);
  EXPECT_EQ(err(),
            "benchkeep: unknown command 'versoin'; did you mean 'version'?\n"
            "Try 'benchkeep --help'.\n");
  EXPECT_EQ(out(), "");
  EXPECT_EQ(Run({"config", "inti"}), 2);
  EXPECT_EQ(err(),
            "benchkeep: unknown command 'inti'; did you mean 'init'?\n"
            "Try 'benchkeep config --help'.\n");
}

TEST_F(DispatchTest, SuggestsOptions) {
  EXPECT_EQ(Run({"version", "--jsno"}), 2);
  EXPECT_EQ(err(),
            "benchkeep: unknown option '--jsno'; did you mean '--json'?\n"
            "Try 'benchkeep version --help'.\n");
}

TEST_F(DispatchTest, AGroupNeedsOneMoreWord) {
  EXPECT_EQ(Run({"config"}), 2);
  EXPECT_EQ(err(),
            "benchkeep: 'config' needs one more word, such as 'config init'\n"
            "Try 'benchkeep config --help'.\n");
}

TEST_F(DispatchTest, GlobalOptionsStandAnywhere) {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"--json", "config", "show", "-C", folder_},
        {"-C", folder_, "config", "--json", "show"},
        {"config", "show", "--json", "-C" + folder_.string()}}) {
    EXPECT_EQ(Run(args), 0);
    EXPECT_EQ(Document().StringAt("command"), "config show");
  }
}

TEST_F(DispatchTest, VersionIsTheSameAsTheOption) {
  EXPECT_EQ(Run({"version"}), 0);
  const std::string text = out();
  EXPECT_EQ(text.substr(0, 16), "benchkeep 0.1.0 ");
  EXPECT_EQ(Run({"--version"}), 0);
  EXPECT_EQ(out(), text);
  EXPECT_EQ(Run({"version", "--json"}), 0);
  EXPECT_EQ(Document().Find("data")->StringAt("version"), "0.1.0");
  EXPECT_EQ(Document().Find("data")->StringAt("engine"), "DuckDB");
}

TEST_F(DispatchTest, HelpHasThreeForms) {
  EXPECT_EQ(Run({"help", "config", "init"}), 0);
  const std::string help = out();
  EXPECT_NE(help.find("benchkeep config init - write"), std::string::npos);
  EXPECT_EQ(Run({"config", "init", "--help"}), 0);
  EXPECT_EQ(out(), help);
  EXPECT_EQ(Run({"-h", "config", "init", "--nonsense"}), 0);
  EXPECT_EQ(out(), help);
  EXPECT_EQ(Run({"help", "confgi"}), 2);
}

TEST_F(DispatchTest, ErrorsAreDocumentsToo) {
  EXPECT_EQ(Run({"version", "--jso", "--json"}), 2);
  const Json json = Document();
  EXPECT_EQ(json.IntAt("schema"), 1);
  EXPECT_EQ(json.StringAt("command"), "version");
  EXPECT_EQ(json.StringAt("status"), "failed");
  const Json& finding = json.Find("findings")->items().at(0);
  EXPECT_EQ(finding.StringAt("code"), "invalid_argument");
  EXPECT_EQ(finding.StringAt("severity"), "critical");
  EXPECT_NE(err().find("unknown option '--jso'"), std::string::npos);
}

TEST_F(DispatchTest, SpeaksChinese) {
  const std::string unknown =
      "\xE6\x9C\xAA\xE7\x9F\xA5\xE5\x91\xBD\xE4\xBB\xA4";
  EXPECT_EQ(Run({"--lang", "zh", "nope"}), 2);
  EXPECT_EQ(err().substr(11, unknown.size()), unknown);
  environment_.variables["LANG"] = "zh_CN.UTF-8";
  EXPECT_EQ(Run({"nope"}), 2);
  EXPECT_EQ(err().substr(11, unknown.size()), unknown);
  EXPECT_EQ(Run({"nope", "--lang=en"}), 2);
  EXPECT_EQ(err().substr(11, 15), "unknown command");
}

TEST_F(DispatchTest, ColorFollowsTheEnvironment) {
  const auto colored = [&](std::vector<std::string> args) {
    Run(std::move(args));
    return out().find("\x1b[") != std::string::npos;
  };
  EXPECT_FALSE(colored({"help"}));
  EXPECT_TRUE(colored({"help", "--color=always"}));
  environment_.variables["CLICOLOR_FORCE"] = "1";
  EXPECT_TRUE(colored({"help"}));
  environment_.variables["NO_COLOR"] = "1";
  EXPECT_FALSE(colored({"help"}));
  environment_.variables.clear();
  environment_.terminal.is_terminal = true;
  EXPECT_TRUE(colored({"help"}));
  EXPECT_FALSE(colored({"help", "--color", "never"}));
  environment_.variables["TERM"] = "dumb";
  EXPECT_FALSE(colored({"help"}));
}

TEST_F(DispatchTest, AClosedPipeIsQuietAndAFullDiskIsNot) {
  environment_.terminal.write_errno = EPIPE;
  EXPECT_EQ(Run({"version"}), 1);
  EXPECT_EQ(err(), "");
  environment_.terminal.write_errno = ENOSPC;
  EXPECT_EQ(Run({"version"}), 1);
  EXPECT_NE(err().find("No space left on device"), std::string::npos);
}

TEST_F(DispatchTest, CompletionKnowsItsShells) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(Run({"completion", shell}), 0);
    EXPECT_NE(out().find("config"), std::string::npos);
    EXPECT_NE(out().find("no-input"), std::string::npos);
  }
  EXPECT_EQ(Run({"completion", "tcsh"}), 2);
  EXPECT_EQ(Run({"completion"}), 2);
  EXPECT_EQ(err().substr(0, 41), "benchkeep: the argument SHELL is missing\n");
}

TEST_F(DispatchTest, ConfigInitNeverOverwrites) {
  EXPECT_EQ(Run({"-C", folder_, "config", "init", "--dry-run"}), 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "benchkeep.toml"));
  EXPECT_NE(out().find("key = [\"test_id\"]"), std::string::npos);

  EXPECT_EQ(Run({"-C", folder_, "config", "init"}), 0);
  const std::string written = Settings();
  EXPECT_NE(written.find("key = [\"test_id\"]"), std::string::npos);
  EXPECT_EQ(Run({"-C", folder_, "config", "check"}), 0);

  std::ofstream(folder_ / "benchkeep.toml") << "# mine\n";
  EXPECT_EQ(Run({"-C", folder_, "config", "init"}), 1);
  EXPECT_EQ(Settings(), "# mine\n");
  EXPECT_EQ(Run({"-C", folder_, "config", "init", "--dry-run"}), 1);
}

TEST_F(DispatchTest, ConfigInitLeavesOneFile) {
  EXPECT_EQ(Run({"-C", folder_, "config", "init"}), 0);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(folder_)) {
    ++files;
  }
  EXPECT_EQ(files, 1U);
}

TEST_F(DispatchTest, ConfigShowNamesSources) {
  std::ofstream(folder_ / "benchkeep.toml") << "[store]\nlogs = \"log\"\n";
  EXPECT_EQ(Run({"-C", folder_, "config", "show", "--json"}), 0);
  const Json json = Document();
  const Json& data = *json.Find("data");
  EXPECT_EQ(data.Find("settings")->Find("store")->StringAt("logs"), "log");
  EXPECT_EQ(data.Find("sources")->StringAt("store.logs"), "benchkeep.toml:2");
  EXPECT_EQ(data.Find("sources")->StringAt("store.key"), "default");
  EXPECT_EQ(Run({"-C", folder_ / "none", "config", "show"}), 1);
}

TEST_F(DispatchTest, ConfigCheckListsMistakes) {
  std::ofstream(folder_ / "benchkeep.toml")
      << "[store]\nresluts = \"x\"\n[undo]\nkeep_days = 0\n";
  EXPECT_EQ(Run({"-C", folder_, "config", "check"}), 3);
  EXPECT_EQ(out().substr(0, 86),
            "critical: benchkeep.toml:2: unknown key 'resluts' in [store]; did "
            "you mean 'results'?\n");
  EXPECT_EQ(Run({"-C", folder_, "config", "check", "--json"}), 3);
  EXPECT_EQ(Document().StringAt("status"), "critical");
  EXPECT_EQ(Document().Find("findings")->items().size(), 2U);
  EXPECT_EQ(Run({"-C", folder_, "config", "show"}), 2);
}

class ConfirmTest : public DispatchTest {
 protected:
  std::optional<ExitCode> Ask(const GlobalOptions& options) {
    environment_.terminal.out.clear();
    environment_.terminal.err.clear();
    const Environment outside = environment_.With({});
    const render::Translator english;
    Context context(outside, options, english, "undo");
    render::Document plan{.command = "undo"};
    plan.text = "the plan\n";
    return context.Confirm(plan, Say("Go on?"));
  }
};

TEST_F(ConfirmTest, YesGoesOnWithoutAWord) {
  EXPECT_EQ(Ask({.yes = true}), std::nullopt);
  EXPECT_EQ(out(), "");
}

TEST_F(ConfirmTest, DryRunShowsThePlan) {
  EXPECT_EQ(Ask({.dry_run = true, .yes = true}), ExitCode::kOk);
  EXPECT_EQ(out(), "the plan\n");
}

TEST_F(ConfirmTest, NobodyToAskIsUsage) {
  EXPECT_EQ(Ask({}), ExitCode::kUsage);
  EXPECT_EQ(out(), "the plan\n");
  EXPECT_NE(err().find("--yes"), std::string::npos);
  environment_.terminal.is_terminal = true;
  environment_.terminal.answers = {"y"};
  EXPECT_EQ(Ask({.no_input = true}), ExitCode::kUsage);
  EXPECT_EQ(Ask({.json = true}), ExitCode::kUsage);
  EXPECT_EQ(Document().StringAt("command"), "undo");
}

TEST_F(ConfirmTest, OnlyYesIsYes) {
  environment_.terminal.is_terminal = true;
  environment_.terminal.answers = {"y", "yes", "n", "", "quit"};
  EXPECT_EQ(Ask({.color = Color::kNever}), std::nullopt);
  EXPECT_EQ(err(), "Go on? [y/N] ");
  EXPECT_EQ(Ask({}), std::nullopt);
  EXPECT_EQ(Ask({}), ExitCode::kFailed);
  EXPECT_EQ(Ask({}), ExitCode::kFailed);
  EXPECT_EQ(Ask({}), ExitCode::kFailed);
  EXPECT_EQ(Ask({}), ExitCode::kFailed);  // The end of stdin.
  environment_.interrupted = true;
  EXPECT_EQ(Ask({}), ExitCode::kInterrupted);
}

}  // namespace
}  // namespace benchkeep::cli
