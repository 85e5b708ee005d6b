// Comparing names of models.

#include "store/model_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string_view>

namespace benchkeep::store {
namespace {

constexpr std::array<std::string_view, 16> kProviders = {
    "azure",     "openai",  "anthropic",   "google",
    "vertex",    "bedrock", "together",    "openrouter",
    "fireworks", "groq",    "friendliai",  "friendli",
    "deepinfra", "idealab", "siliconflow", "dashscope"};

constexpr std::array<std::string_view, 12> kTestWords = {
    "test", "tests", "testing", "dummy", "debug",   "mock",
    "fake", "tmp",   "temp",    "foo",   "example", "sample"};

// Lowercase runs of letters and digits.
std::vector<std::string> Words(const std::string& name) {
  std::vector<std::string> words(1);
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || byte >= 0x80U) {
      words.back() += static_cast<char>(std::tolower(byte));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += word;
  return all;
}

template <std::size_t N>
bool Among(const std::array<std::string_view, N>& list,
           const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Without a provider at either end.
std::vector<std::string> WithoutProvider(std::vector<std::string> words) {
  while (words.size() > 1 && Among(kProviders, words.front())) {
    words.erase(words.begin());
  }
  while (words.size() > 1 && Among(kProviders, words.back())) words.pop_back();
  return words;
}

}  // namespace

std::vector<NameGroup> SimilarNames(const std::vector<std::string>& names) {
  std::map<std::string, std::vector<std::string>> spelling;
  std::map<std::string, std::vector<std::string>> bare;
  for (const std::string& name : names) {
    const std::vector<std::string> words = Words(name);
    if (words.empty()) continue;
    spelling[Joined(words)].push_back(name);
    bare[Joined(WithoutProvider(words))].push_back(name);
  }
  std::vector<NameGroup> groups;
  for (const auto& [unused, same] : spelling) {
    if (same.size() > 1) groups.push_back({same, false});
  }
  for (const auto& [unused, same] : bare) {
    if (same.size() < 2) continue;
    const std::string first = Joined(Words(same.front()));
    const bool known = std::all_of(
        same.begin(), same.end(),
        [&](const std::string& name) { return Joined(Words(name)) == first; });
    if (!known) groups.push_back({same, true});
  }
  return groups;
}

bool LooksLikeTest(const std::string& name) {
  const std::vector<std::string> words = Words(name);
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return Among(kTestWords, word);
  });
}

}  // namespace benchkeep::store
