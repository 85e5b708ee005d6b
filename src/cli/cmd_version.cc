// benchkeep version: which benchkeep and which query engine this is.

#include "cli/commands.h"
#include "cli/version.h"
#include "engine/database.h"

namespace benchkeep::cli {
namespace {

class VersionAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const std::string engine = engine::EngineVersion();
    render::Document document{.command = context.command()};
    document.data.Set("version", Json::String(kVersion));
    document.data.Set("engine", Json::String("DuckDB"));
    document.data.Set("engine_version", Json::String(engine));
    document.text =
        context.translator().Tr(Say(
            N_("benchkeep {0} (query engine: DuckDB {1})"), kVersion, engine)) +
        "\n";
    return context.Emit(document);
  }
};

}  // namespace

const Command kVersionCommand = {
    .name = "version",
    .group = Group::kLearn,
    .summary = N_("show the version of benchkeep and of its query engine"),
    .examples = {{"benchkeep version --json",
                  N_("The versions for a script:")}},
    .needs = Needs::kNothing,
    .action = MakeAction<VersionAction>,
};

}  // namespace benchkeep::cli
