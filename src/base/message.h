// A sentence for a person, kept apart from its language.
//
// Lower layers build a Message from an English template and its arguments; only
// a face (text, JSON, HTML) turns it into words, so one process can answer in
// Chinese and in English at once.  Templates are gettext msgids with {0}, {1},
// ... as placeholders, and are marked N_() so that xgettext finds them.

#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Marks a string for extraction and leaves it as it is.
#define N_(text) text

namespace benchkeep {

struct Message {
  const char* msgid = "";  // Static storage: always a literal marked N_().
  std::vector<std::string> args;

  // The English text, for logs, tests and exceptions to come.
  [[nodiscard]] std::string English() const;

  [[nodiscard]] bool empty() const { return *msgid == '\0'; }
};

// Fills {0}, {1}, ... of `pattern`; "{{" and "}}" stand for braces.  A
// placeholder without an argument stays as it is, so that a faulty translation
// can never throw.
std::string Fill(const char* pattern, const std::vector<std::string>& args);

namespace internal {
inline std::string ToArgument(std::string text) { return text; }
inline std::string ToArgument(const char* text) { return text; }
template <typename T>
requires std::is_arithmetic_v<T> std::string ToArgument(T number) {
  return std::to_string(number);
}
template <typename T>
requires requires(const T& t) { t.string(); }
std::string ToArgument(const T& path) { return path.string(); }
}  // namespace internal

template <typename... Args>
Message Say(const char* msgid, Args&&... args) {
  return Message{msgid, std::vector<std::string>{
                            internal::ToArgument(std::forward<Args>(args))...}};
}

}  // namespace benchkeep
