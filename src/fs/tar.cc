// The tar format: POSIX.1-2008, pax, "ustar Interchange Format".

#include "fs/tar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace benchkeep::fs {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameBytes = 100;
constexpr std::uint64_t kMaxOctalSize = 077777777777;
constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{1} << 20;
constexpr std::size_t kMaxPathBytes = 4096;
constexpr std::size_t kMaxPartBytes = 255;
constexpr std::int64_t kNanos = 1'000'000'000;

struct Field {
  std::size_t at;
  std::size_t size;
};
constexpr Field kName{0, 100};
constexpr Field kMode{100, 8};
constexpr Field kUid{108, 8};
constexpr Field kGid{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kTime{136, 12};
constexpr Field kSum{148, 8};
constexpr std::size_t kType = 156;
constexpr Field kMagic{257, 8};
constexpr Field kPrefix{345, 155};

using Header = std::array<char, kBlock>;

void PutOctal(Header& header, Field field, std::uint64_t value) {
  const std::string text = fmt::format("{:0{}o}", value, field.size - 1);
  std::memcpy(header.data() + field.at, text.data(),
              std::min(text.size(), field.size - 1));
}

unsigned SumOf(const Header& header) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const bool own = i >= kSum.at && i < kSum.at + kSum.size;
    sum += own ? ' ' : static_cast<unsigned char>(header[i]);
  }
  return sum;
}

std::string MakeHeader(std::string_view name, char type, std::uint64_t size,
                       std::uint32_t mode, std::uint64_t seconds) {
  Header header{};
  std::memcpy(header.data(), name.data(), std::min(name.size(), kNameBytes));
  PutOctal(header, kMode, mode);
  PutOctal(header, kUid, 0);
  PutOctal(header, kGid, 0);
  PutOctal(header, kSize, size);
  PutOctal(header, kTime, seconds);
  header[kType] = type;
  std::memcpy(header.data() + kMagic.at, "ustar\00000", kMagic.size);
  const std::string sum = fmt::format("{:06o}", SumOf(header));
  std::memcpy(header.data() + kSum.at, sum.data(), sum.size());
  header[kSum.at + 7] = ' ';
  return {header.data(), header.size()};
}

std::uint64_t PaddingOf(std::uint64_t size) {
  return (kBlock - size % kBlock) % kBlock;
}

// "27 mtime=1756363779.123\n": the length counts itself.
std::string PaxRecord(std::string_view key, std::string_view value) {
  const std::size_t body = key.size() + value.size() + 3;
  std::size_t length = body + 1;
  while (fmt::format("{}", length).size() + body != length) ++length;
  return fmt::format("{} {}={}\n", length, key, value);
}

std::string_view TextOf(const Header& header, Field field) {
  const std::string_view text(header.data() + field.at, field.size);
  return text.substr(0, text.find('\0'));
}

// Octal digits, or GNU's base 256 for what they cannot hold.
std::optional<std::uint64_t> NumberOf(const Header& header, Field field) {
  std::string_view text(header.data() + field.at, field.size);
  if ((static_cast<unsigned char>(text[0]) & 0x80U) != 0) {
    if (static_cast<unsigned char>(text[0]) != 0x80U) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text.substr(1)) {
      if (value >> 56U != 0) return std::nullopt;
      value = value << 8U | static_cast<unsigned char>(c);
    }
    return value;
  }
  text = text.substr(0, text.find('\0'));
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  std::uint64_t value = 0;
  if (text.empty()) return value;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> Decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// "1756363779.123456789" in nanoseconds.
std::optional<std::int64_t> TimeOf(std::string_view text) {
  constexpr std::uint64_t kMaxSeconds = 9'000'000'000;
  const std::size_t dot = text.find('.');
  const auto seconds = Decimal(text.substr(0, dot));
  if (!seconds || *seconds > kMaxSeconds) return std::nullopt;
  std::int64_t nanos = 0;
  if (dot != std::string_view::npos) {
    std::string fraction(text.substr(dot + 1, 9));
    fraction.resize(9, '0');
    const auto value = Decimal(fraction);
    if (!value) return std::nullopt;
    nanos = static_cast<std::int64_t>(*value);
  }
  return static_cast<std::int64_t>(*seconds) * kNanos + nanos;
}

}  // namespace

std::optional<std::string> SafeRelativeName(std::string_view name) {
  if (name.empty() || name.size() > kMaxPathBytes || name[0] == '/' ||
      name.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::string safe;
  while (!name.empty()) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, slash);
    name.remove_prefix(std::min(slash + 1, name.size()));
    if (part.empty() || part == ".") continue;
    if (part == ".." || part.size() > kMaxPartBytes) return std::nullopt;
    safe += safe.empty() ? "" : "/";
    safe += part;
  }
  if (safe.empty()) return std::nullopt;
  return safe;
}

Status TarWriter::Begin(const TarEntry& entry) {
  BENCHKEEP_CHECK(left_ == 0);
  const std::string name = entry.path + (entry.folder ? "/" : "");
  const std::uint64_t seconds =
      entry.mtime_ns < 0 ? 0
                         : static_cast<std::uint64_t>(entry.mtime_ns / kNanos);
  std::string extended;
  if (name.size() > kNameBytes) extended += PaxRecord("path", name);
  if (entry.size > kMaxOctalSize) {
    extended += PaxRecord("size", std::to_string(entry.size));
  }
  if (entry.mtime_ns > 0 && entry.mtime_ns % kNanos != 0) {
    extended += PaxRecord(
        "mtime", fmt::format("{}.{:09}", seconds, entry.mtime_ns % kNanos));
  }
  if (!extended.empty()) {
    const std::string header =
        MakeHeader("././@PaxHeader", 'x', extended.size(), 0644, 0);
    extended.append(PaddingOf(extended.size()), '\0');
    BENCHKEEP_TRY(sink_(header));
    BENCHKEEP_TRY(sink_(extended));
  }
  size_ = left_ = entry.size;
  return sink_(MakeHeader(name, entry.folder ? '5' : '0',
                          std::min(entry.size, kMaxOctalSize),
                          entry.mode & 0777U, seconds));
}

Status TarWriter::Write(std::string_view bytes) {
  BENCHKEEP_CHECK(bytes.size() <= left_);
  BENCHKEEP_TRY(sink_(bytes));
  left_ -= bytes.size();
  return left_ == 0 ? Pad() : Status();
}

Status TarWriter::Pad() { return sink_(std::string(PaddingOf(size_), '\0')); }

Status TarWriter::Finish() {
  BENCHKEEP_CHECK(left_ == 0);
  return sink_(std::string(2 * kBlock, '\0'));
}

Unexpected TarReader::Refuse(Message why) const {
  Message fix = Say(N_("it was left alone: nothing of it is used"));
  return Fail(Code::kCorruption, std::move(why), std::move(fix), path_);
}

Status TarReader::Fill(std::span<std::byte> block) {
  BENCHKEEP_ASSIGN(const std::size_t got, source_(block));
  if (got == block.size()) return {};
  return Refuse(Say(N_("the archive {0} was cut off"), path_));
}

Result<std::string> TarReader::ReadSmall(std::uint64_t size) {
  if (size > kMaxHeaderBytes) {
    return Refuse(
        Say(N_("the archive {0} has a header of {1} bytes"), path_, size));
  }
  std::string text(size + PaddingOf(size), '\0');
  BENCHKEEP_TRY(Fill(std::as_writable_bytes(std::span(text))));
  text.resize(size);
  return text;
}

Status TarReader::ReadPax(std::string_view text, Extended& extended) const {
  const auto bad = [this] {
    return Refuse(Say(N_("the archive {0} has a malformed header"), path_));
  };
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return bad();
    const auto length = Decimal(text.substr(0, space));
    if (!length || *length <= space + 1 || *length > text.size() ||
        text[*length - 1] != '\n') {
      return bad();
    }
    const std::string_view record = text.substr(space + 1, *length - space - 2);
    text.remove_prefix(*length);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos) return bad();
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(equals + 1);
    if (key == "path") extended.path = value;
    if (key == "size") {
      extended.size = Decimal(value);
      if (!extended.size) return bad();
    }
    if (key == "mtime") extended.mtime_ns = TimeOf(value);
    // A sparse file claims more than it holds.
    if (key.starts_with("GNU.sparse")) return bad();
  }
  return {};
}

Status TarReader::Skip() {
  std::array<std::byte, 65536> buffer{};
  std::uint64_t rest = left_ + padding_;
  while (rest > 0) {
    const std::size_t part = std::min<std::uint64_t>(rest, buffer.size());
    BENCHKEEP_TRY(Fill(std::span(buffer).first(part)));
    rest -= part;
  }
  left_ = padding_ = 0;
  return {};
}

Result<std::optional<TarEntry>> TarReader::Finished() {
  // What follows the end must be nothing: bytes there would escape all checks.
  std::array<std::byte, 65536> buffer{};
  while (true) {
    BENCHKEEP_ASSIGN(const std::size_t got, source_(buffer));
    if (std::any_of(buffer.begin(), buffer.begin() + static_cast<long>(got),
                    [](std::byte byte) { return byte != std::byte{0}; })) {
      return Refuse(
          Say(N_("the archive {0} holds something behind its end"), path_));
    }
    if (got < buffer.size()) return std::optional<TarEntry>();
  }
}

Status TarReader::Check(const TarEntry& entry) {
  if (++entries_ > limits_.entries) {
    return Refuse(Say(N_("the archive {0} holds more than {1} entries"), path_,
                      limits_.entries));
  }
  if (entry.size > limits_.entry_bytes ||
      entry.size > limits_.total_bytes - total_) {
    return Refuse(Say(N_("the archive {0} would unpack to more than {1} bytes"),
                      path_,
                      std::min(limits_.entry_bytes, limits_.total_bytes)));
  }
  total_ += entry.size;
  if (!entry.folder && !names_.insert(entry.path).second) {
    return Refuse(
        Say(N_("the archive {0} holds {1} twice"), path_, entry.path));
  }
  return {};
}

Result<std::optional<TarEntry>> TarReader::Next() {
  BENCHKEEP_TRY(Skip());
  Extended extended;
  while (true) {
    Header header{};
    BENCHKEEP_TRY(Fill(std::as_writable_bytes(std::span(header))));
    if (std::all_of(header.begin(), header.end(),
                    [](char c) { return c == '\0'; })) {
      return Finished();
    }
    const auto sum = NumberOf(header, kSum);
    if (!sum || *sum != SumOf(header)) {
      return Refuse(Say(N_("{0} is no tar archive, or a damaged one"), path_));
    }
    const auto size = NumberOf(header, kSize);
    const auto time = NumberOf(header, kTime);
    const auto mode = NumberOf(header, kMode);
    if (!size || !time || !mode) {
      return Refuse(Say(N_("the archive {0} has a malformed header"), path_));
    }
    const char type = header[kType];
    if (type == 'x' || type == 'g') {
      BENCHKEEP_ASSIGN(const std::string text, ReadSmall(*size));
      if (type == 'x') BENCHKEEP_TRY(ReadPax(text, extended));
      continue;
    }
    if (type == 'L') {
      BENCHKEEP_ASSIGN(const std::string text, ReadSmall(*size));
      extended.path = text.substr(0, text.find('\0'));
      continue;
    }
    std::string name(TextOf(header, kName));
    const std::string_view prefix = TextOf(header, kPrefix);
    const bool is_ustar = std::string_view(header.data() + kMagic.at, 6) ==
                          std::string_view("ustar\0", 6);
    if (is_ustar && !prefix.empty()) {
      name.insert(0, "/").insert(0, prefix);
    }
    if (extended.path) name = *extended.path;
    const bool file = type == '0' || type == '\0';
    if (!file && type != '5') {
      return Refuse(Say(N_("the archive {0} holds \"{1}\", which is neither a "
                           "file nor a folder"),
                        path_, name));
    }
    TarEntry entry;
    // GNU tar calls the folder it was told to pack "./".
    const bool top = type == '5' && (name == "./" || name == ".");
    const std::optional<std::string> safe = SafeRelativeName(name);
    if (!safe && !top) {
      return Refuse(Say(N_("the archive {0} holds \"{1}\", a name that leads "
                           "out of it"),
                        path_, name));
    }
    entry.path = safe.value_or("");
    entry.folder = type == '5' || (file && name.ends_with('/'));
    entry.size = entry.folder ? 0 : extended.size.value_or(*size);
    constexpr std::uint64_t kMaxSeconds = 9'000'000'000;
    entry.mtime_ns = extended.mtime_ns.value_or(
        static_cast<std::int64_t>(std::min(*time, kMaxSeconds)) * kNanos);
    entry.mode = static_cast<std::uint32_t>(*mode & 0777U);
    BENCHKEEP_TRY(Check(entry));
    left_ = entry.size;
    padding_ = PaddingOf(entry.size);
    if (top) {
      extended = {};
      continue;
    }
    return std::optional(std::move(entry));
  }
}

Result<std::size_t> TarReader::Read(std::span<std::byte> buffer) {
  const std::size_t part = std::min<std::uint64_t>(left_, buffer.size());
  if (part == 0) return part;
  BENCHKEEP_TRY(Fill(buffer.first(part)));
  left_ -= part;
  return part;
}

}  // namespace benchkeep::fs
