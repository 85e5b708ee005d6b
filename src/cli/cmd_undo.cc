// benchkeep undo: list, show and take back changes.

#include <algorithm>

#include "cli/commands.h"
#include "render/merge.h"
#include "render/undo.h"
#include "store/transaction.h"

namespace benchkeep::cli {
namespace {

class UndoAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("what", N_("list, show, or the id of a change"), &what_);
    flags.Argument("id", N_("for show: the id of the change"), &id_);
  }

  ExitCode Run(Context& context) override {
    const Result<std::vector<store::PastTransaction>> past =
        store::ListTransactions(context.store());
    if (!past.ok()) return context.Fail(past.error());
    if (what_ == "list") {
      return context.Emit(render::UndoListDocument(*past, context.face()));
    }
    const std::string& id = what_ == "show" ? id_ : what_;
    const auto found = std::find_if(past->begin(), past->end(),
                                    [&](const auto& p) { return p.id == id; });
    if (found == past->end()) {
      return context.Fail(
          benchkeep::Fail(Code::kNotFound,
                          Say(N_("there is no change \"{0}\""), id),
                          Say(N_("`benchkeep undo list` shows the changes that "
                                 "can be taken back")))
              .value());
    }
    if (what_ == "show") {
      return context.Emit(render::UndoShowDocument(*found, context.face()));
    }
    return TakeBack(context, *found);
  }

 private:
  static ExitCode TakeBack(Context& context,
                           const store::PastTransaction& past) {
    // First everything that speaks against it, before anybody is asked.
    const Result<std::string> possible = store::UndoTransaction(
        context.store(), nullptr, past.id, store::Rehearse::kYes);
    if (!possible.ok()) return context.Fail(possible.error());
    const render::Document plan =
        render::UndoShowDocument(past, context.face());
    if (const auto stop =
            context.Confirm(plan, Say(N_("Take {0} back?"), past.id))) {
      return *stop;
    }
    if (const Status locked = context.LockStore(); !locked.ok()) {
      return context.Fail(locked.error());
    }
    const Result<std::string> undo = store::UndoTransaction(
        context.store(), context.lock(), past.id, store::Rehearse::kNo);
    if (!undo.ok()) return context.Fail(undo.error());
    render::Document document{.command = context.command()};
    document.data.Set("undone", Json::String(past.id));
    document.data.Set("undo", Json::String(*undo));
    document.text =
        context.translator().Tr(Say(N_("took {0} back"), past.id)) + "\n" +
        render::UndoHint(*undo, context.face());
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
