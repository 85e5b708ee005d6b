// Backups end to end without the program: flipped bits, hostile manifests,
// bombs, and archives of strangers.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "fs/gzip.h"
#include "fs/posix_file_system.h"
#include "fs/sha256.h"
#include "ops/backup_create.h"
#include "ops/backup_judge.h"
#include "ops/offsite.h"
#include "ops/restore_master.h"
#include "store/backup_catalog.h"
#include "store/backup_extract.h"
#include "store/store_lock.h"
#include "support/temp_dir.h"

namespace benchkeep::ops {
namespace {

constexpr const char* kMaster =
    "pilot_bench_cumulative_results/master_database.json";

std::string MasterWith(const std::string& model, int tests) {
  return R"({"version": "3.0", "models": {")" + model +
         R"(": {"total_tests": )" + std::to_string(tests) +
         R"(, "by_prompt_type": {"optimal": {"by_tool_success_rate": {"0.8": )"
         R"({"by_difficulty": {"easy": {"by_task_type": {"simple": {"total": )" +
         std::to_string(tests) + R"(, "success": 1, "failed": )" +
         std::to_string(tests - 1) +
         R"(}}}}}}}}}}, "summary": {"total_tests": )" + std::to_string(tests) +
         "}}";
}

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() {
    Write(kMaster, MasterWith("m", 10));
    Write("pilot_bench_parquet_data/metadata.json", "{\"rows\": 3}");
    Write("pilot_bench_parquet_data/notes/read me.txt", std::string(700, 'n'));
    Write("config/keys.json", "{\"key\": \"sk\"}");
  }

  void Write(const std::string& name, const std::string& text) {
    const fs::Path path = root() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  }
  [[nodiscard]] fs::Path root() const { return dir_.path() / "store"; }

  store::Store Open() {
    auto store = store::Store::Open(files_, clock_, root());
    BENCHKEEP_CHECK(store.ok());
    return std::move(*store);
  }

  BackupCreateReport Create(const BackupCreateOptions& options = {}) {
    const store::Store store = Open();
    auto lock = store::StoreLock::Acquire(store, "test");
    BENCHKEEP_CHECK(lock.ok());
    NoProgress progress;
    auto report = CreateBackup(store, &*lock, options, progress);
    EXPECT_TRUE(report.ok()) << report.error().message.English();
    return report.ok() ? std::move(*report) : BackupCreateReport{};
  }

  // What reading the whole backup finds.
  std::size_t DamageOf(const fs::Path& folder) {
    const auto text =
        fs::ReadFile(files_, folder / store::kBackupManifest, 1U << 20U);
    if (!text.ok()) return 1;
    const auto manifest = store::ParseManifest(*text, "MANIFEST.json");
    if (!manifest.ok()) return 1;
    NoProgress progress;
    const auto damage =
        store::ExtractBackup(files_, folder, *manifest, {}, {}, progress);
    EXPECT_TRUE(damage.ok());
    return damage.ok() ? damage->size() : 1;
  }

  TempDir dir_;
  fs::PosixFileSystem files_;
  ManualClock clock_{TimePoint{std::chrono::hours(24 * 365 * 50)}};
};

TEST_F(BackupTest, IsGoodAndCounted) {
  const BackupCreateReport report = Create();
  EXPECT_EQ(report.state, store::BackupState::kGood);
  EXPECT_EQ(report.files, 4U);
  EXPECT_EQ(report.counts.total_tests(), 10U);
  EXPECT_EQ(DamageOf(report.folder), 0U);
  // Equal stores make equal archives, with another benchkeep's threads, too.
  Write("config/keys.json", "changed");
  const BackupCreateReport second = Create();
  EXPECT_GT(second.shared_bytes, 0U);
  EXPECT_EQ(*fs::Sha256OfFile(files_, report.folder / store::kBackupArchive),
            *fs::Sha256OfFile(files_, second.folder / store::kBackupArchive));
}

TEST_F(BackupTest, EveryFlippedBitIsFound) {
  const BackupCreateReport report = Create();
  struct File {
    fs::Path path;
    std::string bytes;
  };
  std::vector<File> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(report.folder)) {
    if (!entry.is_regular_file()) continue;
    std::filesystem::permissions(entry.path(), std::filesystem::perms{0600});
    files.push_back(
        {entry.path(), *fs::ReadFile(files_, entry.path(), 1U << 20U)});
  }
  ASSERT_EQ(files.size(), 4U);
  const bool full = std::getenv("BENCHKEEP_LONG") != nullptr;
  const int flips = full ? 10'000 : 1'500;
  std::mt19937 random(7);
  int found = 0;
  for (int i = 0; i < flips; ++i) {
    const File& file = files[random() % files.size()];
    const std::size_t bit = random() % (file.bytes.size() * 8);
    std::string damaged = file.bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    std::ofstream(file.path, std::ios::binary | std::ios::trunc) << damaged;
    const bool seen = DamageOf(report.folder) > 0;
    EXPECT_TRUE(seen) << "bit " << bit << " of " << file.path;
    found += seen ? 1 : 0;
    std::ofstream(file.path, std::ios::binary | std::ios::trunc) << file.bytes;
  }
  EXPECT_EQ(found, flips);
  EXPECT_EQ(DamageOf(report.folder), 0U);
}

// A manifest with a valid seal, whatever it says.
std::string Sealed(const std::string& text) {
  const std::size_t end = text.rfind(",\n \"sha256\": \"");
  const std::string body = text.substr(0, end);
  return body + ",\n \"sha256\": \"" + fs::Sha256Of(body) + "\"\n}\n";
}

TEST_F(BackupTest, HostileManifestsAreRefused) {
  const BackupCreateReport report = Create();
  const std::string text =
      *fs::ReadFile(files_, report.folder / store::kBackupManifest, 1U << 20U);
  ASSERT_TRUE(store::ParseManifest(Sealed(text), "m").ok());
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"\"name\": \"config/keys.json\"", "\"name\": \"../keys.json\""},
      {"\"name\": \"config/keys.json\"", "\"name\": \"/etc/passwd\""},
      {"\"name\": \"config/keys.json\"", "\"name\": \"config//keys.json\""},
      {"\"name\": \"config/keys.json\"", "\"name\": \"MANIFEST.json\""},
      {"\"name\": \"config/keys.json\"", "\"name\": \"master_database.json\""},
      {"\"path\": \"config/keys.json\"", "\"path\": \"config/../../x\""},
      {"\"path\": \"config/keys.json\"", "\"path\": \"/root/.ssh/keys\""},
      {"\"in\": \"config/keys.json\"", "\"in\": \"elsewhere\""},
      {"\"bytes\": 13", "\"bytes\": -1"},
      {"\"bytes\": 13", "\"bytes\": \"13\""},
      {"\"part\": \"config\"", "\"part\": \"root\""},
      {"\"state\": \"good\"", "\"state\": \"excellent\""},
      {"\"id\": \"2", "\"id\": \"../2"},
      {"\"format\": 1", "\"format\": 2"},
      {"\"created_at\": \"2", "\"created_at\": \"x"},
      {"\"files\": [", "\"files\": {}, \"rest\": ["},
      {"\"sequence\": 1", "\"sequence\": null"},
      {"\"counts\": {", "\"counts\": 1, \"other\": {"}};
  for (const auto& [before, after] : changes) {
    std::string changed = text;
    const std::size_t at = changed.find(before);
    ASSERT_NE(at, std::string::npos) << before;
    changed.replace(at, before.size(), after);
    EXPECT_FALSE(store::ParseManifest(Sealed(changed), "m").ok()) << after;
  }
  EXPECT_FALSE(store::ParseManifest("", "m").ok());
  EXPECT_FALSE(
      store::ParseManifest(Sealed(std::string(100'000, '[')), "m").ok());
}

TEST_F(BackupTest, FewerTestsMakeItSuspectUnlessThatIsWanted) {
  Create();
  Write(kMaster, MasterWith("m", 9));
  const BackupCreateReport smaller = Create();
  EXPECT_EQ(smaller.state, store::BackupState::kSuspect);
  ASSERT_EQ(smaller.reasons.size(), 1U);
  EXPECT_EQ(smaller.reasons[0].English(),
            "the master database holds 9 tests, the backup before it 10");
  EXPECT_EQ(Create({.accept_smaller = true}).state, store::BackupState::kGood);
  // From now on 9 is what counts.
  EXPECT_EQ(Create().state, store::BackupState::kGood);
}

TEST_F(BackupTest, ABackupBehindARottenOneIsWhole) {
  const BackupCreateReport first = Create();
  const fs::Path archive = first.folder / store::kBackupArchive;
  std::string bytes = *fs::ReadFile(files_, archive, 1U << 20U);
  bytes[bytes.size() / 2] ^= 1;
  std::filesystem::permissions(archive, std::filesystem::perms{0600});
  std::ofstream(archive, std::ios::binary | std::ios::trunc) << bytes;
  const BackupCreateReport second = Create();
  EXPECT_EQ(second.state, store::BackupState::kGood);
  EXPECT_EQ(DamageOf(second.folder), 0U);
  EXPECT_EQ(files_.Info(second.folder / store::kBackupArchive)->links, 1U);
}

TEST_F(BackupTest, IdsAndPrefixes) {
  const std::string first = Create().id;
  const std::string second = Create().id;
  EXPECT_LT(first, second);
  const store::Store store = Open();
  EXPECT_EQ(store::FindBackup(store, "latest")->id, second);
  EXPECT_EQ(store::FindBackup(store, first)->id, first);
  EXPECT_FALSE(store::FindBackup(store, first.substr(0, 8)).ok());
  EXPECT_FALSE(store::FindBackup(store, "").ok());
  EXPECT_FALSE(store::FindBackup(store, "../x").ok());
}

TEST_F(BackupTest, ABombIsNotUnpacked) {
  const fs::Path bomb = dir_.path() / "bomb.tar.gz";
  auto file = files_.Create(bomb, 0600);
  fs::GzipWriter gzip(**file, 2);
  fs::TarWriter tar([&](std::string_view more) { return gzip.Write(more); });
  constexpr std::uint64_t kBytes = 64U << 20U;
  ASSERT_TRUE(tar.Begin({"big", false, kBytes, 0644, 0}).ok());
  const std::string zeros(1U << 20U, '\0');
  for (std::uint64_t done = 0; done < kBytes; done += zeros.size()) {
    ASSERT_TRUE(tar.Write(zeros).ok());
  }
  ASSERT_TRUE(tar.Finish().ok() && gzip.Finish().ok());
  ASSERT_TRUE((*file)->Close().ok());
  NoProgress progress;
  const fs::Path out = dir_.path() / "out";
  const auto unpacked =
      store::ExtractForeignArchive(files_, bomb, out, progress);
  ASSERT_FALSE(unpacked.ok());
  EXPECT_EQ(unpacked.error().code, Code::kCorruption);
  EXPECT_FALSE(std::filesystem::exists(out / "big"));
}

TEST_F(BackupTest, AnArchiveThatHoldsSomethingElseIsDamage) {
  const BackupCreateReport report = Create();
  const fs::Path archive = report.folder / store::kBackupArchive;
  std::filesystem::remove(archive);
  auto file = files_.Create(archive, 0600);
  fs::GzipWriter gzip(**file, 1);
  fs::TarWriter tar([&](std::string_view more) { return gzip.Write(more); });
  ASSERT_TRUE(tar.Begin({"stranger", false, 2, 0644, 0}).ok());
  ASSERT_TRUE(tar.Write("hi").ok());
  ASSERT_TRUE(tar.Finish().ok() && gzip.Finish().ok());
  ASSERT_TRUE((*file)->Close().ok());
  EXPECT_GE(DamageOf(report.folder), 3U);
}

TEST(MergeMaster, TakesWhatIsMissingOrSmaller) {
  const std::string now = MasterWith("m", 3);
  const std::string then = MasterWith("m", 10);
  const auto merged = MergeMaster(now, then, {.models = {"m"}}, "x");
  ASSERT_TRUE(merged.ok()) << merged.error().message.English();
  EXPECT_EQ(merged->cells, 1U);
  EXPECT_EQ(merged->tests_added, 7U);
  EXPECT_EQ(merged->document.Find("summary")->IntAt("total_tests"), 10);
  EXPECT_EQ(merged->document.Find("models")->Find("m")->IntAt("total_tests"),
            10);
  // As many or more of today stand.
  EXPECT_EQ(MergeMaster(then, now, {.models = {"m"}}, "x")->cells, 0U);
  EXPECT_EQ(MergeMaster(now, then, {.models = {"other"}}, "x")->cells, 0U);
  EXPECT_EQ(MergeMaster(now, then, {.prompt_types = {"cot"}}, "x")->cells, 0U);
  const auto added = MergeMaster(now, MasterWith("new/~name", 4),
                                 {.models = {"new/~name"}}, "x");
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(added->tests_after, 7U);
}

TEST(Offsite, HidesCredentials) {
  EXPECT_EQ(WithoutCredentials("rest:https://me:secret@host/x"),
            "rest:https://host/x");
  EXPECT_EQ(WithoutCredentials("a https://u:p@h/ and s3:http://k:s@h2"),
            "a https://h/ and s3:http://h2");
  EXPECT_EQ(WithoutCredentials("sftp:me@host:/x"), "sftp:me@host:/x");
  EXPECT_EQ(WithoutCredentials("/srv/a@b"), "/srv/a@b");
}

}  // namespace
}  // namespace benchkeep::ops
