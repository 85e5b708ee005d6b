// Runs another program and waits for it: argument vector in, output out.
//
// No shell is involved, so no argument can be taken for a command.  The process
// is held by a pidfd: no signal of ours can reach a stranger that got its
// number.  Secrets must not be in the arguments (everybody may read them in
// /proc); hand them over by file.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace benchkeep::host {

struct CommandOptions {
  // argv[0] is the path of the program, or a name to be looked up in PATH.
  std::vector<std::string> argv = {};
  // "NAME=value", over what this process has itself.
  std::vector<std::string> environment = {};
  std::filesystem::path folder = {};  // To run in; empty: where we are.
  std::string input = {};             // For its standard input.

  // Per stream; what comes beyond is read and dropped.
  std::uint64_t max_output_bytes = std::uint64_t{4} << 20;
  // TERM after this time, KILL when that does not help; 0: no limit.
  std::chrono::milliseconds timeout{0};
  // Asked several times a second; true ends the program like a timeout.
  std::function<bool()> cancelled = {};
  // Between TERM and KILL.
  std::chrono::milliseconds grace{5'000};
};

struct CommandResult {
  int exit_code = -1;  // -1 when a signal ended it.
  int signal = 0;
  bool timed_out = false;
  bool cancelled = false;
  bool truncated = false;  // Some output was dropped.
  // Not even KILL ended it (it waits for a disk that does not answer): it was
  // left behind, and `gone` tells whether it has ended since.
  bool stuck = false;
  std::function<bool()> gone = {};
  std::string output;  // Any bytes.
  std::string errors;  // Its standard error.

  [[nodiscard]] bool succeeded() const {
    return exit_code == 0 && !timed_out && !cancelled;
  }
};

// Runs the program to its end, however that comes; waits a moment only for one
// that cannot be killed.  kNotFound when there is no
// such program, kPermission when it may not be run.  A program that fails is no
// error here: its exit code says so.
Result<CommandResult> RunCommand(const CommandOptions& options);

}  // namespace benchkeep::host
