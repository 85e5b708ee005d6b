// Reading the tables [jobs.NAME] of benchkeep.toml.

#include "store/job_settings_parser.h"

#include <algorithm>
#include <optional>

#include "base/cron.h"
#include "base/text.h"

namespace benchkeep::store {
namespace {

std::int64_t LineOf(const toml::node& node) {
  return static_cast<std::int64_t>(node.source().begin.line);
}

// Reads one job.
class JobReader {
 public:
  JobReader(LoadedSettings& loaded, const Complaint& complain)
      : loaded_(loaded), complain_(complain) {}

  void Read(const std::string& name, std::int64_t line,
            const toml::table& table) {
    auto& jobs = loaded_.settings.jobs;
    const auto known =
        std::find_if(jobs.begin(), jobs.end(),
                     [&](const JobSettings& job) { return job.name == name; });
    if (known != jobs.end()) {
      job_ = *known;
    } else {
      job_.name = name;
    }
    bool fine = true;
    for (const auto& [key, node] : table) {
      const auto key_line = static_cast<std::int64_t>(key.source().begin.line);
      fine &= ReadKey(std::string(key.str()), key_line, node);
    }
    if (!fine) return;
    if (known != jobs.end()) {
      *known = job_;
    } else if (job_.commands.empty() || job_.schedule.empty()) {
      Incomplete(line);
    } else {
      jobs.push_back(job_);
    }
  }

 private:
  void Incomplete(std::int64_t line) {
    std::vector<std::string> names;
    for (const JobSettings& job : DefaultJobs()) names.push_back(job.name);
    const std::string near = NearestName(job_.name, names);
    if (near.empty()) {
      complain_(line,
                N_("{0}: the new job '{1}' needs a 'command' and a 'schedule'"),
                {job_.name});
    } else {
      complain_(line,
                N_("{0}: the new job '{1}' needs a 'command' and a 'schedule'; "
                   "did you mean [jobs.{2}]?"),
                {job_.name, near});
    }
  }

  bool Wrong(std::int64_t line, const char* msgid,
             std::vector<std::string> args) {
    complain_(line, msgid, std::move(args));
    return false;
  }

  bool ReadKey(const std::string& key, std::int64_t line,
               const toml::node& node) {
    const auto& keys = JobKeys();
    const auto spec =
        std::find_if(keys.begin(), keys.end(),
                     [&](const JobKey& each) { return each.key == key; });
    const std::string section = "jobs." + job_.name;
    if (spec == keys.end()) {
      std::vector<std::string> names;
      for (const JobKey& each : keys) names.emplace_back(each.key);
      const std::string near = NearestName(key, names);
      if (near.empty()) {
        return Wrong(line, N_("{0}: unknown key '{1}' in [{2}]"),
                     {key, section});
      }
      return Wrong(line,
                   N_("{0}: unknown key '{1}' in [{2}]; did you mean '{3}'?"),
                   {key, section, near});
    }
    loaded_.lines[section + "." + key] = line;
    return std::visit([&](auto place) { return Set(*spec, node, place); },
                      spec->place);
  }

  bool Set(const JobKey& spec, const toml::node& node,
           std::string JobSettings::*place) {
    const auto text = node.value_exact<std::string>();
    if (!text || text->find('\0') != std::string::npos) {
      return Wrong(LineOf(node), N_("{0}: '{1}' must be a string"), {spec.key});
    }
    if (place == &JobSettings::schedule) {
      const Result<CronSchedule> schedule = CronSchedule::Parse(*text);
      if (!schedule.ok()) {
        // The sentence inside stays English, as those of the TOML parser do.
        return Wrong(LineOf(node), N_("{0}: '{1}' is no schedule: {2}"),
                     {spec.key, schedule.error().message.English()});
      }
    }
    job_.*place = *text;
    return true;
  }

  bool Set(const JobKey& spec, const toml::node& node,
           bool JobSettings::*place) {
    const auto value = node.value_exact<bool>();
    if (!value) {
      return Wrong(LineOf(node), N_("{0}: '{1}' must be true or false"),
                   {spec.key});
    }
    job_.*place = *value;
    return true;
  }

  bool Set(const JobKey& spec, const toml::node& node,
           std::int64_t JobSettings::*place) {
    constexpr std::int64_t kMost = 366LL * 86'400;
    const auto number = node.value_exact<std::int64_t>();
    if (!number) {
      return Wrong(LineOf(node), N_("{0}: '{1}' must be a whole number"),
                   {spec.key});
    }
    if (*number < spec.least || *number > kMost) {
      return Wrong(
          LineOf(node), N_("{0}: '{1}' must be from {2} to {3}"),
          {spec.key, std::to_string(spec.least), std::to_string(kMost)});
    }
    job_.*place = *number;
    return true;
  }

  bool Set(const JobKey& spec, const toml::node& node,
           std::vector<std::vector<std::string>> JobSettings::*place) {
    std::vector<std::vector<std::string>> commands;
    const toml::array* array = node.as_array();
    const bool lists =
        array != nullptr && !array->empty() && array->front().is_array();
    bool fine = array != nullptr && !array->empty();
    if (fine && lists) {
      for (const toml::node& item : *array) {
        fine = fine && AddCommand(item.as_array(), commands);
      }
    } else if (fine) {
      fine = AddCommand(array, commands);
    }
    if (!fine) {
      return Wrong(LineOf(node),
                   N_("{0}: '{1}' must be a list of words, like "
                      "[\"logs\", \"compress\"], or a list of such lists"),
                   {spec.key});
    }
    job_.*place = std::move(commands);
    return true;
  }

  static bool AddCommand(const toml::array* words,
                         std::vector<std::vector<std::string>>& commands) {
    if (words == nullptr || words->empty()) return false;
    std::vector<std::string>& command = commands.emplace_back();
    for (const toml::node& node : *words) {
      const auto word = node.value_exact<std::string>();
      if (!word || word->find('\0') != std::string::npos) return false;
      command.push_back(*word);
    }
    return true;
  }

  LoadedSettings& loaded_;
  const Complaint& complain_;
  JobSettings job_;
};

}  // namespace

void ReadJobs(const toml::table& jobs, LoadedSettings& loaded,
              const Complaint& complain) {
  for (const auto& [key, node] : jobs) {
    const std::string name(key.str());
    const auto line = static_cast<std::int64_t>(key.source().begin.line);
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      complain(line, N_("{0}: '{1}' must be a section: [{1}]"),
               {"jobs." + name});
    } else if (!IsJobName(name)) {
      complain(line,
               N_("{0}: '{1}' cannot be the name of a job: letters, digits, "
                  "'-' and '_' only"),
               {name});
    } else {
      JobReader(loaded, complain).Read(name, line, *table);
    }
  }
}

}  // namespace benchkeep::store
