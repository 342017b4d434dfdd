#pragma once
// Work handed to a worker thread: a closure that may own what cannot be copied, such as a socket.

#include <memory>
#include <type_traits>
#include <utility>

#include "base/time.hpp"

namespace boost::asio {
class io_context;
}

namespace meshmq::node {
class Worker;
}

namespace meshmq::net {

/// What a task may touch while it runs on the worker's thread.
class WorkerScope {
 public:
  virtual ~WorkerScope() = default;
  /// The loop of this thread, for sockets and timers that are to live on it.
  virtual boost::asio::io_context& io() = 0;
  virtual node::Worker& worker() = 0;
  virtual Now now() = 0;
};

/// A move-only `void(WorkerScope&)`; runs once.
class Task {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Task>) Task(F&& f)
      : body_(std::make_unique<Body<std::remove_cvref_t<F>>>(std::forward<F>(f))) {}

  void operator()(WorkerScope& scope) { body_->run(scope); }

 private:
  struct Runnable {
    virtual ~Runnable() = default;
    virtual void run(WorkerScope& scope) = 0;
  };
  template <class F>
  class Body final : public Runnable {
   public:
    explicit Body(F&& f) : f_(std::move(f)) {}
    explicit Body(const F& f) : f_(f) {}
    void run(WorkerScope& scope) override { f_(scope); }

   private:
    F f_;
  };

  std::unique_ptr<Runnable> body_;
};

}  // namespace meshmq::net
