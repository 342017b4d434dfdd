#include "store/database.hpp"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdarg>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace meshmq::store {

namespace {

constexpr int format = 1;
constexpr const char* format_key = "format";
constexpr const char* node_key = "node";
/// In the order of node::StoreArea, behind the family of what the database says of itself.
constexpr std::array<const char*, 2> area_names = {"rows", "sessions"};
constexpr std::size_t write_bytes_max = 4 * 1024 * 1024;

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

/// RocksDB's diary: a file on the disk that may be the one that is full, and then an assertion of its writer
/// ends the process. What matters comes as a status.
class Silence final : public rocksdb::Logger {
 public:
  Silence() : Logger(rocksdb::FATAL_LEVEL) {}
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::ColumnFamilyOptions family_options() {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = 8 * 1024 * 1024;
  options.max_write_buffer_number = 2;
  options.compression = rocksdb::kLZ4Compression;
  options.level_compaction_dynamic_level_bytes = true;
  rocksdb::BlockBasedTableOptions table;
  static const auto cache = rocksdb::NewLRUCache(8 * 1024 * 1024);
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::DBOptions database_options() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.db_write_buffer_size = 32 * 1024 * 1024;
  options.max_total_wal_size = 64 * 1024 * 1024;
  options.max_open_files = 256;
  options.info_log = std::make_shared<Silence>();
  options.bytes_per_sync = 1024 * 1024;
  // A torn end is what a crash leaves: everything before it counts.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  return options;
}

/// Files that belong together are missing, or do not hold what was written.
bool is_damage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsPathNotFound() || status.IsNotFound();
}

tl::unexpected<Error> failure(const rocksdb::Status& status, const std::string& path) {
  const Errc code = is_damage(status) ? Errc::malformed : Errc::io;
  return fail(code, fmt::format("the store {} {}: {}", path,
                                is_damage(status) ? "is damaged" : "cannot be used", status.ToString()));
}

/// Without its first file RocksDB would take the rest for rubbish and begin anew.
bool is_headless(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path + "/CURRENT", error)) return false;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("MANIFEST") || name.ends_with(".sst")) return true;
  }
  return false;
}

/// Sessions and hashes of passwords are nobody's business but this node's. RocksDB makes files for everybody.
void keep_private(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  const bool directory = !error && std::filesystem::is_directory(path, error);
  if (directory) std::filesystem::permissions(path, std::filesystem::perms(0750), error);
}

std::vector<rocksdb::ColumnFamilyDescriptor> families() {
  std::vector<rocksdb::ColumnFamilyDescriptor> result;
  result.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options());
  for (const char* name : area_names) result.emplace_back(name, family_options());
  return result;
}

tl::unexpected<Error> too_new(const std::string& path, const std::string& what) {
  return fail(
      Errc::unsupported,
      fmt::format("the store {} was written by a later version ({}; this one knows format {}): run that "
                  "version, or give this node another node.data_dir",
                  path, what, format));
}

}  // namespace

struct Database::Rocks {
  std::string path;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;

  ~Rocks() {
    for (rocksdb::ColumnFamilyHandle* family : families) db->DestroyColumnFamilyHandle(family);
    if (db) db->Close();
  }
  rocksdb::ColumnFamilyHandle* of(node::StoreArea area) const {
    return families[1 + static_cast<std::size_t>(area)];
  }
  Result<void> begin(const std::string& node);
  Result<void> check(const std::string& node);
};

Result<void> Database::Rocks::begin(const std::string& node) {
  rocksdb::WriteBatch batch;
  batch.Put(format_key, std::to_string(format));
  batch.Put(node_key, node);
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = db->Write(options, &batch);
  return status.ok() ? Result<void>() : failure(status, path);
}

Result<void> Database::Rocks::check(const std::string& node) {
  std::string found;
  const rocksdb::Status status = db->Get({}, format_key, &found);
  if (status.IsNotFound()) return begin(node);
  if (!status.ok()) return failure(status, path);
  int number = 0;
  std::from_chars(found.data(), found.data() + found.size(), number);
  if (number > format) return too_new(path, "format " + found);
  std::string owner;
  if (const auto got = db->Get({}, node_key, &owner); !got.ok()) return failure(got, path);
  if (owner == node) return {};
  return fail(Errc::refused,
              fmt::format("the store {} is that of node {}, not of {}: a node that gets another "
                          "name (node.name) needs another node.data_dir",
                          path, owner, node));
}

Database::Database(std::unique_ptr<Rocks> rocks) : rocks_(std::move(rocks)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const std::string& node) {
  if (is_headless(path))
    return fail(Errc::malformed, "the store " + path + " is damaged: CURRENT is missing");
  std::vector<std::string> names;
  if (rocksdb::DB::ListColumnFamilies(database_options(), path, &names).ok()) {
    for (const std::string& name : names) {
      const bool known = name == rocksdb::kDefaultColumnFamilyName ||
                         std::find(area_names.begin(), area_names.end(), name) != area_names.end();
      if (!known) return too_new(path, "it holds " + name);
    }
  }
  keep_private(path);
  auto rocks = std::make_unique<Rocks>();
  rocks->path = path;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(database_options(), path, families(), &rocks->families, &opened);
  rocks->db.reset(opened);
  if (!status.ok()) return failure(status, path);
  if (auto checked = rocks->check(node); !checked) return tl::unexpected<Error>(std::move(checked.error()));
  return std::unique_ptr<Database>(new Database(std::move(rocks)));
}

Result<std::string> Database::set_aside(const std::string& path) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
  const std::string first = path + ".damaged-" + stamp;
  std::string to = first;
  std::error_code error;
  for (int i = 2; std::filesystem::exists(to, error); ++i) to = fmt::format("{}-{}", first, i);
  std::filesystem::rename(path, to, error);
  if (error) return fail(Errc::io, fmt::format("cannot rename {} to {}: {}", path, to, error.message()));
  return to;
}

Result<void> Database::for_each(
    node::StoreArea area,
    const std::function<void(std::string_view key, std::string_view value)>& visit) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = 2 * 1024 * 1024;
  const std::unique_ptr<rocksdb::Iterator> it(rocks_->db->NewIterator(options, rocks_->of(area)));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    visit({it->key().data(), it->key().size()}, {it->value().data(), it->value().size()});
  }
  return it->status().ok() ? Result<void>() : failure(it->status(), rocks_->path);
}

Result<void> Database::write(std::span<const node::StoreBatch> batches, Sync sync) {
  rocksdb::WriteBatch pending;
  const auto flush = [&](bool last) {
    rocksdb::WriteOptions options;
    options.sync = last && sync == Sync::yes;
    rocksdb::Status status = rocks_->db->Write(options, &pending);
    // After an error of the disk RocksDB refuses until it is told that the disk is well again.
    if (!status.ok() && rocks_->db->Resume().ok()) status = rocks_->db->Write(options, &pending);
    pending.Clear();
    return status;
  };
  for (const node::StoreBatch& batch : batches) {
    for (const node::StoreChange& change : batch) {
      rocksdb::ColumnFamilyHandle* family = rocks_->of(change.area);
      if (change.value) {
        pending.Put(family, slice(change.key), slice(*change.value));
      } else {
        pending.Delete(family, slice(change.key));
      }
      if (pending.GetDataSize() < write_bytes_max) continue;
      if (const auto status = flush(false); !status.ok()) return failure(status, rocks_->path);
    }
  }
  const auto status = flush(true);
  return status.ok() ? Result<void>() : failure(status, rocks_->path);
}

Result<void> Database::sync() {
  const rocksdb::Status status = rocks_->db->SyncWAL();
  return status.ok() ? Result<void>() : failure(status, rocks_->path);
}

}  // namespace meshmq::store
