// Messages that wait for delivery.

#include "store/outbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "fs/atomic_file.h"

namespace benchkeep::store {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::uint64_t kMaxItemBytes = std::uint64_t{1} << 20;
constexpr std::uint32_t kPrivate = 0600;
constexpr std::uint32_t kPrivateFolder = 0700;
constexpr std::string_view kSuffix = ".json";

bool IsItemName(const fs::DirEntry& entry) {
  return entry.type == fs::FileType::kRegular && !entry.name.starts_with('.') &&
         entry.name.ends_with(kSuffix);
}

std::string MakeId(TimePoint now) {
  std::random_device random;
  const auto nanos = now - std::chrono::floor<std::chrono::seconds>(now);
  return fmt::format("{}-{:09}-{:08x}{:08x}", FormatStamp(now), nanos.count(),
                     random(), random());
}

Json Time(const std::optional<TimePoint>& time) {
  return time ? Json::String(FormatIso(*time)) : Json();
}

Json ItemToJson(const OutboxItem& item) {
  Json json = Json::Object();
  json.Set("version", Json::Int(kVersion));
  json.Set("channel", Json::String(item.channel));
  json.Set("kind", Json::String(item.kind));
  json.Set("recipient", Json::String(item.recipient));
  json.Set("message_id", Json::String(item.message_id));
  json.Set("created", Time(item.created));
  json.Set("attempts", Json::Int(item.attempts));
  json.Set("next_attempt", Time(item.next_attempt));
  json.Set("last_error", Json::String(item.last_error));
  json.Set("content", item.content);
  return json;
}

std::optional<OutboxItem> ItemFromJson(const Json& json,
                                       const std::string& id) {
  const auto channel = json.StringAt("channel");
  const auto created = json.StringAt("created");
  const Json* content = json.Find("content");
  if (json.IntAt("version") != kVersion || !channel || !created ||
      content == nullptr || !content->is_object()) {
    return std::nullopt;
  }
  const auto time = ParseIso(*created);
  if (!time) return std::nullopt;
  OutboxItem item;
  item.id = id;
  item.channel = *channel;
  item.kind = json.StringAt("kind").value_or("");
  item.recipient = json.StringAt("recipient").value_or("");
  item.message_id = json.StringAt("message_id").value_or("");
  item.created = *time;
  item.attempts = json.IntAt("attempts").value_or(0);
  item.next_attempt = ParseIso(json.StringAt("next_attempt").value_or(""));
  item.last_error = json.StringAt("last_error").value_or("");
  item.content = *content;
  return item;
}

}  // namespace

Status Outbox::Add(OutboxItem& item) {
  item.created = store_->clock().Now();
  item.id = MakeId(item.created);
  BENCHKEEP_TRY(MakeFolder());
  return Update(item);
}

// Its name must outlast a power cut, too; one that is there already may be the
// work of somebody who did not get that far.
Status Outbox::MakeFolder() const {
  fs::FileSystem& files = store_->file_system();
  const Layout& layout = store_->layout();
  BENCHKEEP_TRY(files.MakeDirs(layout.outbox(), kPrivateFolder));
  BENCHKEEP_TRY(files.SyncDir(layout.state()));
  return files.SyncDir(layout.root());
}

Status Outbox::Update(const OutboxItem& item) {
  return fs::ReplaceFile(store_->file_system(),
                         store_->layout().outbox_item(item.id),
                         ItemToJson(item).Dump() + "\n", kPrivate);
}

Status Outbox::Remove(const OutboxItem& item) {
  return store_->file_system().Remove(store_->layout().outbox_item(item.id));
}

Status Outbox::Sync() {
  Status synced = store_->file_system().SyncDir(store_->layout().outbox());
  if (!synced.ok() && synced.error().code == Code::kNotFound) return {};
  return synced;
}

Result<OutboxList> Outbox::List() const {
  OutboxList list;
  fs::FileSystem& files = store_->file_system();
  const auto entries = files.List(store_->layout().outbox());
  if (!entries.ok()) {
    if (entries.error().code == Code::kNotFound) return list;
    return Unexpected(entries.error());
  }
  for (const fs::DirEntry& entry : *entries) {
    if (!IsItemName(entry)) continue;
    const std::string id =
        entry.name.substr(0, entry.name.size() - kSuffix.size());
    const Result<std::string> text =
        fs::ReadFile(files, store_->layout().outbox_item(id), kMaxItemBytes);
    // Whoever delivers may have taken it away meanwhile.
    if (!text.ok() && text.error().code == Code::kNotFound) continue;
    const Result<Json> json =
        text.ok() ? ParseJson(*text) : Result<Json>(Json());
    std::optional<OutboxItem> item =
        json.ok() ? ItemFromJson(*json, id) : std::nullopt;
    if (item) {
      list.items.push_back(std::move(*item));
    } else {
      list.damaged.push_back(entry.name);
    }
  }
  std::sort(
      list.items.begin(), list.items.end(),
      [](const OutboxItem& a, const OutboxItem& b) { return a.id < b.id; });
  std::sort(list.damaged.begin(), list.damaged.end());
  return list;
}

Result<std::uint64_t> Outbox::Count() const {
  const auto entries = store_->file_system().List(store_->layout().outbox());
  if (!entries.ok()) {
    if (entries.error().code == Code::kNotFound) return std::uint64_t{0};
    return Unexpected(entries.error());
  }
  return static_cast<std::uint64_t>(
      std::count_if(entries->begin(), entries->end(), IsItemName));
}

Result<fs::FileLock> Outbox::Lock(std::chrono::nanoseconds wait) const {
  BENCHKEEP_TRY(
      store_->file_system().MakeDirs(store_->layout().state(), kPrivateFolder));
  Result<fs::FileLock> lock = fs::FileLock::Acquire(
      store_->layout().outbox_lock(), store_->clock(), wait, kPrivate);
  if (!lock.ok() && lock.error().code == Code::kBusy) {
    return Fail(Code::kBusy,
                Say(N_("another run is delivering messages already")),
                Say(N_("wait until it is done; `benchkeep notify queue` shows "
                       "what is left")));
  }
  return lock;
}

}  // namespace benchkeep::store
