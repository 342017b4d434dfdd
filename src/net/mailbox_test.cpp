#include "net/mailbox.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "net/doorbell.hpp"

namespace meshmq::net {
namespace {

TEST(Mailbox, HandsBatchesOverInOrder) {
  Mailbox<int> mailbox;
  std::vector<int> batch{1, 2};
  mailbox.put(batch);
  EXPECT_TRUE(batch.empty());
  batch = {3};
  mailbox.put(batch);
  mailbox.put(4);
  std::vector<int> out;
  mailbox.take(out);
  EXPECT_EQ(out, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_FALSE(mailbox.waiting());
}

TEST(Mailbox, ForgetsWhatComesAfterClose) {
  Mailbox<std::shared_ptr<int>> mailbox;
  const auto value = std::make_shared<int>(1);
  mailbox.put(value);
  mailbox.close();
  mailbox.put(value);
  EXPECT_EQ(value.use_count(), 1);
  EXPECT_FALSE(mailbox.waiting());
}

TEST(MailboxLoad, IsHighAboveEitherLimitAndLowBelowHalfOfBoth) {
  MailboxLoad load({.messages_max = 10, .bytes_max = 1000});
  EXPECT_FALSE(load.high(10, 1000));
  EXPECT_TRUE(load.high(11, 0));
  EXPECT_TRUE(load.high(0, 1001));
  load.add(6, 100);
  EXPECT_FALSE(load.low());
  EXPECT_TRUE(load.high(5, 0));
  load.remove(1, 0);
  EXPECT_TRUE(load.low());
}

/// A receiver that really sleeps: a lost wake-up would leave it in poll() for ever.
class Sleeper {
 public:
  Sleeper() : fd_(eventfd(0, EFD_CLOEXEC)) {}
  ~Sleeper() { close(fd_); }

  void wake() const {
    const std::uint64_t one = 1;
    EXPECT_EQ(write(fd_, &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }
  bool sleep() const {
    pollfd waits{fd_, POLLIN, 0};
    if (poll(&waits, 1, 10'000) != 1) return false;
    std::uint64_t count = 0;
    return read(fd_, &count, sizeof count) == static_cast<ssize_t>(sizeof count);
  }

 private:
  int fd_;
};

TEST(Doorbell, NeverLosesAWakeUpAndKeepsEachSendersOrder) {
  constexpr std::uint32_t senders = 3;
  constexpr std::uint32_t each = 20'000;
  Mailbox<std::uint64_t> mailbox;
  Sleeper sleeper;
  std::atomic<int> wakes{0};
  Doorbell doorbell([&] {
    ++wakes;
    sleeper.wake();
  });
  std::vector<std::thread> threads;
  for (std::uint32_t s = 0; s < senders; ++s) {
    threads.emplace_back([&, s] {
      std::vector<std::uint64_t> batch;
      for (std::uint32_t i = 0; i < each; ++i) {
        batch.push_back(std::uint64_t{s} << 32 | i);
        if (i % 3 == s || i + 1 == each) {
          mailbox.put(batch);
          doorbell.ring();
        }
        if (i % 100 == 0) std::this_thread::yield();
      }
    });
  }
  std::vector<std::uint32_t> next(senders, 0);
  std::vector<std::uint64_t> taken;
  std::uint32_t total = 0;
  while (total < senders * each) {
    doorbell.lie_down();
    if (!mailbox.waiting()) {
      ASSERT_TRUE(sleeper.sleep()) << "woken too late, at " << total;
    }
    doorbell.get_up();
    mailbox.take(taken);
    for (const std::uint64_t value : taken) {
      ASSERT_EQ(static_cast<std::uint32_t>(value), next[value >> 32]++);
      ++total;
    }
    taken.clear();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(wakes, static_cast<int>(senders * each)) << "at most one wake for each batch";
}

}  // namespace
}  // namespace meshmq::net
