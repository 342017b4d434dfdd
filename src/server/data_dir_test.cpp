#include "server/data_dir.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace meshmq::server {
namespace {

class DataDirTest : public ::testing::Test {
 protected:
  ~DataDirTest() override { std::filesystem::remove_all(path_); }

  const std::string path_ = ::testing::TempDir() + "meshmq-" +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name() + "/deep";
};

TEST_F(DataDirTest, IsMadeIfThereIsNone) {
  ASSERT_TRUE(DataDir::open(path_));
  EXPECT_TRUE(std::filesystem::is_directory(path_));
}

TEST_F(DataDirTest, BelongsToOneAtATime) {
  {
    const auto first = DataDir::open(path_);
    const auto second = DataDir::open(path_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::already_exists);
    EXPECT_NE(second.error().message.find("in use by process " + std::to_string(::getpid())),
              std::string::npos);
    EXPECT_EQ(DataDir::holder(path_), ::getpid());
  }
  EXPECT_EQ(DataDir::holder(path_), 0);
  EXPECT_TRUE(DataDir::open(path_));
}

TEST_F(DataDirTest, IsFreeWhenItsProcessHasDied) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto data = DataDir::open(path_);
    ::_exit(data ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(DataDir::holder(path_), 0);
  EXPECT_TRUE(DataDir::open(path_));
}

TEST_F(DataDirTest, AskingWhoHoldsItTakesNothingAway) {
  EXPECT_EQ(DataDir::holder(path_), 0);
  const auto data = DataDir::open(path_);
  EXPECT_EQ(DataDir::holder(path_), ::getpid());
  EXPECT_FALSE(DataDir::open(path_));
}

TEST_F(DataDirTest, ReplacesWholeFiles) {
  const auto data = DataDir::open(path_);
  EXPECT_EQ(data->read("image").value(), "");
  ASSERT_TRUE(data->replace("image", std::string("a\0b", 3), 0600));
  EXPECT_EQ(data->read("image").value(), std::string("a\0b", 3));
  ASSERT_TRUE(data->replace("image", "second", 0600));
  EXPECT_EQ(data->read("image").value(), "second");
  struct stat status {};
  ASSERT_EQ(::stat((path_ + "/image").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(path_ + "/image.new"));
  data->remove("image");
  EXPECT_EQ(data->read("image").value(), "");
}

TEST_F(DataDirTest, SurvivesAHalfWrittenFileOfBefore) {
  const auto data = DataDir::open(path_);
  ASSERT_TRUE(data->replace("image", "old", 0600));
  std::ofstream(path_ + "/image.new") << "hal";
  EXPECT_EQ(data->read("image").value(), "old");
  ASSERT_TRUE(data->replace("image", "new", 0600));
  EXPECT_EQ(data->read("image").value(), "new");
}

TEST_F(DataDirTest, SaysWhatCannotBeWritten) {
  const auto data = DataDir::open(path_);
  EXPECT_EQ(data->replace("no/such/place", "x", 0600).error().code, Errc::io);
  std::ofstream(path_ + "/file") << "x";
  EXPECT_FALSE(DataDir::open(path_ + "/file/below"));
}

}  // namespace
}  // namespace meshmq::server
