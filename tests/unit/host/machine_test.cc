// Limits of a machine that lies in a folder: affinity, control groups of both
// versions, memory, pressure.

#include "host/machine.h"

#include <gtest/gtest.h>

#include "fake_machine.h"
#include "support/temp_dir.h"

namespace benchkeep::host {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

class MachineTest : public testing::Test {
 protected:
  TempDir dir_;
  FakeMachine fake_{dir_.path() / "root"};
  Machine machine_{fake_.root()};
};

TEST(CpuList, ReadsRangesAndRefusesTheRest) {
  EXPECT_EQ(CpuList("0-3,8\n"), (std::vector<int>{0, 1, 2, 3, 8}));
  EXPECT_EQ(CpuList("5"), std::vector<int>{5});
  EXPECT_TRUE(CpuList("").empty());
  EXPECT_TRUE(CpuList("a-b").empty());
  EXPECT_TRUE(CpuList("3-1").empty());
  EXPECT_TRUE(CpuList("0-99999999").empty());
}

TEST_F(MachineTest, AMachineWithoutLimits) {
  const CpuAllowance cpus = machine_.Cpus();
  EXPECT_EQ(cpus.online, 8);
  EXPECT_EQ(cpus.affinity, 8);
  EXPECT_FALSE(cpus.quota.has_value());
  const auto memory = machine_.Memory();
  ASSERT_TRUE(memory.has_value());
  EXPECT_EQ(memory->total_bytes, 16 * kGiB);
  EXPECT_EQ(memory->LeastAvailable(), 12 * kGiB);
  EXPECT_DOUBLE_EQ(memory->FreePercent(), 75);
  EXPECT_EQ(memory->swap_free_bytes, std::uint64_t{1} << 20);
  EXPECT_TRUE(memory->groups.empty());
  EXPECT_FALSE(machine_.PressureOf("memory").has_value());
  EXPECT_FALSE(machine_.Reclaimable().has_value());
}

TEST_F(MachineTest, AMachineThatSaysNothing) {
  const Machine nothing(dir_.path() / "nothing");
  EXPECT_EQ(nothing.Cpus().online, 1);
  EXPECT_EQ(nothing.Cpus().affinity, 1);
  EXPECT_FALSE(nothing.Memory().has_value());
}

TEST_F(MachineTest, AffinityCountsOnlyProcessorsThatAreThere) {
  fake_.Allow("6-63");
  EXPECT_EQ(machine_.Cpus().affinity, 2);
}

TEST_F(MachineTest, TheTightestQuotaOfVersion2Counts) {
  fake_.Write("proc/self/cgroup", "0::/jobs/night\n");
  fake_.Write("sys/fs/cgroup/jobs/night/cpu.max", "max 100000\n");
  EXPECT_FALSE(machine_.Cpus().quota.has_value());
  fake_.Write("sys/fs/cgroup/jobs/cpu.max", "150000 100000\n");
  EXPECT_DOUBLE_EQ(machine_.Cpus().quota.value(), 1.5);
  EXPECT_EQ(machine_.Cpus().quota_group, "/jobs");
  fake_.Write("sys/fs/cgroup/jobs/night/cpu.max", "50000 100000\n");
  EXPECT_DOUBLE_EQ(machine_.Cpus().quota.value(), 0.5);
  EXPECT_EQ(machine_.Cpus().quota_group, "/jobs/night");
}

TEST_F(MachineTest, QuotaAndMemoryOfVersion1WhereItIsMounted) {
  fake_.Write("proc/self/cgroup",
              "4:memory:/m\n2:cpu,cpuacct:/docker/abc\n0::/\n");
  // The controller's mount begins in the middle, as in a container.
  fake_.Write("proc/self/mountinfo",
              "33 31 0:30 /docker/abc /cg/cpu rw - cgroup cgroup rw,cpu\n"
              "35 31 0:32 / /cg/memory rw,relatime shared:9 - cgroup cgroup "
              "rw,memory\n"
              "41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw\n");
  fake_.Write("cg/cpu/cpu.cfs_quota_us", "-1\n");
  fake_.Write("cg/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_FALSE(machine_.Cpus().quota.has_value());
  fake_.Write("cg/cpu/cpu.cfs_quota_us", "300000\n");
  EXPECT_DOUBLE_EQ(machine_.Cpus().quota.value(), 3);

  fake_.Write("cg/memory/m/memory.limit_in_bytes", std::to_string(2 * kGiB));
  fake_.Write("cg/memory/m/memory.usage_in_bytes", std::to_string(kGiB));
  fake_.Write("cg/memory/m/memory.stat",
              "inactive_file 7\ntotal_inactive_file " +
                  std::to_string(kGiB / 2) + "\n");
  // "No limit" is a very large number there.
  fake_.Write("cg/memory/memory.limit_in_bytes", "9223372036854771712\n");
  const auto memory = machine_.Memory();
  ASSERT_EQ(memory->groups.size(), 1U);
  EXPECT_EQ(memory->groups[0].name, "/m");
  EXPECT_EQ(memory->groups[0].available_bytes(), 2 * kGiB - kGiB / 2);
}

TEST_F(MachineTest, MemoryOfVersion2WithItsHighMark) {
  fake_.Write("proc/self/cgroup", "0::/jobs\n");
  fake_.Write("sys/fs/cgroup/jobs/memory.max", "max\n");
  EXPECT_TRUE(machine_.Memory()->groups.empty());
  fake_.Write("sys/fs/cgroup/jobs/memory.high", std::to_string(4 * kGiB));
  fake_.Write("sys/fs/cgroup/jobs/memory.current", std::to_string(5 * kGiB));
  fake_.Write("sys/fs/cgroup/jobs/memory.stat", "anon 1\n");
  const auto memory = machine_.Memory();
  ASSERT_EQ(memory->groups.size(), 1U);
  EXPECT_EQ(memory->groups[0].limit_bytes, 4 * kGiB);
  EXPECT_EQ(memory->LeastAvailable(), 0U);
  EXPECT_DOUBLE_EQ(memory->FreePercent(), 0);
}

TEST_F(MachineTest, PressureAndGroups) {
  fake_.Pressure(2.5, 0.75);
  const auto pressure = machine_.PressureOf("memory");
  ASSERT_TRUE(pressure.has_value());
  EXPECT_DOUBLE_EQ(pressure->some.avg300, 2.5);
  EXPECT_DOUBLE_EQ(pressure->full.avg300, 0.75);
  EXPECT_DOUBLE_EQ(pressure->some.avg10, 0.1);
  fake_.Write("proc/42/cgroup", "4:memory:/old\n0::/new\n");
  EXPECT_EQ(machine_.MemoryGroupOf(42), "/old");
  fake_.Write("proc/43/cgroup", "0::/new\n");
  EXPECT_EQ(machine_.MemoryGroupOf(43), "/new");
  EXPECT_EQ(machine_.MemoryGroupOf(44), "");
}

TEST_F(MachineTest, AsksItsOwnGroupForPageCacheOnly) {
  fake_.Write("proc/self/cgroup", "0::/jobs\n");
  fake_.Write("sys/fs/cgroup/jobs/memory.reclaim", "");
  fake_.Write("sys/fs/cgroup/jobs/memory.current", "9000\n");
  fake_.Write("sys/fs/cgroup/jobs/memory.stat", "inactive_file 5000\n");
  const auto from = machine_.Reclaimable();
  ASSERT_TRUE(from.has_value());
  EXPECT_EQ(from->current_bytes, 9000U);
  EXPECT_EQ(from->inactive_bytes, 5000U);
  EXPECT_TRUE(Machine::AskBack(*from, 5000));
  EXPECT_EQ(fake_.Read("sys/fs/cgroup/jobs/memory.reclaim"),
            "5000 swappiness=0");
}

}  // namespace
}  // namespace benchkeep::host
