// What tune found.

#include "render/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

using Release = ops::ReleaseStep::State;

constexpr std::size_t kShownRunners = 20;

Json Number(const std::optional<double>& value) {
  return value ? Json::Double(*value) : Json();
}

Json Whole(const std::optional<std::uint64_t>& value) {
  return value ? Json::Uint(*value) : Json();
}

std::string LimitName(const std::string& name, const Face& face) {
  if (name == "guide") return face.Tr(N_("the guide's rule"));
  if (name == "affinity") return face.Tr(N_("processors we may use"));
  if (name == "cpu_quota") return face.Tr(N_("processor quota"));
  if (name == "memory") return face.Tr(N_("memory"));
  return face.Tr(N_("rate limits of the services"));
}

std::string StepName(const std::string& name, const Face& face) {
  if (name == "heap") return face.Tr(N_("our own heap"));
  if (name == "page_cache") {
    return face.Tr(N_("page cache of the store's files"));
  }
  return face.Tr(N_("page cache of the control group"));
}

std::string PartName(const std::string& name, const Face& face) {
  if (name == "results") return face.Tr(N_("results"));
  if (name == "increments") return face.Tr(N_("increments"));
  if (name == "master") return face.Tr(N_("master database"));
  if (name == "logs") return face.Tr(N_("logs"));
  if (name == "backups") return face.Tr(N_("backups"));
  return face.Tr(N_("other files"));
}

Json SharesJson(const host::StallShares& shares) {
  Json json = Json::Object();
  json.Set("avg10", Json::Double(shares.avg10));
  json.Set("avg60", Json::Double(shares.avg60));
  json.Set("avg300", Json::Double(shares.avg300));
  return json;
}

Json PressureJson(const std::optional<host::Pressure>& pressure) {
  if (!pressure) return {};
  Json json = Json::Object();
  json.Set("some", SharesJson(pressure->some));
  json.Set("full", SharesJson(pressure->full));
  return json;
}

Json MemoryJson(const ops::TuneMemory& memory) {
  Json json = Json::Object();
  const bool known = memory.state.has_value();
  json.Set("total_bytes",
           known ? Json::Uint(memory.state->total_bytes) : Json());
  json.Set("available_bytes",
           known ? Json::Uint(memory.state->available_bytes) : Json());
  json.Set("swap_free_bytes",
           known ? Json::Uint(memory.state->swap_free_bytes) : Json());
  json.Set("free_percent",
           known ? Json::Double(memory.state->FreePercent()) : Json());
  json.Set("short", Json::Bool(memory.is_short));
  Json& groups = json.Set("groups", Json::Array());
  if (known) {
    for (const host::GroupMemory& group : memory.state->groups) {
      Json& one = groups.Append(Json::Object());
      one.Set("name", Json::String(group.name));
      one.Set("limit_bytes", Json::Uint(group.limit_bytes));
      one.Set("available_bytes", Json::Uint(group.available_bytes()));
    }
  }
  Json& runners = json.Set("runners", Json::Array());
  for (const ops::TuneRunner& runner : memory.runners) {
    Json& one = runners.Append(Json::Object());
    one.Set("pid", Json::Int(runner.process.pid));
    one.Set("name", Json::String(runner.process.name));
    one.Set("script",
            runner.script.empty() ? Json() : Json::String(runner.script));
    one.Set("pss_bytes", Whole(runner.pss_bytes));
    one.Set("growth_bytes_per_hour", Number(runner.growth_bytes_per_hour));
  }
  json.Set("pss_bytes", Json::Uint(memory.pss_bytes));
  json.Set("per_runner_bytes", Whole(memory.per_runner_bytes));
  json.Set("per_runner_remembered", Json::Bool(memory.per_runner_remembered));
  json.Set("growth_bytes_per_hour", Number(memory.growth_bytes_per_hour));
  json.Set("hours_to_oom", Number(memory.hours_to_oom));
  Json& pressure = json.Set("pressure", Json::Object());
  pressure.Set("memory", PressureJson(memory.memory_pressure));
  pressure.Set("cpu", PressureJson(memory.cpu_pressure));
  pressure.Set("io", PressureJson(memory.io_pressure));
  Json& cache = json.Set("page_cache", Json::Object());
  cache.Set("bytes", Json::Uint(memory.cache.bytes));
  cache.Set("files", Json::Uint(memory.cache.files));
  cache.Set("unknown_files", Json::Uint(memory.cache.unknown_files));
  cache.Set("complete", Json::Bool(memory.cache.complete));
  Json& parts = cache.Set("parts", Json::Array());
  for (const ops::CachePart& part : memory.cache.parts) {
    Json& one = parts.Append(Json::Object());
    one.Set("name", Json::String(part.name));
    one.Set("files", Json::Uint(part.files));
    one.Set("bytes", Json::Uint(part.bytes));
  }
  return json;
}

Json ReleaseJson(const ops::ReleaseReport& release) {
  Json json = Json::Object();
  json.Set("dry_run", Json::Bool(release.rehearsal));
  json.Set("needed", Json::Bool(release.needed));
  json.Set("freed_bytes", Json::Uint(release.freed_bytes));
  json.Set("available_before_bytes", Whole(release.available_before));
  json.Set("available_after_bytes", Whole(release.available_after));
  Json& steps = json.Set("steps", Json::Array());
  for (const ops::ReleaseStep& step : release.steps) {
    Json& one = steps.Append(Json::Object());
    one.Set("name", Json::String(step.name));
    one.Set("state", Json::String(ops::ReleaseStateName(step.state)));
    one.Set("before_bytes", Json::Uint(step.before_bytes));
    one.Set("after_bytes", Json::Uint(step.after_bytes));
    one.Set("freed_bytes", Json::Uint(step.freed_bytes()));
  }
  return json;
}

std::string LimitsText(const ops::TuneReport& report, const Face& face) {
  TextTable table;
  table.Column("")
      .Column(face.Tr(N_("limit")))
      .Column(face.Tr(N_("runners")), Align::kRight)
      .Column(face.Tr(N_("why")));
  for (const ops::TuneLimit& limit : report.limits) {
    const Ink ink = limit.binds ? Ink::kBold : Ink::kPlain;
    table.Row({limit.binds ? ">" : "",
               {LimitName(limit.name, face), ink},
               {limit.value ? Thousands(*limit.value) : "-", ink},
               face.Tr(limit.about)});
  }
  return table.Render(face);
}

std::string Growth(const std::optional<double>& bytes_per_hour,
                   const Face& face) {
  if (!bytes_per_hour) return "-";
  const std::string size =
      HumanBytes(static_cast<std::uint64_t>(std::fabs(*bytes_per_hour)));
  return face.Tr(
      Say(N_("{0} an hour"), (*bytes_per_hour < 0 ? "-" : "+") + size));
}

std::string PressureText(const std::optional<host::Pressure>& pressure,
                         const Face& face) {
  if (!pressure) return face.Tr(N_("not told by this kernel"));
  return face.Tr(Say(N_("{0} of the time somebody waits, {1} everybody "
                        "(last 5 min)"),
                     fmt::format("{:.1f}%", pressure->some.avg300),
                     fmt::format("{:.1f}%", pressure->full.avg300)));
}

std::string MemoryText(const ops::TuneMemory& memory, const Face& face) {
  TextTable table;
  table.Column(face.Tr(N_("memory"))).Column("");
  if (memory.state) {
    table.Row({face.Tr(N_("machine")),
               face.Tr(Say(N_("{0} of {1} available"),
                           HumanBytes(memory.state->available_bytes),
                           HumanBytes(memory.state->total_bytes)))});
    for (const host::GroupMemory& group : memory.state->groups) {
      table.Row({face.Tr(Say(N_("control group {0}"), group.name)),
                 face.Tr(Say(N_("{0} of {1} available"),
                             HumanBytes(group.available_bytes()),
                             HumanBytes(group.limit_bytes)))});
    }
  }
  table.Row(
      {face.Tr(N_("pressure")), PressureText(memory.memory_pressure, face)});
  std::string cache = HumanBytes(memory.cache.bytes);
  std::string parts;
  for (const ops::CachePart& part : memory.cache.parts) {
    if (part.bytes == 0) continue;
    parts += (parts.empty() ? "" : ", ") + PartName(part.name, face) + " " +
             HumanBytes(part.bytes);
  }
  if (!parts.empty()) cache += " (" + parts + ")";
  table.Row({face.Tr(N_("page cache of the store's files")), cache});
  std::string all = memory.runners.empty() ? face.Tr(N_("none is running"))
                                           : HumanBytes(memory.pss_bytes);
  if (memory.growth_bytes_per_hour) {
    all += ", " + Growth(memory.growth_bytes_per_hour, face);
  }
  if (memory.hours_to_oom) {
    all += ", " + face.Tr(Say(N_("enough for {0} h"),
                              fmt::format("{:.1f}", *memory.hours_to_oom)));
  }
  table.Row({face.Tr(N_("runners")), all});
  std::string text = table.Render(face);
  if (memory.runners.empty()) return text;
  TextTable runners;
  runners.Column("pid", Align::kRight)
      .Column(face.Tr(N_("program")))
      .Column(face.Tr(N_("memory")), Align::kRight)
      .Column(face.Tr(N_("growth")), Align::kRight);
  for (std::size_t i = 0; i < memory.runners.size() && i < kShownRunners; ++i) {
    const ops::TuneRunner& runner = memory.runners[i];
    runners.Row({std::to_string(runner.process.pid),
                 runner.script.empty() ? runner.process.name : runner.script,
                 runner.pss_bytes ? HumanBytes(*runner.pss_bytes) : "-",
                 Growth(runner.growth_bytes_per_hour, face)});
  }
  text += "\n" + runners.Render(face);
  if (memory.runners.size() > kShownRunners) {
    text +=
        face.Tr(Say(
            N_("... and {0} more"),
            Thousands(std::uint64_t{memory.runners.size() - kShownRunners}))) +
        "\n";
  }
  return text;
}

std::string StepText(const ops::ReleaseStep& step, const Face& face) {
  switch (step.state) {
    case Release::kDone:
      return step.freed_bytes() > 0
                 ? face.Tr(Say(N_("{0} given back"),
                               HumanBytes(step.freed_bytes())))
                 : face.Tr(N_("nothing gained"));
    case Release::kPlanned:
      return face.Tr(Say(N_("up to {0} could be given back"),
                         HumanBytes(step.freed_bytes())));
    case Release::kNothing:
      return face.Tr(N_("nothing to give back"));
    case Release::kNotHere:
      break;
  }
  return face.Tr(N_("not possible here"));
}

std::string ReleaseText(const ops::ReleaseReport& release, const Face& face) {
  if (!release.needed) {
    return face.Tr(N_("memory is not short: nothing was given back")) + "\n";
  }
  TextTable table;
  table.Column(face.Tr(N_("given back")))
      .Column(face.Tr(N_("before")), Align::kRight)
      .Column(face.Tr(N_("after")), Align::kRight)
      .Column("");
  for (const ops::ReleaseStep& step : release.steps) {
    const bool told = step.state != Release::kNotHere;
    table.Row(
        {StepName(step.name, face), told ? HumanBytes(step.before_bytes) : "-",
         told ? HumanBytes(step.after_bytes) : "-", StepText(step, face)});
  }
  std::string text = table.Render(face);
  if (release.freed_bytes == 0) {
    text += face.Tr(N_("nothing was gained")) + "\n";
  } else if (release.rehearsal) {
    text += face.Tr(Say(N_("up to {0} could be given back; nothing was "
                           "changed"),
                        HumanBytes(release.freed_bytes))) +
            "\n";
  } else {
    const std::string freed = HumanBytes(release.freed_bytes);
    text += release.available_before && release.available_after
                ? face.Tr(Say(N_("{0} given back; available to the machine: "
                                 "{1} -> {2}"),
                              freed, HumanBytes(*release.available_before),
                              HumanBytes(*release.available_after)))
                : face.Tr(Say(N_("{0} given back"), freed));
    text += "\n" +
            face.Tr(N_("Page cache counts as available either way: the kernel "
                       "takes it back by itself when it must.")) +
            "\n";
  }
  return text;
}

}  // namespace

std::string ShellWord(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.' ||
           c == '/';
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) {
    return text;
  }
  std::string word = "'";
  for (const char c : text) {
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return word + "'";
}

std::string TuneEnv(const ops::TuneReport& report) {
  const auto line = [](const char* name, const std::string& value) {
    return std::string("export ") + name + "=" + ShellWord(value) + "\n";
  };
  return line("STORAGE_FORMAT", ops::StorageName(report.storage)) +
         line("workers", std::to_string(report.workers)) +
         line("batch_size", std::to_string(report.batch.value));
}

Document TuneDocument(const ops::TuneReport& report,
                      const std::optional<ops::ReleaseReport>& release,
                      const Face& face) {
  Document document{.command = "tune"};
  document.status = OutcomeOf(report.findings);
  document.findings = report.findings;
  Json& data = document.data;
  data.Set("storage", Json::String(ops::StorageName(report.storage)));
  data.Set("workers", Json::Int(report.workers));
  data.Set("batch_size", Json::Int(report.batch.value));
  data.Set("batch_size_guide", Json::Int(report.batch.guide));
  data.Set("batch_size_about", Json::String(face.Tr(report.batch.about)));
  Json& limits = data.Set("limits", Json::Array());
  std::string binding;
  for (const ops::TuneLimit& limit : report.limits) {
    Json& one = limits.Append(Json::Object());
    one.Set("name", Json::String(limit.name));
    one.Set("value", limit.value ? Json::Int(*limit.value) : Json());
    one.Set("binds", Json::Bool(limit.binds));
    one.Set("about", Json::String(face.Tr(limit.about)));
    if (limit.binds) binding = limit.name;
  }
  data.Set("binding", Json::String(binding));
  Json& pace = data.Set("pace", Json::Object());
  pace.Set("increments", Json::Uint(report.pace.increments));
  pace.Set("seconds_per_test", Number(report.pace.seconds_per_test));
  pace.Set("tests_24h", Json::Uint(report.pace.tests));
  pace.Set("most_runners_24h", Json::Int(report.pace.most_runners));
  Json& rate = data.Set("rate_limits", Json::Object());
  rate.Set("refused_24h", Json::Uint(report.rate.refused));
  rate.Set("refused_share", Number(report.rate.refused_share));
  rate.Set("retry_after_seconds", Number(report.rate.retry_after_seconds));
  data.Set("memory", MemoryJson(report.memory));
  data.Set("release", release ? ReleaseJson(*release) : Json());

  document.text =
      face.Paint(Ink::kBold,
                 face.Tr(Say(N_("{0} runners at once, {1} tests per batch "
                                "({2})"),
                             report.workers, report.batch.value,
                             ops::StorageName(report.storage)))) +
      "\n" +
      Wrap(face.Tr(Say(N_("batch: {0}"), face.Tr(report.batch.about))),
           face.width) +
      "\n" + LimitsText(report, face) + "\n" + MemoryText(report.memory, face);
  if (release) document.text += "\n" + ReleaseText(*release, face);
  return document;
}

}  // namespace benchkeep::render
