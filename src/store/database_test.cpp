#include "store/database.hpp"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <vector>

namespace meshmq::store {
namespace {

using node::StoreArea;
using node::StoreBatch;

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    directory = std::filesystem::temp_directory_path() /
                ("meshmq-" + std::string(info->name()) + "-" + std::to_string(::getpid()));
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    path = directory / "store";
  }
  ~DatabaseTest() override { std::filesystem::remove_all(directory); }

  std::unique_ptr<Database> open(const std::string& node = "a@h") {
    auto opened = Database::open(path, node);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  static std::string rows(const Database& database, StoreArea area) {
    std::string text;
    const auto read = database.for_each(area, [&](std::string_view key, std::string_view value) {
      text.append(key).append("=").append(value).append(" ");
    });
    EXPECT_TRUE(read) << read.error().message;
    return text;
  }
  static void write(Database& database, StoreBatch batch, Sync sync = Sync::yes) {
    const auto written = database.write({&batch, 1}, sync);
    ASSERT_TRUE(written) << written.error().message;
  }
  /// Overwrites the middle of the largest file of rows.
  void damage() {
    std::filesystem::directory_entry largest;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (entry.path().extension() != ".sst") continue;
      if (!largest.exists() || entry.file_size() > largest.file_size()) largest = entry;
    }
    ASSERT_TRUE(largest.exists());
    std::fstream file(largest.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(largest.file_size() / 2));
    file << std::string(200, '\x5a');
  }

  std::filesystem::path directory;
  std::filesystem::path path;
};

TEST_F(DatabaseTest, KeepsAreasApartAndRowsInOrder) {
  {
    const auto database = open();
    write(*database,
          {{StoreArea::rows, "b", "2"}, {StoreArea::rows, "a", "1"}, {StoreArea::sessions, "a", "s"}});
    write(*database, {{StoreArea::rows, "b", std::nullopt}, {StoreArea::rows, std::string("\0c", 2), "3"}});
  }
  const auto database = open();
  EXPECT_EQ(rows(*database, StoreArea::rows), std::string("\0c=3 a=1 ", 9));
  EXPECT_EQ(rows(*database, StoreArea::sessions), "a=s ");
}

TEST_F(DatabaseTest, WritesBatchesThatAreLargerThanAWriteWhole) {
  StoreBatch batch;
  for (int i = 0; i < 100; ++i)
    batch.push_back({StoreArea::rows, "k" + std::to_string(i), std::string(100'000, 'x')});
  {
    const auto database = open();
    write(*database, batch, Sync::no);
    EXPECT_TRUE(database->sync());
  }
  std::size_t count = 0;
  std::size_t bytes = 0;
  EXPECT_TRUE(open()->for_each(StoreArea::rows, [&](std::string_view, std::string_view value) {
    ++count;
    bytes += value.size();
  }));
  EXPECT_EQ(count, 100U);
  EXPECT_EQ(bytes, 10'000'000U);
}

TEST_F(DatabaseTest, IsOneNodesOwn) {
  open("a@h");
  const auto other = Database::open(path, "b@h");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::refused);
  EXPECT_EQ(other.error().message, "the store " + path.string() +
                                       " is that of node a@h, not of b@h: a node that gets another name "
                                       "(node.name) needs another node.data_dir");
  EXPECT_TRUE(open("a@h"));
}

TEST_F(DatabaseTest, IsClosedToOtherUsersOfTheMachine) {
  open();
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0750));
  std::filesystem::permissions(path, std::filesystem::perms(0755));
  open();
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0750));
}

TEST_F(DatabaseTest, OfALaterVersionIsRefused) {
  open();
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* name : {"default", "rows", "sessions"})
    families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  const auto change = [&](const std::function<void(rocksdb::DB&)>& how) {
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::DBOptions(), path, families, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    how(*db);
    for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  };
  change([](rocksdb::DB& db) { ASSERT_TRUE(db.Put({}, "format", "2").ok()); });
  auto refused = Database::open(path, "a@h");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unsupported);
  EXPECT_NE(refused.error().message.find("by a later version (format 2"), std::string::npos);
  change([](rocksdb::DB& db) {
    ASSERT_TRUE(db.Put({}, "format", "1").ok());
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    ASSERT_TRUE(db.CreateColumnFamily({}, "queues", &handle).ok());
    db.DestroyColumnFamilyHandle(handle);
  });
  refused = Database::open(path, "a@h");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unsupported);
  EXPECT_NE(refused.error().message.find("it holds queues"), std::string::npos);
}

TEST_F(DatabaseTest, SaysIfItCannotUseItsDirectory) {
  std::ofstream(path) << "a file";
  const auto opened = Database::open(path, "a@h");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::io);
  EXPECT_NE(opened.error().message.find("cannot be used"), std::string::npos) << opened.error().message;
}

TEST_F(DatabaseTest, DamageIsFoundAndSetAside) {
  {
    const auto database = open();
    write(*database, {{StoreArea::rows, "a", "1"}});
  }
  std::filesystem::remove(path / "CURRENT");
  const auto opened = Database::open(path, "a@h");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::malformed) << opened.error().message;
  const auto kept = Database::set_aside(path);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(std::filesystem::exists(*kept + "/IDENTITY"));
  EXPECT_EQ(rows(*open(), StoreArea::rows), "");
  const auto again = Database::set_aside(path);
  ASSERT_TRUE(again);
  EXPECT_NE(*again, *kept);
}

TEST_F(DatabaseTest, DamagedRowsAreAnErrorBehindTheGoodOnes) {
  {
    const auto database = open();
    StoreBatch batch;
    for (int i = 0; i < 20'000; ++i) {
      batch.push_back({StoreArea::rows, "key " + std::to_string(i * 7919 % 20'000), std::to_string(i)});
    }
    write(*database, batch);
  }
  open();  // writes the log's rows into files
  damage();
  const auto opened = Database::open(path, "a@h");
  if (!opened) {
    EXPECT_EQ(opened.error().code, Errc::malformed) << opened.error().message;
    return;
  }
  const auto read = (*opened)->for_each(StoreArea::rows, [](std::string_view, std::string_view) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::malformed) << read.error().message;
}

TEST_F(DatabaseTest, ATornEndOfTheLogIsWhatACrashLeaves) {
  {
    const auto database = open();
    write(*database, {{StoreArea::rows, "a", "1"}});
    // A copy of the files as they are now is what a crash leaves.
    std::filesystem::copy(path, directory / "crashed");
  }
  path = directory / "crashed";
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == ".log") std::ofstream(entry.path(), std::ios::app) << "torn";
  }
  EXPECT_EQ(rows(*open(), StoreArea::rows), "a=1 ");
}

}  // namespace
}  // namespace meshmq::store
