// JSON Pointers (RFC 6901): names for places in a document.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace benchkeep {

// The pointer to the member or item `name` of what `parent` points to; "" is
// the document.
std::string PointerTo(const std::string& parent, std::string_view name);

// The names in it, unescaped: "/a~1b/0" is {"a/b", "0"}.
std::vector<std::string> PointerNames(std::string_view pointer);

// The pointer without its last name; "" stays.
std::string ParentPointer(const std::string& pointer);

// What is there, or nullptr.
const Json* FindAt(const Json& document, std::string_view pointer);

// Puts `value` there, making the objects on the way that are missing.  False
// when something in between is no object: nothing is changed then.  Items of
// lists cannot be set.
bool SetAt(Json& document, std::string_view pointer, Json value);

}  // namespace benchkeep
