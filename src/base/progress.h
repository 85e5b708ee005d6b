// What long work tells whoever waits, and how it learns that it should stop.

#pragma once

#include <cstdint>

#include "base/message.h"

namespace benchkeep {

// A sink for progress.  Jobs call it from one thread; it must be cheap.
class Progress {
 public:
  virtual ~Progress() = default;

  // A new stage begins; `total` units of work, 0 when unknown.
  virtual void Stage(const Message& title, std::uint64_t total) = 0;
  virtual void Advance(std::uint64_t done) = 0;

  // True once the user asked to stop; jobs look between steps.
  [[nodiscard]] virtual bool Cancelled() const { return false; }
};

// Says nothing.
class NoProgress final : public Progress {
 public:
  void Stage(const Message& /*title*/, std::uint64_t /*total*/) override {}
  void Advance(std::uint64_t /*done*/) override {}
};

}  // namespace benchkeep
