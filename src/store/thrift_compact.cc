// The thrift compact protocol as a tree.

#include "store/thrift_compact.h"

#include <algorithm>
#include <cstring>

namespace benchkeep::store {
namespace {

constexpr int kMaxDepth = 32;
// A tree costs about a hundred bytes per value: this bounds it to about 1 GB.
constexpr std::size_t kMaxValues = 8'000'000;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t used() const { return at_; }

  Result<ThriftValue> Struct(int depth) {
    ThriftValue value = ThriftValue::Struct();
    std::int16_t id = 0;
    while (true) {
      BENCHKEEP_ASSIGN(const std::uint8_t head, Byte());
      const auto type = static_cast<ThriftType>(head & 0x0FU);
      if (type == ThriftType::kStop) return value;
      const int delta = head >> 4U;
      if (delta == 0) {
        BENCHKEEP_ASSIGN(const std::int64_t wide, ZigZag());
        id = static_cast<std::int16_t>(wide);
      } else {
        id = static_cast<std::int16_t>(id + delta);
      }
      BENCHKEEP_ASSIGN(ThriftValue field, Value(type, depth + 1));
      value.fields.push_back({id, std::move(field)});
    }
  }

 private:
  Unexpected Bad(const char* what) const {
    return Fail(
        Code::kCorruption,
        Say(N_("the footer is damaged at its byte {0}: {1}"), at_, what));
  }

  Result<std::uint8_t> Byte() {
    if (at_ >= bytes_.size()) return Bad("it ends too early");
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }

  Result<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      BENCHKEEP_ASSIGN(const std::uint8_t byte, Byte());
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    return Bad("a number is too long");
  }

  Result<std::int64_t> ZigZag() {
    BENCHKEEP_ASSIGN(const std::uint64_t raw, Varint());
    return static_cast<std::int64_t>((raw >> 1U) ^ (~(raw & 1U) + 1U));
  }

  Result<ThriftValue> Value(ThriftType type, int depth) {
    if (depth > kMaxDepth) return Bad("it is nested too deep");
    if (++values_ > kMaxValues) return Bad("it has too many values");
    ThriftValue value;
    value.type = type;
    switch (type) {
      case ThriftType::kTrue:
      case ThriftType::kFalse:
        return value;
      case ThriftType::kByte: {
        BENCHKEEP_ASSIGN(const std::uint8_t byte, Byte());
        constexpr int kSign = 0x80;  // Two's complement.
        value.integer = (byte ^ kSign) - kSign;
        return value;
      }
      case ThriftType::kI16:
      case ThriftType::kI32:
      case ThriftType::kI64: {
        BENCHKEEP_ASSIGN(value.integer, ZigZag());
        return value;
      }
      case ThriftType::kDouble: {
        if (bytes_.size() - at_ < sizeof value.integer) {
          return Bad("it ends too early");
        }
        std::memcpy(&value.integer, bytes_.data() + at_, sizeof value.integer);
        at_ += sizeof value.integer;
        return value;
      }
      case ThriftType::kBinary: {
        BENCHKEEP_ASSIGN(const std::uint64_t size, Varint());
        if (size > bytes_.size() - at_) return Bad("a text is too long");
        value.binary = bytes_.substr(at_, size);
        at_ += size;
        return value;
      }
      case ThriftType::kList:
      case ThriftType::kSet:
        return Sequence(std::move(value), depth);
      case ThriftType::kMap:
        return Map(std::move(value), depth);
      case ThriftType::kStruct: {
        BENCHKEEP_ASSIGN(value, Struct(depth));
        return value;
      }
      case ThriftType::kStop:
        break;
    }
    return Bad("a type is unknown");
  }

  // An element of a list or map: a bool takes a byte of its own there.
  Result<ThriftValue> Element(ThriftType type, int depth) {
    if (type == ThriftType::kTrue || type == ThriftType::kFalse) {
      BENCHKEEP_ASSIGN(const std::uint8_t byte, Byte());
      ThriftValue value;
      value.type = byte == 1 ? ThriftType::kTrue : ThriftType::kFalse;
      return value;
    }
    return Value(type, depth + 1);
  }

  Result<ThriftValue> Sequence(ThriftValue value, int depth) {
    BENCHKEEP_ASSIGN(const std::uint8_t head, Byte());
    value.element = static_cast<ThriftType>(head & 0x0FU);
    std::uint64_t size = head >> 4U;
    if (size == 15) {
      BENCHKEEP_ASSIGN(size, Varint());
    }
    if (size > bytes_.size() - at_) return Bad("a list is too long");
    value.items.reserve(size);
    for (std::uint64_t i = 0; i < size; ++i) {
      BENCHKEEP_ASSIGN(ThriftValue item, Element(value.element, depth));
      value.items.push_back(std::move(item));
    }
    return value;
  }

  Result<ThriftValue> Map(ThriftValue value, int depth) {
    BENCHKEEP_ASSIGN(const std::uint64_t size, Varint());
    if (size == 0) return value;
    if (size > bytes_.size() - at_) return Bad("a map is too long");
    BENCHKEEP_ASSIGN(const std::uint8_t types, Byte());
    value.element = static_cast<ThriftType>(types >> 4U);
    value.mapped = static_cast<ThriftType>(types & 0x0FU);
    for (std::uint64_t i = 0; i < size; ++i) {
      BENCHKEEP_ASSIGN(ThriftValue key, Element(value.element, depth));
      BENCHKEEP_ASSIGN(ThriftValue mapped, Element(value.mapped, depth));
      value.items.push_back(std::move(key));
      value.items.push_back(std::move(mapped));
    }
    return value;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

void PutVarint(std::uint64_t value, std::string& out) {
  while (value >= 0x80U) {
    out += static_cast<char>((value & 0x7FU) | 0x80U);
    value >>= 7U;
  }
  out += static_cast<char>(value);
}

void PutZigZag(std::int64_t value, std::string& out) {
  PutVarint((static_cast<std::uint64_t>(value) << 1U) ^
                static_cast<std::uint64_t>(value >> 63),
            out);
}

void PutStruct(const ThriftValue& value, std::string& out);

void PutValue(const ThriftValue& value, std::string& out) {
  switch (value.type) {
    case ThriftType::kStop:
    case ThriftType::kTrue:
    case ThriftType::kFalse:
      return;
    case ThriftType::kByte:
      out += static_cast<char>(value.integer);
      return;
    case ThriftType::kI16:
    case ThriftType::kI32:
    case ThriftType::kI64:
      PutZigZag(value.integer, out);
      return;
    case ThriftType::kDouble: {
      char raw[sizeof value.integer];
      std::memcpy(raw, &value.integer, sizeof raw);
      out.append(raw, sizeof raw);
      return;
    }
    case ThriftType::kBinary:
      PutVarint(value.binary.size(), out);
      out += value.binary;
      return;
    case ThriftType::kList:
    case ThriftType::kSet: {
      const auto element = static_cast<unsigned>(value.element);
      if (value.items.size() < 15) {
        out += static_cast<char>(value.items.size() << 4U | element);
      } else {
        out += static_cast<char>(0xF0U | element);
        PutVarint(value.items.size(), out);
      }
      break;
    }
    case ThriftType::kMap:
      PutVarint(value.items.size() / 2, out);
      if (value.items.empty()) return;
      out += static_cast<char>(static_cast<unsigned>(value.element) << 4U |
                               static_cast<unsigned>(value.mapped));
      break;
    case ThriftType::kStruct:
      PutStruct(value, out);
      return;
  }
  for (const ThriftValue& item : value.items) {
    if (item.type == ThriftType::kTrue || item.type == ThriftType::kFalse) {
      out += item.type == ThriftType::kTrue ? '\1' : '\2';
    } else {
      PutValue(item, out);
    }
  }
}

void PutStruct(const ThriftValue& value, std::string& out) {
  std::int16_t last = 0;
  for (const auto& [id, field] : value.fields) {
    const int delta = id - last;
    const auto type = static_cast<unsigned>(field.type);
    if (delta >= 1 && delta <= 15) {
      out += static_cast<char>(static_cast<unsigned>(delta) << 4U | type);
    } else {
      out += static_cast<char>(type);
      PutZigZag(id, out);
    }
    PutValue(field, out);
    last = id;
  }
  out += '\0';
}

ThriftValue Integer(ThriftType type, std::int64_t value) {
  ThriftValue out;
  out.type = type;
  out.integer = value;
  return out;
}

}  // namespace

ThriftValue ThriftValue::I32(std::int32_t value) {
  return Integer(ThriftType::kI32, value);
}

ThriftValue ThriftValue::I64(std::int64_t value) {
  return Integer(ThriftType::kI64, value);
}

ThriftValue ThriftValue::Binary(std::string value) {
  ThriftValue out;
  out.type = ThriftType::kBinary;
  out.binary = std::move(value);
  return out;
}

ThriftValue ThriftValue::Struct() {
  ThriftValue out;
  out.type = ThriftType::kStruct;
  return out;
}

ThriftValue ThriftValue::List(ThriftType element) {
  ThriftValue out;
  out.type = ThriftType::kList;
  out.element = element;
  return out;
}

const ThriftValue* ThriftValue::Field(std::int16_t id) const {
  for (const auto& [have, value] : fields) {
    if (have == id) return &value;
  }
  return nullptr;
}

ThriftValue* ThriftValue::Field(std::int16_t id) {
  for (auto& [have, value] : fields) {
    if (have == id) return &value;
  }
  return nullptr;
}

std::int64_t ThriftValue::Int(std::int16_t id, std::int64_t fallback) const {
  const ThriftValue* field = Field(id);
  const bool is_integer = field != nullptr &&
                          field->type >= ThriftType::kByte &&
                          field->type <= ThriftType::kI64;
  return is_integer ? field->integer : fallback;
}

void ThriftValue::Set(std::int16_t id, ThriftValue value) {
  if (ThriftValue* old = Field(id)) {
    *old = std::move(value);
    return;
  }
  const auto at =
      std::find_if(fields.begin(), fields.end(),
                   [id](const auto& field) { return field.id > id; });
  fields.insert(at, {id, std::move(value)});
}

void ThriftValue::Erase(std::int16_t id) {
  std::erase_if(fields, [id](const auto& field) { return field.id == id; });
}

Result<ThriftValue> ParseThriftStruct(std::string_view bytes,
                                      std::size_t* used) {
  Reader reader(bytes);
  Result<ThriftValue> value = reader.Struct(0);
  if (used != nullptr) *used = reader.used();
  return value;
}

Result<ThriftValue> ParseThriftPrefix(std::string_view bytes,
                                      std::size_t* used) {
  Reader reader(bytes);
  BENCHKEEP_ASSIGN(ThriftValue value, reader.Struct(0));
  *used = reader.used();
  return value;
}

std::string WriteThriftStruct(const ThriftValue& value) {
  std::string out;
  PutStruct(value, out);
  return out;
}

}  // namespace benchkeep::store
