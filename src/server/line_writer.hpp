#pragma once
// A thread that writes lines for others, so that a slow disk or terminal holds up nobody.

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace meshmq::server {

/// Limit: `lines_max` waiting lines; what is more is dropped and counted. Thread rule: put() may be called
/// from any thread, `write` and `dropped` are called on the writer's own.
template <class Line>
class LineWriter {
 public:
  static constexpr std::size_t lines_max = 10'000;

  LineWriter(std::function<void(const Line&)> write, std::function<void(std::size_t)> dropped)
      : write_(std::move(write)), dropped_(std::move(dropped)) {}
  /// Writes what waits.
  ~LineWriter() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  void start() {
    thread_ = std::thread([this] { run(); });
  }
  void put(Line line) {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= lines_max) {
      ++lost_;
      return;
    }
    waiting_.push_back(std::move(line));
    if (waiting_.size() == 1) wake_.notify_one();
  }

 private:
  void run() {
    std::vector<Line> lines;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      std::swap(lines, waiting_);
      const std::size_t lost = std::exchange(lost_, 0);
      lock.unlock();
      for (const Line& line : lines) write_(line);
      if (lost > 0) dropped_(lost);
      lines.clear();
      lock.lock();
    }
  }

  const std::function<void(const Line&)> write_;
  const std::function<void(std::size_t)> dropped_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Line> waiting_;
  std::size_t lost_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace meshmq::server
