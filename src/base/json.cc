// JSON: RapidJSON's iterative SAX reader fills our own ordered tree.

#include "base/json.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <unordered_set>

#include "base/json_pointer.h"
#include "base/text.h"

namespace benchkeep {
namespace {

// Half of a document is indentation: RapidJSON would skip it byte by byte.
struct JsonBytes : rapidjson::MemoryStream {
  using MemoryStream::MemoryStream;

  void SkipWhitespace() {
    constexpr std::uint64_t kSpaces = 0x2020202020202020;
    for (std::uint64_t next = 0; src_ != end_;) {
      if (end_ - src_ >= static_cast<std::ptrdiff_t>(sizeof next)) {
        std::memcpy(&next, src_, sizeof next);
        if (next == kSpaces) {
          src_ += sizeof next;
          continue;
        }
      }
      if (*src_ != ' ' && *src_ != '\n' && *src_ != '\r' && *src_ != '\t') {
        return;
      }
      ++src_;
    }
  }
};

}  // namespace
}  // namespace benchkeep

template <>
inline void rapidjson::SkipWhitespace(benchkeep::JsonBytes& bytes) {
  bytes.SkipWhitespace();
}

namespace benchkeep {
namespace {

// Objects up to this size look for a repeated key by comparing; larger ones by
// a set.
constexpr std::size_t kSmallObject = 16;

class TreeBuilder {
 public:
  explicit TreeBuilder(const JsonLimits& limits) : limits_(limits) {}

  bool Null() { return Put(Json()); }
  bool Bool(bool value) { return Put(Json::Bool(value)); }
  bool Int(int value) { return Put(Json::Int(value)); }
  bool Uint(unsigned value) { return Put(Json::Uint(value)); }
  bool Int64(std::int64_t value) { return Put(Json::Int(value)); }
  bool Uint64(std::uint64_t value) { return Put(Json::Uint(value)); }
  bool Double(double value) { return Put(Json::Double(value)); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    const std::string_view number(text, length);
    // RapidJSON takes more words for numbers than Python does.
    if (number.ends_with("Inf") || number == "-NaN") {
      return Refuse(Say(N_("\"{0}\" is not a number"), std::string(number)));
    }
    if (!Put(Json::RawNumber(std::string(number)))) return false;
    last_number_ = number;
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return Put(Json::String(std::string(text, length)));
  }
  bool StartObject() { return Open(Json::Object()); }
  bool StartArray() { return Open(Json::Array()); }
  bool EndObject(rapidjson::SizeType) { return Shut(); }
  bool EndArray(rapidjson::SizeType) { return Shut(); }

  bool Key(const char* text, rapidjson::SizeType length, bool) {
    Level& top = levels_.back();
    std::string key(text, length);
    if (!top.AddKey(key)) {
      return Refuse(Say(N_("the key \"{0}\" occurs twice in one object"), key));
    }
    top.value.members().emplace_back(std::move(key), Json());
    top.awaits_value = true;
    last_number_.clear();
    return true;
  }

  // Closes what is open, when parsing ended at the end of `read`.
  Json Cut(std::string_view read, std::string& open) {
    // "12" may have been "123".
    const bool torn = !last_number_.empty() && read.ends_with(last_number_);
    if (levels_.empty()) return torn ? Json() : std::move(root_);
    DropTorn(torn);
    open = PathToOpen();
    while (levels_.size() > 1) {
      Json done = std::move(levels_.back().value);
      levels_.pop_back();
      Json& parent = levels_.back().value;
      if (parent.is_object()) {
        parent.members().back().second = std::move(done);
      } else {
        parent.items().push_back(std::move(done));
      }
    }
    return std::move(levels_.front().value);
  }

  Json& root() { return root_; }
  const Message& refusal() const { return refusal_; }

 private:
  struct Level {
    Json value;
    std::unordered_set<std::string> keys;  // Only once the object is large.
    bool awaits_value = false;             // Its last member has none yet.

    bool AddKey(const std::string& key) {
      const auto& members = value.members();
      if (members.size() < kSmallObject) return value.Find(key) == nullptr;
      if (keys.empty()) {
        for (const auto& [name, unused] : members) keys.insert(name);
      }
      return keys.insert(key).second;
    }
  };

  void DropTorn(bool torn_number) {
    Level& top = levels_.back();
    if (top.value.is_object()) {
      if (top.awaits_value || torn_number) top.value.members().pop_back();
    } else if (torn_number) {
      top.value.items().pop_back();
    }
  }

  // Every level but the innermost has its child as its last member or next
  // item.
  [[nodiscard]] std::string PathToOpen() const {
    std::string path;
    for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
      const Json& value = levels_[i].value;
      path = PointerTo(path, value.is_object()
                                 ? value.members().back().first
                                 : std::to_string(value.items().size()));
    }
    return path;
  }

  bool Refuse(Message why) {
    refusal_ = std::move(why);
    return false;
  }

  bool Count() {
    if (++values_ <= limits_.max_values) return true;
    return Refuse(
        Say(N_("the document has more than {0} values"), limits_.max_values));
  }

  bool Put(Json value) {
    if (!Count()) return false;
    last_number_.clear();
    if (levels_.empty()) {
      root_ = std::move(value);
    } else if (Level& top = levels_.back(); top.value.is_object()) {
      top.value.members().back().second = std::move(value);
      top.awaits_value = false;
    } else {
      top.value.items().push_back(std::move(value));
    }
    return true;
  }

  bool Open(Json container) {
    if (!Count()) return false;
    if (levels_.size() >= limits_.max_depth) {
      return Refuse(Say(N_("the document is nested deeper than {0} levels"),
                        limits_.max_depth));
    }
    levels_.push_back({std::move(container), {}});
    last_number_.clear();
    return true;
  }

  bool Shut() {
    Json done = std::move(levels_.back().value);
    levels_.pop_back();
    --values_;  // Counted when it was opened.
    return Put(std::move(done));
  }

  const JsonLimits limits_;
  Json root_;
  std::vector<Level> levels_;
  std::size_t values_ = 0;
  std::string last_number_;  // Text of the number read last, if nothing since.
  Message refusal_;
};

constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                            rapidjson::kParseNumbersAsStringsFlag |
                            rapidjson::kParseNanAndInfFlag;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Python writes bytes that it could not decode as lone surrogates ("\udc80").
// UTF-8 has no room for those, and text that was parsed holds them as what
// their UTF-8 would be; they must leave as they came.  Zero: none begins here.
unsigned LoneSurrogate(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(text[at]));
  };
  if (text.size() < 3 || byte(0) != 0xED || byte(1) < 0xA0) return 0;
  return 0xD000U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
}

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const unsigned lone = LoneSurrogate(text.substr(at)); lone != 0) {
      out += fmt::format("\\u{:04x}", lone);
      at += 2;
      continue;
    }
    const char c = text[at];
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void NewLine(std::string& out, int indent, int depth) {
  if (indent == 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent) * static_cast<std::size_t>(depth),
             ' ');
}

// Recursion is bounded by the depth limit of the parser and by our own code.
void Append(const Json& value, int indent, int depth, std::string& out) {
  switch (value.kind()) {
    case Json::Kind::kNull:
      out += "null";
      return;
    case Json::Kind::kBool:
    case Json::Kind::kNumber:
      out += value.text();
      return;
    case Json::Kind::kString:
      AppendQuoted(value.text(), out);
      return;
    case Json::Kind::kArray: {
      out += '[';
      bool first = true;
      for (const Json& item : value.items()) {
        if (!std::exchange(first, false)) out += ',';
        NewLine(out, indent, depth + 1);
        Append(item, indent, depth + 1, out);
      }
      if (!first) NewLine(out, indent, depth);
      out += ']';
      return;
    }
    case Json::Kind::kObject: {
      out += '{';
      bool first = true;
      for (const auto& [name, member] : value.members()) {
        if (!std::exchange(first, false)) out += ',';
        NewLine(out, indent, depth + 1);
        AppendQuoted(name, out);
        out += indent == 0 ? ":" : ": ";
        Append(member, indent, depth + 1, out);
      }
      if (!first) NewLine(out, indent, depth);
      out += '}';
      return;
    }
  }
}

}  // namespace

Json Json::Bool(bool value) {
  Json json;
  json.kind_ = Kind::kBool;
  json.text_ = value ? "true" : "false";
  return json;
}

Json Json::Int(std::int64_t value) { return RawNumber(std::to_string(value)); }

Json Json::Uint(std::uint64_t value) {
  return RawNumber(std::to_string(value));
}

Json Json::Double(double value) {
  if (std::isnan(value)) return RawNumber("NaN");
  if (std::isinf(value)) return RawNumber(value > 0 ? "Infinity" : "-Infinity");
  return RawNumber(fmt::format("{}", value));
}

Json Json::RawNumber(std::string text) {
  Json json;
  json.kind_ = Kind::kNumber;
  json.text_ = std::move(text);
  return json;
}

Json Json::String(std::string value) {
  Json json;
  json.kind_ = Kind::kString;
  json.text_ = std::move(value);
  return json;
}

Json Json::Array() {
  Json json;
  json.kind_ = Kind::kArray;
  return json;
}

Json Json::Object() {
  Json json;
  json.kind_ = Kind::kObject;
  return json;
}

bool Json::IsIntegerText() const {
  return kind_ == Kind::kNumber &&
         text_.find_first_not_of("-0123456789") == std::string::npos;
}

std::optional<std::int64_t> Json::AsInt() const {
  if (kind_ != Kind::kNumber) return std::nullopt;
  if (IsIntegerText()) {
    std::int64_t value = 0;
    const char* end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data(), end, value);
    if (error == std::errc{} && stop == end) return value;
    return std::nullopt;
  }
  const std::optional<double> value = AsDouble();
  constexpr double kLimit = 9007199254740992.0;  // 2^53
  if (!value || !std::isfinite(*value) || std::abs(*value) > kLimit ||
      std::trunc(*value) != *value) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*value);
}

std::optional<double> Json::AsDouble() const {
  if (kind_ != Kind::kNumber) return std::nullopt;
  if (text_ == "NaN") return std::nan("");
  if (text_ == "Infinity") return HUGE_VAL;
  if (text_ == "-Infinity") return -HUGE_VAL;
  double value = 0;
  const char* end = text_.data() + text_.size();
  const auto [stop, error] = std::from_chars(text_.data(), end, value);
  if (error == std::errc::result_out_of_range) {
    return std::strtod(text_.c_str(), nullptr);  // Infinity, or zero.
  }
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

const Json* Json::Find(std::string_view name) const {
  for (const auto& [key, value] : members_) {
    if (key == name) return &value;
  }
  return nullptr;
}

Json* Json::Find(std::string_view name) {
  for (auto& [key, value] : members_) {
    if (key == name) return &value;
  }
  return nullptr;
}

Json& Json::Set(std::string_view name, Json value) {
  if (Json* old = Find(name)) {
    *old = std::move(value);
    return *old;
  }
  return members_.emplace_back(std::string(name), std::move(value)).second;
}

Json& Json::Append(Json value) { return items_.emplace_back(std::move(value)); }

std::optional<std::string> Json::StringAt(std::string_view name) const {
  const Json* member = Find(name);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return member->text();
}

std::optional<std::int64_t> Json::IntAt(std::string_view name) const {
  const Json* member = Find(name);
  if (member == nullptr) return std::nullopt;
  return member->AsInt();
}

std::string Json::Dump(int indent) const {
  std::string out;
  benchkeep::Append(*this, indent, 0, out);
  return out;
}

bool Json::operator==(const Json& other) const {
  return kind_ == other.kind_ && text_ == other.text_ &&
         members_ == other.members_ && items_ == other.items_;
}

namespace {

// Parses into `builder`; the error of it, or nullopt.
std::optional<JsonError> Run(std::string_view text, const JsonLimits& limits,
                             TreeBuilder& builder) {
  if (text.size() > limits.max_bytes) {
    return JsonError{
        0, Say(N_("the document is larger than {0} bytes"), limits.max_bytes)};
  }
  const std::size_t skipped =
      text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  text.remove_prefix(skipped);
  rapidjson::Reader reader;
  JsonBytes raw(text.data(), text.size());
  // Where a text is not UTF-8, RapidJSON finds the place.
  rapidjson::ParseResult parsed =
      IsAscii(text) || IsUtf8(text)
          ? reader.Parse<kFlags>(raw, builder)
          : reader.Parse<kFlags | rapidjson::kParseValidateEncodingFlag>(
                raw, builder);
  if (parsed && raw.Tell() < text.size()) {
    // RapidJSON takes a zero byte for the end; a torn file is full of them.
    parsed.Set(rapidjson::kParseErrorDocumentRootNotSingular, raw.Tell());
  }
  if (parsed) return std::nullopt;
  return JsonError{parsed.Offset() + skipped,
                   builder.refusal().empty()
                       ? Message{rapidjson::GetParseError_En(parsed.Code()), {}}
                       : builder.refusal()};
}

}  // namespace

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits,
                       JsonError* where) {
  TreeBuilder builder(limits);
  const std::optional<JsonError> error = Run(text, limits, builder);
  if (!error) return std::move(builder.root());
  if (where != nullptr) *where = *error;
  return Fail(Code::kCorruption, Say(N_("not valid JSON at byte {0}: {1}"),
                                     error->offset, error->message.English()));
}

JsonPrefix ParseJsonPrefix(std::string_view text, const JsonLimits& limits) {
  JsonPrefix prefix;
  TreeBuilder builder(limits);
  const std::optional<JsonError> error = Run(text, limits, builder);
  if (!error) {
    prefix.value = std::move(builder.root());
    prefix.whole = true;
    return prefix;
  }
  prefix.error = *error;
  prefix.refused = !builder.refusal().empty() || text.size() > limits.max_bytes;
  if (prefix.refused) return prefix;
  prefix.value = builder.Cut(text.substr(0, error->offset), prefix.open);
  return prefix;
}

std::string JsonQuote(std::string_view text) {
  std::string out;
  AppendQuoted(text, out);
  return out;
}

}  // namespace benchkeep
