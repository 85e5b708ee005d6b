// Names of models that look like others, or like tests of the test program.

#pragma once

#include <string>
#include <vector>

namespace benchkeep::store {

// A group of names that are probably one model.
struct NameGroup {
  std::vector<std::string> names;  // Two or more, in the order given.
  bool provider_only = false;      // They differ in a provider's mark only.
};

// Names that are equal but for case and punctuation, or but for a provider
// ("azure-gpt-4o", "openai/gpt-4o", "gpt-4o-friendliai").
std::vector<NameGroup> SimilarNames(const std::vector<std::string>& names);

// True for names with a word such as "test", "dummy" or "debug".
bool LooksLikeTest(const std::string& name);

}  // namespace benchkeep::store
