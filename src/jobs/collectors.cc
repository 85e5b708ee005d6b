// The threads that keep documents ready.

#include "jobs/collectors.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace benchkeep::jobs {
namespace {

using std::chrono::milliseconds;

// A collector works for a tenth of the time at most.
constexpr int kRest = 9;
constexpr milliseconds kLongestPause{10 * 60 * 1000};
constexpr int kStaleAfterPauses = 3;
constexpr milliseconds kGrace{2'000};
constexpr std::chrono::minutes kWantedFor{10};

// A store is busy for moments, while something is being replaced: one failure
// is tried again soon, the second one counts.
constexpr int kFailuresThatCount = 2;
constexpr milliseconds kRetry{1'000};

Result<Json> ReadDocument(const std::string& text) {
  BENCHKEEP_ASSIGN(Json document, ParseJson(text));
  const std::optional<std::string> status = document.StringAt("status");
  if (!status || document.Find("data") == nullptr) {
    return Fail(Code::kInternal, Say(N_("the answer is no document")));
  }
  return document;
}

Result<std::string> FetchSafely(const CollectorSpec& spec,
                                const std::string& language,
                                const std::function<bool()>& cancelled) {
  try {
    return spec.fetch(language, cancelled);
  } catch (const std::exception& error) {
    return Fail(Code::kInternal, Say(N_("internal error: {0}"), error.what()));
  }
}

}  // namespace

Collectors::Collectors(std::vector<CollectorSpec> specs,
                       std::vector<std::string> languages, Clock& clock,
                       std::function<void(const std::string&)> on_change)
    : languages_(std::move(languages)),
      clock_(clock),
      on_change_(std::move(on_change)) {
  for (CollectorSpec& spec : specs) {
    auto worker = std::make_unique<Worker>();
    worker->health.name = spec.name;
    worker->pause = spec.interval;
    worker->spec = std::move(spec);
    workers_.push_back(std::move(worker));
  }
}

Collectors::~Collectors() { Stop(); }

void Collectors::Start() {
  for (const auto& worker : workers_) {
    worker->thread = std::thread([this, &worker = *worker] { Loop(worker); });
  }
}

void Collectors::Stop() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void Collectors::Loop(Worker& worker) {
  while (true) {
    std::vector<std::string> languages;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait_for(lock, worker.pause,
                     [&] { return stopping_ || worker.due; });
      if (stopping_) return;
      worker.due = false;
      languages = Wanted(worker);
    }
    for (const std::string& language : languages) Collect(worker, language);
  }
}

void Collectors::CollectOnce() {
  for (const auto& worker : workers_) Collect(*worker, languages_.front());
}

void Collectors::Collect(Worker& worker, const std::string& language) {
  const auto cancelled = [this] {
    const std::lock_guard<std::mutex> guard(mutex_);
    return stopping_;
  };
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    worker.health.running = true;
  }
  const auto start = std::chrono::steady_clock::now();
  Result<std::string> text = FetchSafely(worker.spec, language, cancelled);
  Result<Json> document =
      text.ok() ? ReadDocument(*text) : Result<Json>(Unexpected(text.error()));
  const auto took = std::chrono::steady_clock::now() - start;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (stopping_) return;
    CollectorHealth& health = worker.health;
    health.running = false;
    ++health.runs;
    health.seconds = std::chrono::duration<double>(took).count();
    worker.pause = std::clamp(
        kRest * std::chrono::duration_cast<milliseconds>(took),
        worker.spec.interval, std::max(kLongestPause, worker.spec.interval));
    if (document.ok()) {
      while (!text->empty() && text->back() == '\n') text->pop_back();
      Snapshot& snapshot = worker.snapshots[language];
      snapshot.text = std::make_shared<const std::string>(std::move(*text));
      snapshot.document = std::move(*document);
      snapshot.collected = clock_.Now();
      health.last_success = snapshot.collected;
      health.error.reset();
      worker.failed_in_a_row = 0;
    } else {
      if (++worker.failed_in_a_row < kFailuresThatCount) {
        worker.pause = std::min(worker.pause, kRetry);
      }
      ++health.failures;
      health.error = document.error();
    }
  }
  on_change_(worker.spec.name);
}

bool Collectors::Stale(const Worker& worker, TimePoint collected) const {
  if (worker.failed_in_a_row >= kFailuresThatCount) return true;
  const milliseconds pause = std::max(worker.pause, worker.spec.interval);
  return clock_.Now() - collected > kStaleAfterPauses * pause + kGrace;
}

std::vector<std::string> Collectors::Wanted(const Worker& worker) const {
  std::vector<std::string> wanted = {languages_.front()};
  const TimePoint now = clock_.Now();
  for (const auto& [language, until] : worker.wanted_until) {
    if (until > now && language != languages_.front()) {
      wanted.push_back(language);
    }
  }
  return wanted;
}

Collectors::Worker* Collectors::Find(const std::string& name) {
  for (const auto& worker : workers_) {
    if (worker->spec.name == name) return worker.get();
  }
  return nullptr;
}

void Collectors::Refresh(const std::string& name) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (Worker* worker = Find(name)) worker->due = true;
  }
  wake_.notify_all();
}

void Collectors::RefreshAll() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    for (const auto& worker : workers_) worker->due = true;
  }
  wake_.notify_all();
}

bool Collectors::Knows(const std::string& name) const {
  return std::any_of(workers_.begin(), workers_.end(), [&](const auto& worker) {
    return worker->spec.name == name;
  });
}

std::optional<Snapshot> Collectors::Get(const std::string& name,
                                        const std::string& language) {
  bool fetch = false;
  std::optional<Snapshot> out;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    Worker* worker = Find(name);
    if (worker == nullptr) return std::nullopt;
    worker->wanted_until[language] = clock_.Now() + kWantedFor;
    const auto found = worker->snapshots.find(language);
    if (found != worker->snapshots.end()) {
      out = found->second;
      out->stale = Stale(*worker, out->collected);
    }
    // Nobody had asked for this language lately.
    fetch = language != languages_.front() && (!out || out->stale) &&
            !worker->health.running && !worker->health.error;
    if (fetch) worker->due = true;
  }
  if (fetch) wake_.notify_all();
  return out;
}

std::map<std::string, Snapshot> Collectors::Current() {
  const std::lock_guard<std::mutex> guard(mutex_);
  std::map<std::string, Snapshot> out;
  for (const auto& worker : workers_) {
    const auto found = worker->snapshots.find(languages_.front());
    if (found == worker->snapshots.end() ||
        Stale(*worker, found->second.collected)) {
      continue;
    }
    out.emplace(worker->spec.name, found->second);
  }
  return out;
}

std::vector<CollectorHealth> Collectors::Health() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  std::vector<CollectorHealth> out;
  for (const auto& worker : workers_) {
    CollectorHealth health = worker->health;
    const auto found = worker->snapshots.find(languages_.front());
    health.up = found != worker->snapshots.end() &&
                !Stale(*worker, found->second.collected);
    out.push_back(std::move(health));
  }
  return out;
}

}  // namespace benchkeep::jobs
