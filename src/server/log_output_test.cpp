#include "server/log_output.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

namespace meshmq::server {
namespace {

class LogOutputTest : public ::testing::Test {
 protected:
  ~LogOutputTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<LogOutput> open(LogLevel level = LogLevel::warning, std::size_t rotation_bytes = 0,
                                  unsigned rotation_count = 1) {
    return LogOutput::open({.console = false,
                            .file = directory_ + "/meshmq.log",
                            .level = level,
                            .rotation_bytes = rotation_bytes,
                            .rotation_count = rotation_count})
        .value();
  }
  std::string content(const std::string& name = "meshmq.log") const {
    std::ifstream file(directory_ + "/" + name);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  const std::string directory_ =
      ::testing::TempDir() + "meshmq-" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(LogOutputTest, LinesHaveTimeAndLevel) {
  {
    const auto log = open();
    Logger(log.get()).error("port {} is taken", 1883);
  }
  std::string shape = content();
  for (char& c : shape) {
    if (c >= '0' && c <= '9') c = '9';
    if (c == '-' || c == '+') c = '~';  // also the sign of the time zone
  }
  EXPECT_EQ(shape, "9999~99~99T99:99:99.999~99:99 [error] port 9999 is taken\n");
}

TEST_F(LogOutputTest, LessImportantLinesAreLeftOut) {
  {
    const auto log = open();
    const Logger logger(log.get());
    logger.info("one");
    log->set_level(LogLevel::info);
    logger.info("two");
    logger.debug("three");
    EXPECT_EQ(log->level(), LogLevel::info);
  }
  EXPECT_EQ(content().find("one"), std::string::npos);
  EXPECT_NE(content().find("[info] two\n"), std::string::npos);
  EXPECT_EQ(content().find("three"), std::string::npos);
}

TEST_F(LogOutputTest, APeerCannotForgeLines) {
  open()->write(LogLevel::error, "name\n2026-01-01 [error] forged\x1b[31m ü", {});
  EXPECT_NE(content().find("name\\x0a2026-01-01 [error] forged\\x1b[31m ü\n"), std::string::npos)
      << content();
}

TEST_F(LogOutputTest, AFullFileIsRotated) {
  {
    const auto log = open(LogLevel::warning, 100, 3);
    for (int i = 0; i < 6; ++i) Logger(log.get()).error("{} {}", i, std::string(40, 'x'));
  }
  // One line is 83 bytes: each gets a file of its own, and the last three stay.
  EXPECT_NE(content().find("[error] 5 "), std::string::npos);
  EXPECT_NE(content("meshmq.log.1").find("[error] 4 "), std::string::npos);
  EXPECT_NE(content("meshmq.log.2").find("[error] 3 "), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/meshmq.log.3"));
}

TEST_F(LogOutputTest, AppendsToTheFileOfTheLastRun) {
  open()->write(LogLevel::error, "first", {});
  open()->write(LogLevel::error, "second", {});
  EXPECT_NE(content().find("first"), std::string::npos);
  EXPECT_NE(content().find("second"), std::string::npos);
}

TEST_F(LogOutputTest, ManyThreadsWriteWholeLines) {
  {
    const auto log = open();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) log->write(LogLevel::error, "text", {});
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const std::string all = content();
  std::size_t lines = 0;
  for (std::size_t at = all.find(" [error] text\n"); at != std::string::npos;
       at = all.find(" [error] text\n", at + 1)) {
    ++lines;
  }
  EXPECT_EQ(lines, 2000u);
}

TEST_F(LogOutputTest, AFileThatCannotBeOpenedIsAnError) {
  std::filesystem::create_directories(directory_);
  std::ofstream(directory_ + "/file") << "x";
  const auto log = LogOutput::open({.console = false, .file = directory_ + "/file/meshmq.log"});
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message.find("cannot write the log file"), std::string::npos);
}

TEST_F(LogOutputTest, JsonSaysWhomALineIsAbout) {
  LogOutput::open({.file = directory_ + "/meshmq.log", .json = true, .node = "n@h"})
      .value()
      ->write(LogLevel::error, "may not \"publish\"", {"joe", "10.0.0.1:5", "a/b"});
  const std::string line = content();
  EXPECT_EQ(
      line.substr(line.find(",\"level\"")),
      R"(,"level":"error","node":"n@h","msg":"may not \"publish\"","clientid":"joe","peername":"10.0.0.1:5",)"
      R"("topic":"a/b"})"
      "\n");
}

TEST_F(LogOutputTest, PrimaryAndHandlersLevelsMustBothLetALinePass) {
  {
    const auto log = open(LogLevel::warning);
    log->set_primary_level(LogLevel::debug);
    EXPECT_FALSE(log->enabled(LogLevel::info)) << "the file wants none";
    EXPECT_TRUE(log->set_handler_level("file", LogLevel::info));
    EXPECT_TRUE(log->enabled(LogLevel::info));
    log->write(LogLevel::info, "kept", {});
    EXPECT_TRUE(log->start_handler("file", false));
    EXPECT_FALSE(log->enabled(LogLevel::error));
    log->write(LogLevel::error, "lost", {});
    EXPECT_FALSE(log->set_handler_level("console", LogLevel::info)) << "there is no console";
    ASSERT_EQ(log->handlers().size(), 1U);
    EXPECT_EQ(log->handlers()[0].destination, directory_ + "/meshmq.log");
    log->start_handler("file", true);
    log->set_level(LogLevel::critical);
    EXPECT_FALSE(log->enabled(LogLevel::error));
    EXPECT_EQ(log->level(), LogLevel::critical);
  }
  EXPECT_NE(content().find("kept"), std::string::npos);
  EXPECT_EQ(content().find("lost"), std::string::npos);
}

}  // namespace
}  // namespace meshmq::server
