// From main() to the dispatcher.

#include "cli/main.h"

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <string>

#include "fs/posix_file_system.h"

namespace benchkeep::cli {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::filesystem::path ProgramFolder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path(".") : program.parent_path();
}

}  // namespace

int Main(int argc, char** argv) {
  CatchSignals();
  PosixTerminal terminal;
  try {
    fs::PosixFileSystem file_system;
    SystemClock clock;
    const Environment environment{
        .args =
            std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc),
        .variable = Variable,
        .program_folder = ProgramFolder(),
        .terminal = terminal,
        .file_system = file_system,
        .clock = clock,
        .interrupted = Interrupted,
        .forget_interrupt = ForgetInterrupt,
    };
    return static_cast<int>(Dispatch(environment));
  } catch (const std::bad_alloc&) {
    terminal.WriteError("benchkeep: internal error: out of memory\n");
  } catch (const std::exception& error) {
    terminal.WriteError("benchkeep: internal error: ");
    terminal.WriteError(error.what());
    terminal.WriteError("\n");
  } catch (...) {
    terminal.WriteError("benchkeep: internal error\n");
  }
  return static_cast<int>(ExitCode::kInternal);
}

}  // namespace benchkeep::cli
