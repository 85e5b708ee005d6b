// Check: each check in a process of its own, then all of them together.

#include "ops/check.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "host/guarded.h"
#include "ops/check_parts.h"

namespace benchkeep::ops {
namespace {

struct Part {
  const char* name;
  CheckOutput (*run)(const CheckInput&);
};
constexpr std::array<Part, 9> kParts = {{
    {"processes", CheckProcesses},
    {"master_database", CheckMaster},
    {"results", CheckResultsFile},
    {"increments", CheckIncrements},
    {"disk", CheckDisk},
    {"log_errors", CheckLogErrors},
    {"api", CheckApi},
    {"backup", CheckBackup},
    {"jobs", CheckJobs},
}};

constexpr std::chrono::milliseconds kRecall{10'000};
constexpr std::int64_t kKeepSamples = std::int64_t{30} * 86'400;

std::int64_t SecondsOf(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time)
      .time_since_epoch()
      .count();
}

// Messages go through the pipe by the address of their template: the child is
// a copy of us, so its literals are where ours are.
Json MessageToJson(const Message& message) {
  Json json = Json::Object();
  json.Set("id", Json::Int(static_cast<std::int64_t>(
                     reinterpret_cast<std::intptr_t>(message.msgid))));
  Json& args = json.Set("args", Json::Array());
  for (const std::string& arg : message.args) args.Append(Json::String(arg));
  return json;
}

Message MessageFromJson(const Json* json) {
  Message message;
  if (json == nullptr || !json->IntAt("id")) return message;
  // The sender is a copy of this very process.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  message.msgid = reinterpret_cast<const char*>(
      static_cast<std::intptr_t>(*json->IntAt("id")));
  if (const Json* args = json->Find("args")) {
    for (const Json& arg : args->items()) message.args.push_back(arg.text());
  }
  return message;
}

Json Number(const std::optional<double>& value) {
  return value ? Json::Double(*value) : Json();
}

std::optional<double> NumberAt(const Json& json, const char* name) {
  const Json* found = json.Find(name);
  return found == nullptr ? std::nullopt : found->AsDouble();
}

std::string Pack(const CheckOutput& output) {
  const CheckResult& result = output.result;
  Json json = Json::Object();
  json.Set("state", Json::Int(static_cast<int>(result.state)));
  json.Set("message", MessageToJson(result.message));
  json.Set("fix", MessageToJson(result.fix));
  json.Set("value", Number(result.value));
  json.Set("warning", Number(result.limits.warning));
  json.Set("critical", Number(result.limits.critical));
  json.Set("unit", MessageToJson({result.limits.unit, {}}));
  json.Set("details", result.details);
  json.Set("keep", store::CheckMemoryToJson(output.keep));
  return json.Dump();
}

std::optional<CheckOutput> Unpack(const std::string& text) {
  const Result<Json> json = ParseJson(text);
  if (!json.ok()) return std::nullopt;
  CheckOutput output;
  CheckResult& result = output.result;
  result.state = static_cast<CheckState>(json->IntAt("state").value_or(2));
  result.message = MessageFromJson(json->Find("message"));
  result.fix = MessageFromJson(json->Find("fix"));
  result.value = NumberAt(*json, "value");
  result.limits = {NumberAt(*json, "warning"), NumberAt(*json, "critical"),
                   MessageFromJson(json->Find("unit")).msgid};
  if (const Json* details = json->Find("details")) result.details = *details;
  if (const Json* keep = json->Find("keep")) {
    output.keep = store::CheckMemoryFromJson(*keep);
  }
  return output;
}

// A check that gave no answer.
CheckOutput NoAnswer(host::GuardedEnd end, std::int64_t seconds) {
  CheckOutput output;
  CheckResult& result = output.result;
  switch (end) {
    case host::GuardedEnd::kTimedOut:
      result.message = Say(N_("no answer within {0} s"), seconds);
      result.fix =
          Say(N_("look for a disk or network share that hangs: `df`, "
                 "`dmesg`"));
      break;
    case host::GuardedEnd::kCancelled:
      result.message = Say(N_("interrupted"));
      break;
    case host::GuardedEnd::kDied:
    case host::GuardedEnd::kDone:
      result.message = Say(N_("the check itself broke down"));
      result.fix =
          Say(N_("please report it, with the output of `benchkeep "
                 "version`"));
      break;
  }
  return output;
}

std::vector<const Part*> Chosen(const CheckOptions& options) {
  std::vector<const Part*> chosen;
  for (const Part& part : kParts) {
    if (options.only.empty() ||
        std::find(options.only.begin(), options.only.end(), part.name) !=
            options.only.end()) {
      chosen.push_back(&part);
    }
  }
  return chosen;
}

std::chrono::milliseconds Deadline(const store::Store& store) {
  return std::chrono::seconds(store.settings().check_timeout_seconds);
}

// Reading every row takes as long as it takes.
std::chrono::milliseconds Deadline(const store::Store& store,
                                   CheckLevel level) {
  constexpr int kDeepTimes = 180;
  return level == CheckLevel::kDeep ? Deadline(store) * kDeepTimes
                                    : Deadline(store);
}

// Nullopt: its disk hangs, so it is not to be written either.
std::optional<store::CheckMemory> Recall(const store::Store& store) {
  const auto load = [&store] {
    const auto memory = store::LoadCheckMemory(store.layout().state_db());
    return memory.ok() ? store::CheckMemoryToJson(*memory).Dump() : "";
  };
  const auto loaded =
      host::RunGuarded({load}, std::min(Deadline(store), kRecall));
  if (loaded[0].end == host::GuardedEnd::kTimedOut) return std::nullopt;
  const Result<Json> json = ParseJson(loaded[0].output);
  return json.ok() ? store::CheckMemoryFromJson(*json) : store::CheckMemory();
}

bool Remember(const store::Store& store, const store::CheckMemory& memory,
              std::int64_t now) {
  const auto save = [&]() -> std::string {
    if (!store.file_system().MakeDirs(store.layout().state(), 0700).ok()) {
      return "";
    }
    const Status saved = store::SaveCheckMemory(store.layout().state_db(),
                                                memory, now - kKeepSamples);
    return saved.ok() ? "saved" : "";
  };
  return host::RunGuarded({save}, Deadline(store))[0].output == "saved";
}

}  // namespace

const char* CheckLevelName(CheckLevel level) {
  return level == CheckLevel::kQuick  ? "quick"
         : level == CheckLevel::kFull ? "full"
                                      : "deep";
}

const std::vector<std::string>& CheckNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    all.reserve(kParts.size());
    for (const Part& part : kParts) all.emplace_back(part.name);
    return all;
  }();
  return names;
}

bool StoreAnswers(fs::FileSystem& file_system, Clock& clock,
                  const fs::Path& root, std::chrono::milliseconds deadline) {
  const auto open = [&] {
    const Result<store::Store> store =
        store::Store::Open(file_system, clock, root);
    return std::string(store.ok() ? "open" : "closed");
  };
  return host::RunGuarded({open}, deadline)[0].end !=
         host::GuardedEnd::kTimedOut;
}

CheckReport RunChecks(const store::Store& store, const CheckOptions& options,
                      Progress& progress) {
  progress.Stage(Say(N_("checking")), 0);
  const std::int64_t now = SecondsOf(store.clock().Now());
  const std::optional<store::CheckMemory> recalled = Recall(store);
  store::CheckMemory memory = recalled.value_or(store::CheckMemory());
  const CheckInput input{store, options, memory, now};
  const std::vector<const Part*> parts = Chosen(options);
  std::vector<std::function<std::string()>> work;
  work.reserve(parts.size());
  for (const Part* part : parts) {
    work.emplace_back([part, &input] { return Pack(part->run(input)); });
  }
  const std::chrono::milliseconds deadline = Deadline(store, options.level);
  const std::vector<host::GuardedResult> answers = host::RunGuarded(
      work, deadline, [&progress] { return progress.Cancelled(); });

  CheckReport report;
  report.level = options.level;
  report.state = CheckState::kOk;
  store::CheckMemory keep;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::optional<CheckOutput> output;
    if (answers[i].end == host::GuardedEnd::kDone) {
      output = Unpack(answers[i].output);
    }
    if (!output) {
      output =
          NoAnswer(answers[i].end,
                   std::chrono::floor<std::chrono::seconds>(deadline).count());
    }
    CheckResult& result = output->result;
    result.name = parts[i]->name;
    if (parts[i]->run == CheckLogErrors &&
        answers[i].end == host::GuardedEnd::kTimedOut) {
      result.fix =
          Say(N_("`benchkeep logs errors` reads all logs once; after "
                 "that only what is new is read"));
    }
    store::CheckMark mark = memory.marks[result.name];
    if (result.state == CheckState::kOk) {
      mark = {now, 0};
    } else {
      ++mark.failures;
    }
    result.last_good = mark.last_good;
    keep.marks[result.name] = mark;
    keep.marks.merge(output->keep.marks);
    for (const store::Sample& sample : output->keep.samples) {
      keep.samples.push_back(sample);
    }
    // A look at the processes that failed forgets no writer.
    if (result.name == "processes") {
      keep.writers = result.state == CheckState::kUnknown
                         ? memory.writers
                         : output->keep.writers;
    }
    report.state = std::max(report.state, result.state);
    report.checks.push_back(std::move(result));
  }
  if (std::none_of(parts.begin(), parts.end(), [](const Part* part) {
        return part->run == CheckProcesses;
      })) {
    keep.writers = memory.writers;
  }
  report.remembered =
      options.remember && recalled && Remember(store, keep, now);
  return report;
}

CheckReport HangingStore(CheckLevel level, std::chrono::seconds waited) {
  CheckReport report;
  report.level = level;
  for (const std::string& name : CheckNames()) {
    CheckResult result =
        NoAnswer(host::GuardedEnd::kTimedOut, waited.count()).result;
    result.name = name;
    report.checks.push_back(std::move(result));
  }
  return report;
}

void KeepSample(const CheckInput& input, const char* name, double value,
                CheckOutput& output) {
  constexpr std::int64_t kBetween = 300;
  const bool fresh =
      std::any_of(input.memory.samples.begin(), input.memory.samples.end(),
                  [&](const store::Sample& sample) {
                    return sample.name == name && sample.time <= input.now &&
                           sample.time > input.now - kBetween;
                  });
  if (!fresh) output.keep.samples.push_back({input.now, name, value});
}

void Worsen(CheckResult& result, CheckState state, Message message,
            Message fix) {
  if (state <= result.state) return;
  result.state = state;
  result.message = std::move(message);
  result.fix = std::move(fix);
}

void Unreadable(CheckResult& result, const Error& error) {
  const bool damaged =
      error.code == Code::kCorruption || error.code == Code::kInvalidArgument;
  Worsen(result, damaged ? CheckState::kCritical : CheckState::kUnknown,
         error.message, error.fix);
}

CheckState Compare(CheckResult& result, double value, CheckLimits limits) {
  result.value = value;
  result.limits = limits;
  if (limits.critical && value >= *limits.critical) {
    return CheckState::kCritical;
  }
  if (limits.warning && value >= *limits.warning) return CheckState::kWarning;
  return CheckState::kOk;
}

}  // namespace benchkeep::ops
