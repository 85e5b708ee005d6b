// Which log on disk is which one of memory.

#include "ops/log_match.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "fs/sha256.h"
#include "ops/log_scan.h"

namespace benchkeep::ops {
namespace {

constexpr std::size_t kHead = 4096;

// The first bytes of the text, unpacked if need be.
Result<std::string> ReadHead(fs::FileSystem& file_system,
                             const fs::Path& path) {
  BENCHKEEP_ASSIGN(const std::unique_ptr<LogInput> input,
                   LogInput::Open(file_system, path, 0));
  std::string head(kHead, '\0');
  std::size_t have = 0;
  while (have < head.size()) {
    BENCHKEEP_ASSIGN(const std::size_t got,
                     input->Read(std::span(head).subspan(have)));
    if (got == 0) break;
    have += got;
  }
  head.resize(have);
  return head;
}

// Logs that begin the same for so long are one: they begin with times.
constexpr std::size_t kSureHead = 1024;

bool BeginsAs(const std::string& head, const store::LogFileRecord& record) {
  if (record.head_bytes == 0) return true;
  return record.head_bytes <= head.size() &&
         fs::Sha256Of(std::string_view(head).substr(0, record.head_bytes)) ==
             record.head;
}

class Matcher {
 public:
  Matcher(const store::Store& store, store::LogRecord& record)
      : store_(store), record_(record), taken_(record.files.size(), false) {}

  // Without a look into it: nothing about it has changed.
  std::optional<std::size_t> Unchanged(const LogFile& file) {
    const std::string name = store_.layout().Relative(file.path);
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      const store::LogFileRecord& each = record_.files[i];
      if (!taken_[i] && each.name == name && Same(each, file.info) &&
          each.size == file.info.size && each.mtime_ns == file.info.mtime_ns) {
        taken_[i] = true;
        return i;
      }
    }
    return std::nullopt;
  }

  std::optional<std::size_t> SameInode(const LogFile& file,
                                       const std::string& head) {
    return Take([&](const store::LogFileRecord& each) {
      return Same(each, file.info) && Fits(each, file) && BeginsAs(head, each);
    });
  }

  std::optional<std::size_t> SameText(const LogFile& file,
                                      const std::string& head) {
    return Take([&](const store::LogFileRecord& each) {
      const bool sure = each.head_bytes >= kSureHead ||
                        (each.head_bytes > 0 && each.head_bytes == head.size());
      return sure && Fits(each, file) && BeginsAs(head, each);
    });
  }

  std::size_t New() {
    record_.files.emplace_back();
    taken_.push_back(true);
    return record_.files.size() - 1;
  }

  void MarkGone(std::int64_t now) {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      if (!taken_[i] && record_.files[i].gone == 0) record_.files[i].gone = now;
    }
  }

 private:
  static bool Same(const store::LogFileRecord& record,
                   const fs::FileInfo& info) {
    return record.device == info.device && record.inode == info.inode;
  }

  // A log never becomes shorter than what was read of it.
  static bool Fits(const store::LogFileRecord& record, const LogFile& file) {
    return file.path.extension() == ".gz" || file.info.size >= record.offset;
  }

  template <typename Predicate>
  std::optional<std::size_t> Take(Predicate fits) {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      if (taken_[i] || !fits(record_.files[i])) continue;
      taken_[i] = true;
      return i;
    }
    return std::nullopt;
  }

  const store::Store& store_;
  store::LogRecord& record_;
  std::vector<bool> taken_;
};

}  // namespace

Result<std::vector<MatchedLog>> MatchLogs(const store::Store& store,
                                          const std::vector<LogFile>& files,
                                          std::int64_t now,
                                          store::LogRecord& record,
                                          Findings& findings) {
  Matcher matcher(store, record);
  std::vector<MatchedLog> matched;
  struct Open {
    LogFile file;
    std::string head;
    std::optional<std::size_t> at;
  };
  std::vector<Open> open;
  for (const LogFile& file : files) {
    if (const auto same = matcher.Unchanged(file)) {
      const store::LogFileRecord& known = record.files[*same];
      const bool packed = file.path.extension() == ".gz";
      matched.push_back(
          {file, *same, !packed && known.offset < file.info.size});
      continue;
    }
    Result<std::string> head = ReadHead(store.file_system(), file.path);
    if (!head.ok()) {
      if (head.error().code == Code::kNotFound) continue;  // Just gone.
      findings.push_back({"log_unreadable", Severity::kWarning,
                          store.layout().Relative(file.path),
                          head.error().message, head.error().fix});
      continue;
    }
    open.push_back({file, std::move(*head), std::nullopt});
  }
  // Inodes first: they are the surer sign.
  for (Open& each : open) each.at = matcher.SameInode(each.file, each.head);
  for (Open& each : open) {
    if (!each.at) {
      // "a.log.gz" beside an "a.log" that begins the same: being compressed.
      const fs::Path& path = each.file.path;
      if (path.extension() == ".gz") {
        const Result<std::string> plain =
            ReadHead(store.file_system(), path.parent_path() / path.stem());
        if (plain.ok() && *plain == each.head) continue;
      }
      each.at = matcher.SameText(each.file, each.head);
    }
    const std::size_t at = each.at ? *each.at : matcher.New();
    store::LogFileRecord& known = record.files[at];
    if (known.head_bytes < each.head.size()) {
      known.head_bytes = each.head.size();
      known.head = fs::Sha256Of(each.head);
    }
    matched.push_back({each.file, at, true});
  }
  matcher.MarkGone(now);
  for (const MatchedLog& each : matched) {
    store::LogFileRecord& known = record.files[each.record];
    known.name = store.layout().Relative(each.file.path);
    known.device = each.file.info.device;
    known.inode = each.file.info.inode;
    known.size = each.file.info.size;
    known.mtime_ns = each.file.info.mtime_ns;
    known.gone = 0;
  }
  return matched;
}

}  // namespace benchkeep::ops
