// Reads a finished workbook back, with libarchive.

#include <archive.h>
#include <archive_entry.h>
#include <xxhash.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ops/export_xlsx.h"

namespace benchkeep::ops {
namespace {

constexpr std::string_view kBegin = "<sheetData>";
constexpr std::string_view kEnd = "</sheetData>";
constexpr std::string_view kClosing = "</worksheet>";

Unexpected Broken(const fs::Path& file, const char* why) {
  return Fail(Code::kCorruption,
              Say(N_("reading {0} back: {1}"), file,
                  why == nullptr ? "not a workbook" : why),
              file);
}

// Hashes what lies between <sheetData> and </sheetData> of a document that
// comes in pieces.  Text in cells is escaped, so the marks are unmistakable.
class SheetReader {
 public:
  SheetReader() : state_(XXH3_createState(), XXH3_freeState) {
    XXH3_64bits_reset(state_.get());
  }

  void Feed(std::string_view bytes) {
    text_ += bytes;
    if (part_ == Part::kHead) {
      const std::size_t begin = text_.find(kBegin);
      if (begin == std::string::npos) return;
      text_.erase(0, begin + kBegin.size());
      part_ = Part::kRows;
    }
    if (part_ == Part::kTail) return;
    const std::size_t end = text_.find(kEnd);
    if (end != std::string::npos) {
      Hash(end);
      part_ = Part::kTail;
    } else if (text_.size() >= kEnd.size()) {
      Hash(text_.size() - kEnd.size() + 1);  // The mark may be cut in two.
    }
  }

  // True when the document was whole.
  bool Finish(SheetRows& rows) {
    rows.hash = XXH3_64bits_digest(state_.get());
    rows.bytes = bytes_;
    return part_ == Part::kTail && std::string_view(text_).ends_with(kClosing);
  }

 private:
  enum class Part { kHead, kRows, kTail };

  void Hash(std::size_t count) {
    XXH3_64bits_update(state_.get(), text_.data(), count);
    bytes_ += count;
    text_.erase(0, count);
  }

  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
  Part part_ = Part::kHead;
  std::string text_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<std::vector<SheetRows>> ReadSheetRows(const fs::Path& file) {
  std::unique_ptr<archive, int (*)(archive*)> zip(archive_read_new(),
                                                  archive_read_free);
  archive_read_support_format_zip_seekable(zip.get());
  constexpr std::size_t kBlock = std::size_t{1} << 16;
  if (archive_read_open_filename(zip.get(), file.c_str(), kBlock) !=
      ARCHIVE_OK) {
    return Broken(file, archive_error_string(zip.get()));
  }
  std::vector<SheetRows> sheets;
  std::vector<char> buffer(kBlock);
  while (true) {
    archive_entry* entry = nullptr;
    const int next = archive_read_next_header(zip.get(), &entry);
    if (next == ARCHIVE_EOF) return sheets;
    if (next != ARCHIVE_OK) {
      return Broken(file, archive_error_string(zip.get()));
    }
    const std::string name = archive_entry_pathname(entry);
    SheetReader reader;
    const bool sheet = name.starts_with("xl/worksheets/sheet");
    while (true) {
      // Every entry is read to its end, where its checksum is compared.
      const la_ssize_t got =
          archive_read_data(zip.get(), buffer.data(), buffer.size());
      if (got < 0) return Broken(file, archive_error_string(zip.get()));
      if (got == 0) break;
      if (sheet) reader.Feed({buffer.data(), static_cast<std::size_t>(got)});
    }
    if (sheet) {
      SheetRows rows;
      if (!reader.Finish(rows)) return Broken(file, "a sheet is not whole");
      sheets.push_back(rows);
    }
  }
}

}  // namespace benchkeep::ops
