// Running what was asked for in the browser.

#include "web/actions.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace benchkeep::web {
namespace {

constexpr std::size_t kKeptRuns = 20;

Result<Json> RunSafely(const ActionSpec& spec, const std::string& language,
                       const std::function<bool()>& cancelled) {
  try {
    BENCHKEEP_ASSIGN(const std::string text, spec.run(language, cancelled));
    return ParseJson(text);
  } catch (const std::exception& error) {
    return Fail(Code::kInternal, Say(N_("internal error: {0}"), error.what()));
  }
}

}  // namespace

Actions::Actions(std::vector<ActionSpec> specs, Clock& clock,
                 std::function<void()> on_change)
    : specs_(std::move(specs)),
      clock_(clock),
      on_change_(std::move(on_change)) {}

Actions::~Actions() { Stop(); }

Result<ActionRun> Actions::Start(const std::string& name,
                                 const std::string& language) {
  const auto spec =
      std::find_if(specs_.begin(), specs_.end(),
                   [&](const ActionSpec& one) { return one.name == name; });
  if (spec == specs_.end()) {
    return Fail(Code::kNotFound, Say(N_("there is no action '{0}'"), name));
  }
  const std::lock_guard<std::mutex> guard(mutex_);
  const bool running = std::any_of(
      runs_.begin(), runs_.end(),
      [&](const ActionRun& run) { return run.action == name && !run.ended; });
  if (running || stopping_) {
    return Fail(Code::kBusy, Say(N_("'{0}' is running already"), name));
  }
  ActionRun run;
  run.id = next_id_++;
  run.action = name;
  run.started = clock_.Now();
  runs_.push_front(run);
  if (runs_.size() > kKeptRuns && runs_.back().ended) runs_.pop_back();
  threads_.push_back(
      {run.id, std::thread([this, &spec = *spec, language, id = run.id] {
         Run(spec, language, id);
       })});
  return run;
}

void Actions::Run(const ActionSpec& spec, const std::string& language,
                  std::uint64_t id) {
  on_change_();
  const Result<Json> document = RunSafely(spec, language, [this] {
    const std::lock_guard<std::mutex> guard(mutex_);
    return stopping_;
  });
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    for (ActionRun& run : runs_) {
      if (run.id != id) continue;
      run.ended = clock_.Now();
      if (document.ok()) {
        run.document = *document;
      } else {
        run.error = document.error();
      }
    }
    if (stopping_) return;
    // Nobody waits for this thread any more.
    const auto self =
        std::find_if(threads_.begin(), threads_.end(),
                     [&](const Running& running) { return running.id == id; });
    self->thread.detach();
    threads_.erase(self);
  }
  on_change_();
}

void Actions::Stop() {
  std::vector<Running> threads;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  for (Running& running : threads) running.thread.join();
}

std::vector<ActionRun> Actions::Runs() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return {runs_.begin(), runs_.end()};
}

}  // namespace benchkeep::web
