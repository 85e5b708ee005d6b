// Random master databases, version 3.0, sound on all levels; and ways to damage
// them.

#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "base/json.h"

namespace benchkeep {

class MasterMaker {
 public:
  explicit MasterMaker(std::uint32_t seed) : random_(seed) {}

  // A document in which every level says what its leaves add up to.
  Json Sound();

  // Makes one number of `document` wrong; returns its JSON Pointer, or "" when
  // there was none to be had.
  std::string Damage(Json& document);

 private:
  int Pick(int count) {
    return std::uniform_int_distribution<int>(0, count - 1)(random_);
  }
  std::mt19937 random_;
};

}  // namespace benchkeep
