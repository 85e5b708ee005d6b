// JSON Pointers.

#include "base/json_pointer.h"

#include <charconv>
#include <utility>

namespace benchkeep {

std::string PointerTo(const std::string& parent, std::string_view name) {
  std::string pointer = parent + "/";
  for (const char c : name) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

std::vector<std::string> PointerNames(std::string_view pointer) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    if (pointer[at] == '/') {
      names.emplace_back();
    } else if (names.empty()) {
      return {};  // No pointer.
    } else if (pointer[at] == '~' && at + 1 < pointer.size()) {
      names.back() += pointer[++at] == '1' ? '/' : '~';
    } else {
      names.back() += pointer[at];
    }
  }
  return names;
}

std::string ParentPointer(const std::string& pointer) {
  const std::size_t cut = pointer.rfind('/');
  return cut == std::string::npos ? std::string() : pointer.substr(0, cut);
}

const Json* FindAt(const Json& document, std::string_view pointer) {
  const Json* at = &document;
  for (const std::string& name : PointerNames(pointer)) {
    if (at->is_array()) {
      std::size_t index = 0;
      const auto [stop, error] =
          std::from_chars(name.data(), name.data() + name.size(), index);
      if (error != std::errc{} || stop != name.data() + name.size() ||
          index >= at->items().size()) {
        return nullptr;
      }
      at = &at->items()[index];
    } else {
      at = at->Find(name);
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

bool SetAt(Json& document, std::string_view pointer, Json value) {
  const std::vector<std::string> names = PointerNames(pointer);
  if (names.empty()) {
    if (!pointer.empty()) return false;
    document = std::move(value);
    return true;
  }
  // First whether it can be done, so that a refusal changes nothing.
  const Json* look = &document;
  for (std::size_t i = 0; i < names.size() && look != nullptr; ++i) {
    if (!look->is_object()) return false;
    look = look->Find(names[i]);
  }
  Json* at = &document;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    Json* next = at->Find(names[i]);
    at = next != nullptr ? next : &at->Set(names[i], Json::Object());
  }
  at->Set(names.back(), std::move(value));
  return true;
}

}  // namespace benchkeep
