// Documents by runs of this program.

#include "cli/site_parts.h"

#include <chrono>
#include <fstream>
#include <string>

#include "cli/commands.h"
#include "host/command_runner.h"
#include "host/machine.h"
#include "host/memory.h"

namespace benchkeep::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What is asked for, how often (in refreshes), and how long it may take.
struct Wanted {
  const char* name;
  std::vector<std::string> words;
  int refreshes;
  seconds deadline;
};

const std::vector<Wanted>& WantedDocuments() {
  static const std::vector<Wanted> wanted = {
      {"status", {"status"}, 1, seconds(60)},
      {"breakdown", {"breakdown"}, 6, seconds(300)},
      {"check", {"check", "--level", "quick"}, 12, seconds(120)},
      {"errors", {"logs", "errors"}, 12, seconds(300)},
      {"jobs", {"schedule", "list"}, 2, seconds(30)},
      {"backups", {"backup", "list"}, 12, seconds(120)},
  };
  return wanted;
}

struct Doable {
  const char* name;
  std::vector<std::string> words;
};

const std::vector<Doable>& DoableCommands() {
  static const std::vector<Doable> doable = {
      {"consolidate", {"consolidate"}},
      {"backup", {"backup", "create"}},
  };
  return doable;
}

bool Exists(const std::vector<std::string>& words) {
  const Command* command = FindCommand(words.front());
  for (std::size_t i = 1; command != nullptr && i < words.size(); ++i) {
    // The rest are options and arguments.
    if (command->subcommands.empty()) break;
    command = FindSubcommand(*command, words[i]);
  }
  return command != nullptr;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string out = "benchkeep";
  for (const std::string& word : words) out += " " + word;
  return out;
}

// The one document that `words` prints, whatever it says.
Result<std::string> RunSelf(const fs::Path& root,
                            const std::vector<std::string>& words,
                            const std::string& language,
                            host::CommandOptions options) {
  // The program as it was started, even when its file has been replaced.
  options.argv = {"/proc/self/exe", "-C",     root.string(), "--json",
                  "--no-input",     "--lang", language};
  options.argv.insert(options.argv.end(), words.begin(), words.end());
  constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 20;
  options.max_output_bytes = kMaxBytes;
  BENCHKEEP_ASSIGN(const host::CommandResult run, host::RunCommand(options));
  const std::string command = Joined(words);
  if (run.cancelled) {
    return Fail(Code::kCancelled, Say(N_("`{0}` was stopped"), command));
  }
  if (run.timed_out) {
    return Fail(
        Code::kBusy,
        Say(N_("`{0}` did not answer within {1} s"), command,
            std::chrono::duration_cast<seconds>(options.timeout).count()),
        Say(N_("look at the disk of the store: it may hang")));
  }
  if (run.truncated || run.output.empty()) {
    return Fail(Code::kInternal,
                Say(N_("`{0}` ended without a document: {1}"), command,
                    run.errors.substr(0, run.errors.find('\n'))));
  }
  return run.output;
}

// Memory, load and pressure, read in this process: /proc never hangs.
Result<std::string> ReadMachine(const std::string& /*language*/,
                                const std::function<bool()>& /*cancelled*/) {
  const host::Machine machine;
  Json data = Json::Object();
  if (const auto memory = machine.Memory()) {
    // Of the machine, or of the control group that is nearest to its limit.
    std::uint64_t total = memory->total_bytes;
    std::uint64_t available = memory->available_bytes;
    for (const host::GroupMemory& group : memory->groups) {
      if (group.available_bytes() >= available) continue;
      total = group.limit_bytes;
      available = group.available_bytes();
    }
    data.Set("memory_bytes", Json::Uint(total));
    data.Set("available_bytes", Json::Uint(available));
  }
  double load = 0;
  std::ifstream(machine.proc() / "loadavg") >> load;
  data.Set("load", Json::Double(load));
  data.Set("processors", Json::Int(host::AllowedProcessors()));
  for (const char* what : {"cpu", "memory", "io"}) {
    const auto pressure = machine.PressureOf(what);
    data.Set(std::string(what) + "_pressure",
             pressure ? Json::Double(pressure->some.avg10) : Json());
  }
  Json document = Json::Object();
  document.Set("status", Json::String("ok"));
  document.Set("data", std::move(data));
  return document.Dump();
}

// A document that says "failed" is an error with its first finding.
Status CheckAnswer(const std::string& text) {
  BENCHKEEP_ASSIGN(const Json document, ParseJson(text));
  if (document.StringAt("status") != "failed") return {};
  const Json* findings = document.Find("findings");
  const bool named = findings != nullptr && !findings->items().empty();
  const Json none;
  const Json& first = named ? findings->items().front() : none;
  return Fail(Code::kIo, Say(N_("{0}"), first.StringAt("message").value_or("")),
              Say(N_("{0}"), first.StringAt("fix").value_or("")));
}

std::vector<jobs::CollectorSpec> SpecsOf(const Context& context,
                                         seconds refresh,
                                         const std::vector<Wanted>& documents) {
  std::vector<jobs::CollectorSpec> specs;
  for (const Wanted& wanted : documents) {
    if (!Exists(wanted.words)) continue;
    std::vector<std::string> words = wanted.words;
    // A rehearsal remembers nothing of what it read.
    if (context.dry_run()) words.push_back("--dry-run");
    jobs::CollectorSpec spec;
    spec.name = wanted.name;
    spec.interval = refresh * wanted.refreshes;
    spec.fetch =
        [root = context.root(), words, deadline = wanted.deadline](
            const std::string& language,
            const std::function<bool()>& cancelled) -> Result<std::string> {
      host::CommandOptions options;
      options.timeout = deadline;
      options.cancelled = cancelled;
      // It only reads: nothing is lost by ending it at once.
      options.grace = milliseconds(500);
      BENCHKEEP_ASSIGN(std::string text,
                       RunSelf(root, words, language, std::move(options)));
      BENCHKEEP_TRY(CheckAnswer(text));
      return text;
    };
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace

std::vector<jobs::CollectorSpec> CollectorSpecs(const Context& context) {
  return SpecsOf(context,
                 seconds(context.store().settings().serve_refresh_seconds),
                 WantedDocuments());
}

std::vector<jobs::CollectorSpec> MonitorSpecs(const Context& context,
                                              seconds refresh) {
  std::vector<Wanted> wanted = WantedDocuments();
  wanted.push_back({"pace", {"pace"}, 3, seconds(120)});
  wanted.push_back({"writers",
                    {"check", "--level", "quick", "--only", "processes"},
                    2,
                    seconds(60)});
  std::vector<jobs::CollectorSpec> specs = SpecsOf(context, refresh, wanted);
  specs.push_back(
      {.name = "machine", .interval = refresh, .fetch = ReadMachine});
  return specs;
}

std::vector<web::ActionSpec> ActionSpecs(const Context& context) {
  std::vector<web::ActionSpec> specs;
  const auto add = [&](const std::string& name,
                       const std::vector<std::string>& words) {
    if (!Exists(words)) return;
    web::ActionSpec spec;
    spec.name = name;
    spec.command = Joined(words);
    spec.run = [root = context.root(), words](
                   const std::string& language,
                   const std::function<bool()>& cancelled) {
      host::CommandOptions options;
      options.cancelled = cancelled;
      return RunSelf(root, words, language, std::move(options));
    };
    specs.push_back(std::move(spec));
  };
  for (const Doable& doable : DoableCommands()) {
    add(doable.name, doable.words);
  }
  for (const store::JobSettings& job : context.store().settings().jobs) {
    add("job-" + job.name, {"schedule", "run", job.name});
  }
  return specs;
}

}  // namespace benchkeep::cli
