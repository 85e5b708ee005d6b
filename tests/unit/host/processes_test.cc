// ProcessTable: a made-up /proc, and our own process in the real one.

#include "host/processes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "fake_proc.h"
#include "support/temp_dir.h"

namespace benchkeep::host {
namespace {

using namespace std::chrono_literals;

TEST(ProcessTable, ReadsWhatProcSays) {
  const TempDir dir;
  FakeProc proc(dir.path() / "proc", 1'700'000'000);
  proc.Add({.pid = 42,
            .parent = 7,
            .start_ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)),
            .exe = "/usr/bin/python3.11 (deleted)",
            .argv = {"python3", "run.py", "", "two words"},
            .cwd = "/data/campaign",
            .state = 'R',
            .name = "odd) (name"});
  proc.Add({.pid = 7, .exe = ""});
  const ProcessTable table(proc.path());
  const std::vector<Process> all = table.List();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].pid, 7);
  EXPECT_TRUE(all[0].exe.empty());
  const Process& process = all[1];
  EXPECT_EQ(process.pid, 42);
  EXPECT_EQ(process.parent, 7);
  EXPECT_EQ(process.started, TimePoint(1'700'000'001s));
  EXPECT_EQ(process.exe, "/usr/bin/python3.11");
  EXPECT_EQ(process.argv,
            (std::vector<std::string>{"python3", "run.py", "", "two words"}));
  EXPECT_EQ(process.cwd, "/data/campaign");
  EXPECT_EQ(process.state, 'R');
  EXPECT_EQ(process.name, "odd) (name");
  EXPECT_EQ(process.cpu,
            300 * (std::chrono::nanoseconds(1s) / ::sysconf(_SC_CLK_TCK)));
  EXPECT_EQ(process.rss_bytes,
            10 * static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE)));
  EXPECT_EQ(table.PssBytes(42), 5U * 1024);
  EXPECT_EQ(table.PssBytes(7), std::nullopt);
  EXPECT_EQ(table.Find(43), std::nullopt);
}

TEST(ProcessTable, TellsFilesThatAreWrittenFromThoseThatAreRead) {
  const TempDir dir;
  FakeProc proc(dir.path() / "proc", 0);
  proc.Add({.pid = 42, .exe = "/bin/x"});
  proc.Add({.pid = 43, .exe = ""});
  proc.Open(42, 3, "/data/a/read.parquet", "0100000");
  proc.Open(42, 4, "/data/a/write.parquet", "0102001");
  proc.Open(42, 5, "/data/a/both.parquet (deleted)", "02");
  proc.Open(42, 6, "/data/ab/elsewhere", "02");
  proc.Open(42, 7, "socket:[4711]", "02");
  const ProcessTable table(proc.path());
  auto files = table.OpenFilesBelow(42, "/data/a");
  ASSERT_TRUE(files.has_value());
  std::sort(files->begin(), files->end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  ASSERT_EQ(files->size(), 3U);
  EXPECT_EQ((*files)[0].path, "/data/a/both.parquet");
  EXPECT_TRUE((*files)[0].writable);
  EXPECT_FALSE((*files)[1].writable);
  EXPECT_TRUE((*files)[2].writable);
  EXPECT_EQ(table.OpenFilesBelow(43, "/data/a"), std::nullopt);
}

// Reading fails when the process ends after its file was opened; the files that
// stand for it here can be opened, too, and not be read.
TEST(ProcessTable, PassesOverAProcessThatEndsMeanwhile) {
  const TempDir dir;
  FakeProc proc(dir.path() / "proc", 1'700'000'000);
  proc.Add({.pid = 7, .exe = "", .argv = {"python3", "a.py"}});
  proc.Add({.pid = 8, .exe = "", .argv = {"python3", "b.py"}});
  for (const char* name : {"7/stat", "8/cmdline"}) {
    std::filesystem::remove(proc.path() / name);
    std::filesystem::create_directory(proc.path() / name);
  }
  const ProcessTable table(proc.path());
  EXPECT_FALSE(table.Find(7).has_value());
  const std::optional<Process> other = table.Find(8);
  ASSERT_TRUE(other.has_value());
  EXPECT_TRUE(other->argv.empty());
}

TEST(ProcessTable, SeesThisProcess) {
  const TempDir dir;
  const auto file = dir.path() / "open";
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  const ProcessTable table;
  const std::optional<Process> self = table.Find(::getpid());
  ASSERT_TRUE(self.has_value());
  EXPECT_EQ(self->parent, ::getppid());
  EXPECT_FALSE(self->argv.empty());
  EXPECT_GT(self->rss_bytes, 0U);
  EXPECT_LT(self->started, SystemClock().Now() + 2s);
  EXPECT_GT(self->started, SystemClock().Now() - 24h);
  const auto files = table.OpenFilesBelow(::getpid(), dir.path());
  ASSERT_TRUE(files.has_value());
  ASSERT_EQ(files->size(), 1U);
  EXPECT_EQ((*files)[0].path, file);
  EXPECT_TRUE((*files)[0].writable);
  EXPECT_GT(table.PssBytes(::getpid()).value_or(0), 0U);
  ::close(fd);
}

TEST(PythonScript, IsTheFirstArgumentThatIsNoOption) {
  const auto script = [](std::vector<std::string> argv) {
    argv.insert(argv.begin(), "python3");
    return PythonScript({.exe = "/usr/bin/python3.11", .argv = argv});
  };
  EXPECT_EQ(script({"batch_test.py", "--model", "x"}), "batch_test.py");
  EXPECT_EQ(script({"-u", "batch_test.py"}), "batch_test.py");
  EXPECT_EQ(script({"-uBW", "ignore", "batch_test.py"}), "batch_test.py");
  EXPECT_EQ(script({"-Wignore", "-X", "dev", "a.py"}), "a.py");
  EXPECT_EQ(script({"-Xdev", "--", "-odd.py"}), "-odd.py");
  EXPECT_EQ(script({"--check-hash-based-pycs", "always", "a.py"}), "a.py");
  EXPECT_EQ(script({"-m", "smart_batch.run", "x"}), "smart_batch.run");
  EXPECT_EQ(script({"-um", "smart_batch"}), "smart_batch");
  EXPECT_EQ(script({"-msmart_batch"}), "smart_batch");
  EXPECT_EQ(script({"-c", "import batch_test", "batch_test.py"}), "");
  EXPECT_EQ(script({"-uc", "import batch_test"}), "");
  EXPECT_EQ(script({"-", "batch_test.py"}), "");
  EXPECT_EQ(script({}), "");
}

TEST(PythonScript, AsksTheProgramAndNotItsArguments) {
  EXPECT_EQ(PythonScript(
                {.exe = "/usr/bin/vim", .argv = {"python", "batch_test.py"}}),
            "");
  // Somebody else's process: its program cannot be seen.
  EXPECT_EQ(PythonScript({.argv = {"/opt/bin/python3", "batch_test.py"}}),
            "batch_test.py");
  EXPECT_EQ(PythonScript({.argv = {"grep", "batch_test.py"}}), "");
}

TEST(IsBelow, GoesByWholeNames) {
  EXPECT_TRUE(IsBelow("/a/b", "/a/b"));
  EXPECT_TRUE(IsBelow("/a/b/c", "/a/b"));
  EXPECT_FALSE(IsBelow("/a/bc", "/a/b"));
  EXPECT_FALSE(IsBelow("/a", "/a/b"));
  EXPECT_FALSE(IsBelow("", "/a"));
}

}  // namespace
}  // namespace benchkeep::host
