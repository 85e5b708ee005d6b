// benchkeep undo: list, show and take back changes.

#include "cli/commands.h"
#include "ops/undo.h"
#include "render/merge.h"
#include "render/undo.h"

namespace benchkeep::cli {
namespace {

class UndoAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("what", N_("list, show, or the id of a change"), &what_);
    flags.Argument("id", N_("for show: the id of the change"), &id_);
  }

  ExitCode Run(Context& context) override {
    if (what_ == "list") {
      const auto changes = ops::ListChanges(context.store());
      if (!changes.ok()) return context.Fail(changes.error());
      return context.Emit(render::UndoListDocument(*changes, context.face()));
    }
    const bool show = what_ == "show";
    const Result<ops::Change> change =
        ops::FindChange(context.store(), show ? id_ : what_);
    if (!change.ok()) return context.Fail(change.error());
    const render::Document plan =
        render::UndoShowDocument(*change, context.face());
    return show ? context.Emit(plan) : TakeBack(context, change->id, plan);
  }

 private:
  static ExitCode TakeBack(Context& context, const std::string& id,
                           const render::Document& plan) {
    // First everything that speaks against it, before anybody is asked.
    if (const Status possible = ops::CheckUndo(context.store(), id);
        !possible.ok()) {
      return context.Fail(possible.error());
    }
    if (const auto stop =
            context.Confirm(plan, Say(N_("Take {0} back?"), id))) {
      return *stop;
    }
    if (const Status locked = context.LockStore(store::Room::kMayUseReserve);
        !locked.ok()) {
      return context.Fail(locked.error());
    }
    const Result<std::string> undo =
        ops::UndoChange(context.store(), *context.lock(), id);
    if (!undo.ok()) return context.Fail(undo.error());
    render::Document document{.command = context.command()};
    document.data.Set("undone", Json::String(id));
    document.data.Set("undo", Json::String(*undo));
    document.text = context.translator().Tr(Say(N_("took {0} back"), id)) +
                    "\n" + render::UndoHint(*undo, context.face());
    return context.Emit(document);
  }

  std::string what_ = "list";
  std::string id_;
};

}  // namespace

const Command kUndoCommand = {
    .name = "undo",
    .group = Group::kKeep,
    .summary = N_("list, show and take back changes"),
    .help =
        N_("Every command that changes data keeps what it replaced. Taking a "
           "change back brings the old files back as they were, byte by byte, "
           "and puts merged or quarantined increments where they came from. It "
           "is refused when a file has been changed since. It shows its plan "
           "and asks; --yes answers."),
    .examples = {{"benchkeep undo list", N_("What can be taken back:")},
                 {"benchkeep undo show 20260131-021500-042-consolidate-7f3a",
                  N_("What taking it back would do:")},
                 {"benchkeep undo 20260131-021500-042-consolidate-7f3a --yes",
                  N_("Take it back without asking:")}},
    .needs = Needs::kStore,
    .action = MakeAction<UndoAction>,
};

}  // namespace benchkeep::cli
