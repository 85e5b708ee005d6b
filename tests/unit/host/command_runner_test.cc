// Other programs are run, read, bounded and stopped.

#include "host/command_runner.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace benchkeep::host {
namespace {

CommandResult Must(const CommandOptions& options) {
  const auto result = RunCommand(options);
  EXPECT_TRUE(result.ok()) << result.error().message.English();
  return result.ok() ? *result : CommandResult{};
}

TEST(CommandRunner, GivesExitCodeAndBothStreams) {
  const CommandResult result =
      Must({.argv = {"sh", "-c", "echo out; echo err >&2; exit 3"}});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_FALSE(result.succeeded());
  EXPECT_TRUE(Must({.argv = {"true"}}).succeeded());
}

TEST(CommandRunner, ArgumentsReachTheProgramAsTheyAre) {
  const CommandResult result =
      Must({.argv = {"printf", "%s|", "a b", "$(id)", ";rm", "*", ""}});
  EXPECT_EQ(result.output, "a b|$(id)|;rm|*||");
}

TEST(CommandRunner, FeedsInputLargerThanAPipe) {
  const std::string text(1'000'000, 'x');
  CommandOptions options{.argv = {"wc", "-c"}};
  options.input = text;
  EXPECT_EQ(Must(options).output, "1000000\n");
}

TEST(CommandRunner, SurvivesAProgramThatDoesNotRead) {
  CommandOptions options{.argv = {"true"}};
  options.input = std::string(1'000'000, 'x');
  EXPECT_TRUE(Must(options).succeeded());
}

TEST(CommandRunner, BoundsTheOutput) {
  CommandOptions options{.argv = {"head", "-c", "300000", "/dev/zero"}};
  options.max_output_bytes = 1000;
  const CommandResult result = Must(options);
  EXPECT_EQ(result.output.size(), 1000U);
  EXPECT_TRUE(result.truncated);
  EXPECT_TRUE(result.succeeded());
}

TEST(CommandRunner, StopsAtTheTimeout) {
  CommandOptions options{.argv = {"sleep", "600"}};
  options.timeout = std::chrono::milliseconds(50);
  const CommandResult result = Must(options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGTERM);
}

TEST(CommandRunner, StopsWhenAskedTo) {
  CommandOptions options{.argv = {"sleep", "600"}};
  options.cancelled = [] { return true; };
  const CommandResult result = Must(options);
  EXPECT_TRUE(result.cancelled);
  EXPECT_FALSE(result.succeeded());
}

TEST(CommandRunner, DoesNotWaitForGrandchildren) {
  const CommandResult result =
      Must({.argv = {"sh", "-c", "sleep 600 & echo $!"}});
  EXPECT_EQ(result.exit_code, 0);
  ::kill(std::stoi(result.output), SIGKILL);
}

TEST(CommandRunner, SetsEnvironmentAndFolder) {
  CommandOptions options{.argv = {"sh", "-c", "echo $BK_TEST; pwd"}};
  options.environment = {"BK_TEST=a=b"};
  options.folder = "/";
  EXPECT_EQ(Must(options).output, "a=b\n/\n");
}

TEST(CommandRunner, NamesAMissingProgram) {
  const auto result = RunCommand({.argv = {"no-such-program-of-benchkeep"}});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kNotFound);
}

TEST(CommandRunner, LeavesNoDescriptorsBehind) {
  const int before = ::dup(0);
  ::close(before);
  for (int i = 0; i < 20; ++i) Must({.argv = {"true"}});
  const int after = ::dup(0);
  ::close(after);
  EXPECT_EQ(before, after);
}

}  // namespace
}  // namespace benchkeep::host
