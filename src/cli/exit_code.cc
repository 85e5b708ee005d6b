// The two tables behind exit codes.

#include "cli/exit_code.h"

#include <array>

namespace benchkeep::cli {
namespace {

constexpr std::array<ExitMeaning, 9> kMeanings = {{
    {ExitCode::kOk, N_("done")},
    {ExitCode::kFailed, N_("failed; nothing is half done")},
    {ExitCode::kUsage, N_("usage: the command line or the settings are wrong, "
                          "or a question was not answered")},
    {ExitCode::kFindings, N_("done, with findings or in part")},
    {ExitCode::kNoStore, N_("no store here")},
    {ExitCode::kLocked, N_("locked by another benchkeep, which is named")},
    {ExitCode::kTooNew, N_("the store was written by a newer benchkeep")},
    {ExitCode::kInternal, N_("internal error: please report it")},
    {ExitCode::kInterrupted, N_("interrupted")},
}};

}  // namespace

std::span<const ExitMeaning> ExitMeanings() { return kMeanings; }

ExitCode ExitCodeOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return ExitCode::kUsage;
    case Code::kNoStore:
      return ExitCode::kNoStore;
    case Code::kLocked:
      return ExitCode::kLocked;
    case Code::kTooNew:
      return ExitCode::kTooNew;
    case Code::kCancelled:
      return ExitCode::kInterrupted;
    case Code::kInternal:
      return ExitCode::kInternal;
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kBusy:
    case Code::kCorruption:
    case Code::kNoSpace:
    case Code::kPermission:
    case Code::kIo:
      return ExitCode::kFailed;
  }
  return ExitCode::kInternal;
}

ExitCode ExitCodeOf(render::Outcome outcome) {
  switch (outcome) {
    case render::Outcome::kOk:
      return ExitCode::kOk;
    case render::Outcome::kWarning:
    case render::Outcome::kCritical:
    case render::Outcome::kUnknown:
      return ExitCode::kFindings;
    case render::Outcome::kFailed:
      return ExitCode::kFailed;
  }
  return ExitCode::kInternal;
}

}  // namespace benchkeep::cli
