#pragma once
// Threads for work that takes too long for the control thread: hashing passwords.

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <utility>

namespace meshmq::server {

/// Bounded by who asks (auth.max_pending). Thread rule: used by the control thread, whose loop is `io`.
class WorkPool {
 public:
  WorkPool(boost::asio::io_context& io, std::size_t threads) : io_(io), pool_(threads) {}
  ~WorkPool() { stop(); }

  /// Runs `work` on some thread, then `done` on the control thread. Not after stop().
  template <class Work, class Done>
  void run(Work work, Done done) {
    boost::asio::post(pool_, [this, work = std::move(work), done = std::move(done)]() mutable {
      work();
      boost::asio::post(io_, std::move(done));
    });
  }
  /// What has not begun is dropped.
  void stop() {
    pool_.stop();
    pool_.join();
  }

 private:
  boost::asio::io_context& io_;
  boost::asio::thread_pool pool_;
};

}  // namespace meshmq::server
