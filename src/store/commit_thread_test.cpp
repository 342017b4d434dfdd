#include "store/commit_thread.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>

namespace meshmq::store {
namespace {

using node::StoreArea;

class CommitThreadTest : public ::testing::TestWithParam<SyncPolicy> {
 protected:
  CommitThreadTest()
      : path(std::filesystem::temp_directory_path() / ("meshmq-commit-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path);
  }
  ~CommitThreadTest() override { std::filesystem::remove_all(path); }

  std::unique_ptr<CommitThread> start() {
    auto database = Database::open(path, "a@h");
    EXPECT_TRUE(database) << database.error().message;
    return std::make_unique<CommitThread>(std::move(*database),
                                          CommitOptions{GetParam(), std::chrono::milliseconds(5)}, Logger());
  }

  const std::filesystem::path path;
};

TEST_P(CommitThreadTest, ConfirmsInOrderAndKeepsEverything) {
  constexpr int count = 500;
  std::vector<int> confirmed;
  {
    const auto thread = start();
    for (int i = 0; i < count; ++i) {
      thread->put({{StoreArea::rows, std::to_string(i), "v"}},
                  [&confirmed, i](const node::StoreOutcome& outcome) {
                    EXPECT_TRUE(outcome.result);
                    EXPECT_TRUE(outcome.unwritten.empty());
                    confirmed.push_back(i);
                  });
    }
    thread->stop();
    thread->put({{StoreArea::rows, "late", "v"}},
                [&](const node::StoreOutcome&) { confirmed.push_back(-1); });
  }
  ASSERT_EQ(confirmed.size(), std::size_t{count});
  for (int i = 0; i < count; ++i) EXPECT_EQ(confirmed[static_cast<std::size_t>(i)], i);
  const auto database = Database::open(path, "a@h");
  std::size_t rows = 0;
  EXPECT_TRUE((*database)->for_each(StoreArea::rows, [&](std::string_view, std::string_view) { ++rows; }));
  EXPECT_EQ(rows, std::size_t{count});
}

TEST_P(CommitThreadTest, ConfirmsOneThatComesAlone) {
  const auto thread = start();
  for (int i = 0; i < 3; ++i) {
    std::promise<bool> done;
    thread->put({{StoreArea::sessions, "k", std::to_string(i)}},
                [&done](const node::StoreOutcome& outcome) { done.set_value(outcome.result.has_value()); });
    EXPECT_TRUE(done.get_future().get());
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, CommitThreadTest,
                         ::testing::Values(SyncPolicy::every, SyncPolicy::interval, SyncPolicy::never));

}  // namespace
}  // namespace meshmq::store
