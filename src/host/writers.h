// Which processes write into a store.
//
// Three signs: a file of the store that is open for writing; the pid in the
// name of an increment; a Python process whose script is one of the campaign's.
// An editor or a grep with such a name in its arguments is none of them, nor is
// a shell that sends output to a log; neither are we ourselves nor the
// processes that started us.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/processes.h"

namespace benchkeep::host {

// What tells that a process is a writer, the surest first.
enum class WriterSign {
  kOpenFile,   // It has a file of the store open for writing.
  kIncrement,  // It wrote an increment: its pid is in the name.
  kScript,     // It is Python, and its script has a writer's name.
  kChild,      // A Python process that a writer started.
};
const char* WriterSignName(WriterSign sign);  // "open_file", ...

struct Writer {
  Process process;
  WriterSign sign = WriterSign::kOpenFile;
  // The open file, the increment, the script, or the pid of the parent.
  std::string evidence;
  // False when it looks like a writer but nothing ties it to this store: it
  // may belong to another campaign.
  bool certain = true;
};

// A file in the folder of the increments.
struct IncrementName {
  std::string name;
  std::int64_t mtime_ns = 0;
};

struct WriterQuery {
  std::filesystem::path root;  // Absolute, without links.
  // Files and folders below the root that only writers open for writing.
  // Elsewhere below it that is a sign in Python processes alone.
  std::vector<std::filesystem::path> data;
  // Never a sign: our own folders.
  std::vector<std::filesystem::path> apart;
  std::vector<std::string> patterns;  // Parts of the names of scripts.
  std::vector<IncrementName> increments;
  int self = 0;  // Our pid; it and its ancestors are never writers.
};

// All of them, by pid.
std::vector<Writer> FindWriters(const ProcessTable& table,
                                const WriterQuery& query);

// The pid in "increment_<pid>_<start>.parquet"; 0: another name.
int PidOfIncrement(std::string_view name);

}  // namespace benchkeep::host
