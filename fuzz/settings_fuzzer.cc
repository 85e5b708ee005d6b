// benchkeep.toml: what is accepted survives being written and read again.

#include "fuzzer.h"
#include "store/settings.h"

namespace benchkeep::fuzz {

std::vector<std::string> Seeds() {
  store::Settings foreign;
  foreign.results = "data/all.parquet";
  foreign.key = {"run_id", "sample_id"};
  foreign.locks = {};
  foreign.summary_mode = store::SummaryMode::kAccumulate;
  foreign.memory_bytes = std::uint64_t{1} << 29;
  return {
      "",
      store::SettingsToToml({}),
      store::SettingsToToml(foreign),
      "[limits]\nmemory = \"512MiB\"\nlock_wait_seconds = 0\n",
      "store.results = '''a.parquet'''\n[store]\nresult = 1\n",
      "[store]\nkey = []\nsuccess = \"\\u00e9\"\n",
      "[store\nx = ",
  };
}

void Feed(std::string_view input) {
  const fs::Path origin = "benchkeep.toml";
  const Result<store::Settings> settings = store::ParseSettings(input, origin);
  const std::vector<Error> problems = store::SettingsProblems(input, origin);
  Require(settings.ok() == problems.empty(), "both readings agree");
  if (!settings.ok()) return;
  const std::string text = store::SettingsToToml(*settings);
  const Result<store::Settings> again = store::ParseSettings(text, origin);
  Require(again.ok(), "what is written can be read");
  Require(*again == *settings, "settings survive writing and reading");
  static_cast<void>(store::SettingsToJson(*settings).Dump());
}

}  // namespace benchkeep::fuzz
