#include "server/trace_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

namespace meshmq::server {
namespace {

class TraceFilesTest : public ::testing::Test {
 protected:
  ~TraceFilesTest() override { std::filesystem::remove_all(directory_); }
  /// What waits is written when it ends.
  void finish() { files_.reset(); }
  std::string content(const std::string& name) {
    finish();
    return TraceFiles(directory_, "n@h", 4096).read(name, 0, 1 << 20).value();
  }

  const std::string directory_ =
      ::testing::TempDir() + "meshmq-" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::optional<TraceFiles> files_{std::in_place, directory_, "n@h", 4096};
};

TEST_F(TraceFilesTest, ALineSaysWhenWhereWhoAndWhat) {
  files_->write("t", LogLevel::debug, "PUBLISH sent", {"joe", "10.0.0.1:5", "a\nb"});
  const std::string line = content("t");
  EXPECT_EQ(line.substr(29), " [debug] n@h joe@10.0.0.1:5 a\\x0ab: PUBLISH sent\n") << line;
}

TEST_F(TraceFilesTest, AFullTraceSaysSoAndEnds) {
  for (int i = 0; i < 100; ++i) files_->write("t", LogLevel::debug, std::string(100, 'x'), {"joe", {}, {}});
  const std::string text = content("t");
  EXPECT_LT(text.size(), 4096U + 200);
  EXPECT_TRUE(text.ends_with("[warning] the trace is full (trace.max_file_size = 4096)\n")) << text;
}

TEST_F(TraceFilesTest, PartsAreReadAndOthersGo) {
  files_->write("one", LogLevel::debug, "first", {});
  files_->write("two", LogLevel::debug, "second", {});
  files_->keep({"two"});
  const std::string text = content("two");
  TraceFiles again(directory_, "n@h", 4096);
  EXPECT_EQ(again.size("two"), text.size());
  EXPECT_EQ(again.read("two", 5, 3).value(), text.substr(5, 3));
  EXPECT_EQ(again.read("two", 5000, 3).value(), "");
  EXPECT_EQ(again.size("one"), 0U);
  EXPECT_EQ(again.read("one", 0, 10).value(), "");
}

}  // namespace
}  // namespace meshmq::server
