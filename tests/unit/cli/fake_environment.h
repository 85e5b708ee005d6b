// A command line without a process: streams in memory, a fixed environment.

#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/main.h"
#include "fs/posix_file_system.h"

namespace benchkeep::cli {

class FakeTerminal final : public Terminal {
 public:
  Status Write(std::string_view bytes) override {
    if (write_errno != 0)
      return FailSys(write_errno, "writing {0}: {1}", "out");
    out += bytes;
    return {};
  }
  Status Flush() override { return {}; }
  void WriteError(std::string_view text) override { err += text; }
  std::optional<std::string> ReadLine(
      const std::function<bool()>& /*interrupted*/) override {
    if (answers.empty()) return std::nullopt;
    std::string answer = answers.front();
    answers.pop_front();
    return answer;
  }
  [[nodiscard]] bool InputIsTerminal() const override { return is_terminal; }
  [[nodiscard]] bool OutputIsTerminal() const override { return is_terminal; }
  [[nodiscard]] bool ErrorIsTerminal() const override { return is_terminal; }
  [[nodiscard]] std::size_t Columns() const override { return columns; }

  std::string out;
  std::string err;
  std::deque<std::string> answers;
  bool is_terminal = false;
  std::size_t columns = 80;
  int write_errno = 0;
};

class FakeEnvironment {
 public:
  ExitCode Run(std::vector<std::string> args) {
    return Dispatch(With(std::move(args)));
  }

  Environment With(std::vector<std::string> args) {
    return Environment{
        .args = std::move(args),
        .variable =
            [this](const char* name) {
              const auto found = variables.find(name);
              return found == variables.end() ? std::string() : found->second;
            },
        .program = BENCHKEEP_BINARY,
        .terminal = terminal,
        .file_system = file_system,
        .clock = clock,
        .interrupted = [this] { return interrupted; },
    };
  }

  FakeTerminal terminal;
  fs::PosixFileSystem file_system;
  ManualClock clock;
  std::map<std::string, std::string> variables;
  bool interrupted = false;
};

}  // namespace benchkeep::cli
