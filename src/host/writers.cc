// Which processes write into a store.

#include "host/writers.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

namespace benchkeep::host {
namespace {

namespace files = std::filesystem;

// The clock of the machine may have been set since it started.
constexpr std::chrono::seconds kClockSlack{2};

class Search {
 public:
  Search(const ProcessTable& table, const WriterQuery& query)
      : table_(table), query_(query) {
    for (Process& process : table.List()) {
      const int pid = process.pid;
      processes_.emplace(pid, std::move(process));
    }
    // Ours: this process and those that started it.
    for (int pid = query.self; pid > 0 && ours_.insert(pid).second;) {
      const auto found = processes_.find(pid);
      pid = found == processes_.end() ? 0 : found->second.parent;
    }
    for (const IncrementName& file : query.increments) {
      if (const int pid = PidOfIncrement(file.name); pid > 0) {
        increments_.emplace(pid, file);
      }
    }
  }

  std::vector<Writer> Run() {
    for (const auto& [pid, process] : processes_) {
      if (ours_.contains(pid) || process.state == 'Z') continue;
      if (auto writer = Judge(process)) found_.emplace(pid, *writer);
    }
    AddChildren();
    std::vector<Writer> writers;
    for (auto& [pid, writer] : found_) writers.push_back(std::move(writer));
    return writers;
  }

 private:
  std::optional<Writer> Judge(const Process& process) const {
    const auto open = table_.OpenFilesBelow(process.pid, query_.root);
    if (open) {
      const auto written =
          std::find_if(open->begin(), open->end(), [&](const OpenFile& file) {
            return file.writable && IsSign(file.path, process);
          });
      if (written != open->end()) {
        return Writer{process, WriterSign::kOpenFile, written->path.string(),
                      true};
      }
    }
    if (!IsPython(process)) return std::nullopt;
    if (const auto file = increments_.find(process.pid);
        file != increments_.end() && WasThere(process, file->second)) {
      return Writer{process, WriterSign::kIncrement, file->second.name, true};
    }
    const std::string script = PythonScript(process);
    if (!HasWriterName(script)) return std::nullopt;
    const bool here = (open && !open->empty()) || WorksHere(process);
    return Writer{process, WriterSign::kScript, script, here};
  }

  [[nodiscard]] bool IsSign(const files::path& file,
                            const Process& process) const {
    const auto holds = [&](const files::path& place) {
      return IsBelow(file, place);
    };
    if (std::any_of(query_.apart.begin(), query_.apart.end(), holds)) {
      return false;
    }
    // What an editor keeps open while the file itself is closed.
    const std::string kind = file.extension().string();
    if (kind == ".swp" || kind == ".swo" || kind == ".swx") return false;
    return IsPython(process) ||
           std::any_of(query_.data.begin(), query_.data.end(), holds);
  }

  // It had started when the increment was last written; otherwise its number
  // was another process's then.
  static bool WasThere(const Process& process, const IncrementName& file) {
    return process.started <=
           TimePoint(std::chrono::nanoseconds(file.mtime_ns)) + kClockSlack;
  }

  // The name alone: a folder called "batch_test_data" makes no writer.
  [[nodiscard]] bool HasWriterName(const std::string& script) const {
    const std::string name = files::path(script).filename().string();
    return std::any_of(query_.patterns.begin(), query_.patterns.end(),
                       [&](const std::string& pattern) {
                         return name.find(pattern) != std::string::npos;
                       });
  }

  // Its folder is in the store, or one of its arguments names something there.
  [[nodiscard]] bool WorksHere(const Process& process) const {
    if (IsBelow(process.cwd, query_.root)) return true;
    for (std::size_t i = 1; i < process.argv.size(); ++i) {
      std::string_view word = process.argv[i];
      if (const auto equals = word.find('=');
          word.starts_with('-') && equals != std::string_view::npos) {
        word.remove_prefix(equals + 1);
      }
      const files::path path = files::path(word).is_absolute()
                                   ? files::path(word)
                                   : process.cwd / word;
      if (IsBelow(path.lexically_normal(), query_.root)) return true;
    }
    return false;
  }

  // Workers of multiprocessing carry no script in their arguments.
  void AddChildren() {
    for (bool more = true; more;) {
      more = false;
      for (const auto& [pid, process] : processes_) {
        const auto parent = found_.find(process.parent);
        if (parent == found_.end() || found_.contains(pid) ||
            ours_.contains(pid) || process.state == 'Z' || !IsPython(process)) {
          continue;
        }
        found_.emplace(pid, Writer{process, WriterSign::kChild,
                                   std::to_string(process.parent),
                                   parent->second.certain});
        more = true;
      }
    }
  }

  const ProcessTable& table_;
  const WriterQuery& query_;
  std::map<int, Process> processes_;
  std::set<int> ours_;
  std::map<int, IncrementName> increments_;
  std::map<int, Writer> found_;
};

}  // namespace

const char* WriterSignName(WriterSign sign) {
  switch (sign) {
    case WriterSign::kOpenFile:
      return "open_file";
    case WriterSign::kIncrement:
      return "increment";
    case WriterSign::kScript:
      return "script";
    case WriterSign::kChild:
      return "child";
  }
  return "";
}

int PidOfIncrement(std::string_view name) {
  constexpr std::string_view kPrefix = "increment_";
  if (!name.starts_with(kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  int pid = 0;
  const auto parsed =
      std::from_chars(name.data(), name.data() + name.size(), pid);
  const bool ends_well = parsed.ec == std::errc{} &&
                         parsed.ptr != name.data() + name.size() &&
                         *parsed.ptr == '_';
  return ends_well && pid > 0 ? pid : 0;
}

std::vector<Writer> FindWriters(const ProcessTable& table,
                                const WriterQuery& query) {
  return Search(table, query).Run();
}

}  // namespace benchkeep::host
