// FindWriters: who is one, and above all who is not.

#include "host/writers.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>

#include "fake_proc.h"
#include "support/temp_dir.h"

namespace benchkeep::host {
namespace {

constexpr const char* kPython = "/usr/bin/python3.11";
constexpr std::int64_t kBoot = 1'700'000'000;
constexpr std::int64_t kNanos = 1'000'000'000;

class FindWritersTest : public testing::Test {
 protected:
  FindWritersTest() {
    query_.root = "/store";
    query_.data = {"/store/data", "/store/master"};
    query_.apart = {"/store/.benchkeep", "/store/backups"};
    query_.patterns = {"batch_test", "smart_batch", "ultra_parallel"};
    query_.self = 900;
    proc_.Add({.pid = 1, .parent = 0, .exe = "/sbin/init"});
    proc_.Add({.pid = 900, .exe = "/usr/bin/benchkeep"});
  }

  std::map<int, Writer> Find() {
    std::map<int, Writer> found;
    for (Writer& writer : FindWriters(ProcessTable(proc_.path()), query_)) {
      const int pid = writer.process.pid;
      found.emplace(pid, std::move(writer));
    }
    return found;
  }

  TempDir dir_;
  FakeProc proc_{dir_.path() / "proc", kBoot};
  WriterQuery query_;
};

TEST_F(FindWritersTest, AnyProgramThatHasDataOpenForWriting) {
  proc_.Add({.pid = 10, .exe = "/usr/bin/rsync"});
  proc_.Open(10, 3, "/store/data/incremental/a.parquet", "0100001");
  proc_.Add({.pid = 11, .exe = "/usr/bin/less"});
  proc_.Open(11, 3, "/store/data/incremental/a.parquet", "0100000");
  proc_.Add({.pid = 12, .exe = kPython, .argv = {"python3", "-c", "x"}});
  proc_.Open(12, 3, "/store/logs/run.log", "02001");
  // The shell of "python3 run.py > logs/run.log", an editor, our own kind.
  proc_.Add({.pid = 13, .exe = "/bin/bash"});
  proc_.Open(13, 1, "/store/logs/run.log", "01");
  proc_.Add({.pid = 14, .exe = "/usr/bin/vim"});
  proc_.Open(14, 4, "/store/master/.master_database.json.swp", "02");
  proc_.Add({.pid = 15, .exe = "/usr/bin/benchkeep"});
  proc_.Open(15, 4, "/store/.benchkeep/state.db", "02");
  const auto found = Find();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found.at(10).sign, WriterSign::kOpenFile);
  EXPECT_EQ(found.at(10).evidence, "/store/data/incremental/a.parquet");
  EXPECT_TRUE(found.at(10).certain);
  EXPECT_EQ(found.at(12).sign, WriterSign::kOpenFile);
}

TEST_F(FindWritersTest, ThePidInTheNameOfAnIncrement) {
  const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  for (const int pid : {20, 21, 22}) {
    proc_.Add({.pid = pid,
               .start_ticks = 1000 * ticks,
               .exe = pid == 22 ? "/usr/bin/vim" : kPython,
               .argv = {"python3", "anything.py"}});
  }
  query_.increments = {{"increment_20_1700.parquet", (kBoot + 2000) * kNanos},
                       // Written before the process with that number started.
                       {"increment_21_1700.parquet", (kBoot + 500) * kNanos},
                       {"increment_22_1700.parquet", (kBoot + 2000) * kNanos}};
  const auto found = Find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.at(20).sign, WriterSign::kIncrement);
  EXPECT_EQ(found.at(20).evidence, "increment_20_1700.parquet");
}

TEST_F(FindWritersTest, APythonScriptWithAWritersName) {
  const auto add = [&](int pid, const char* exe, std::vector<std::string> argv,
                       const char* cwd) {
    proc_.Add({.pid = pid, .exe = exe, .argv = std::move(argv), .cwd = cwd});
  };
  add(30, kPython, {"python3", "-u", "smart_batch_runner.py"}, "/store");
  add(31, kPython, {"python3", "/opt/batch_test.py", "--out=/store/data"}, "/");
  add(32, kPython, {"python3", "/opt/batch_test.py"}, "/other");
  add(33, "/usr/bin/vim", {"vim", "batch_test.py"}, "/store");
  add(34, "/usr/bin/grep", {"grep", "-r", "batch_test", "."}, "/store");
  add(35, kPython, {"python3", "edit.py", "batch_test.py"}, "/store");
  add(36, kPython, {"python3", "-c", "1", "batch_test.py"}, "/store");
  add(37, kPython, {"python3", "/batch_test_data/plot.py"}, "/store");
  add(38, kPython, {"python3", "-m", "tools.ultra_parallel"}, "/store/sub");
  add(39, kPython, {"python3", "/opt/batch_test.py", "../store/x"}, "/other");
  const auto found = Find();
  EXPECT_EQ(found.size(), 5U);
  for (const int pid : {30, 31, 38, 39}) {
    ASSERT_TRUE(found.contains(pid)) << pid;
    EXPECT_EQ(found.at(pid).sign, WriterSign::kScript);
    EXPECT_TRUE(found.at(pid).certain) << pid;
  }
  // Perhaps of another campaign.
  ASSERT_TRUE(found.contains(32));
  EXPECT_FALSE(found.at(32).certain);
}

TEST_F(FindWritersTest, TheWorkersThatAWriterStarted) {
  proc_.Add({.pid = 40,
             .exe = kPython,
             .argv = {"python3", "batch_test.py"},
             .cwd = "/store"});
  proc_.Add({.pid = 39,  // Numbers wrap around.
             .parent = 40,
             .exe = kPython,
             .argv = {"python3", "-c", "from multiprocessing.spawn ..."}});
  proc_.Add({.pid = 42, .parent = 39, .exe = kPython, .argv = {"python3"}});
  proc_.Add({.pid = 43, .parent = 40, .exe = "/usr/bin/git"});
  const auto found = Find();
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found.at(39).sign, WriterSign::kChild);
  EXPECT_EQ(found.at(39).evidence, "40");
  EXPECT_EQ(found.at(42).evidence, "39");
}

TEST_F(FindWritersTest, NeverUsNorThoseThatStartedUs) {
  proc_.Add({.pid = 50,
             .exe = kPython,
             .argv = {"python3", "batch_test_nightly.py"},
             .cwd = "/store"});
  proc_.Open(50, 3, "/store/data/x.parquet", "01");
  proc_.Add({.pid = 51, .parent = 50, .exe = "/bin/sh"});
  proc_.Add({.pid = 52, .parent = 51, .exe = "/usr/bin/benchkeep"});
  query_.self = 52;
  EXPECT_TRUE(Find().empty());
  query_.self = 900;
  EXPECT_EQ(Find().size(), 1U);
}

TEST_F(FindWritersTest, TheDeadAreNone) {
  proc_.Add({.pid = 60,
             .exe = kPython,
             .argv = {"python3", "batch_test.py"},
             .cwd = "/store",
             .state = 'Z'});
  EXPECT_TRUE(Find().empty());
}

TEST(PidOfIncrement, ReadsOnlyTheNamesThatWritersMake) {
  EXPECT_EQ(PidOfIncrement("increment_4711_20250828.parquet"), 4711);
  EXPECT_EQ(PidOfIncrement("increment_4711.parquet"), 0);
  EXPECT_EQ(PidOfIncrement("increment_x_1.parquet"), 0);
  EXPECT_EQ(PidOfIncrement("increment_-3_1.parquet"), 0);
  EXPECT_EQ(PidOfIncrement("increment_99999999999_1.parquet"), 0);
  EXPECT_EQ(PidOfIncrement("part_4711_1.parquet"), 0);
}

}  // namespace
}  // namespace benchkeep::host
