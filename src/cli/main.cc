// From main() to the dispatcher.

#include "cli/main.h"

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <string_view>

#include "fs/posix_file_system.h"

namespace benchkeep::cli {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// proc(5): the kernel adds a word when the file was replaced since.
std::filesystem::path ThisProgram() {
  constexpr std::string_view kDeleted = " (deleted)";
  std::error_code error;
  std::string path =
      std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error) return "benchkeep";
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  return path;
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
        .program = ThisProgram(),
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
