#include "store/commit_thread.hpp"

#include <utility>

namespace meshmq::store {

CommitThread::CommitThread(std::unique_ptr<Database> database, CommitOptions options, Logger log)
    : database_(std::move(database)), options_(options), log_(log), thread_([this] { run(); }) {}

CommitThread::~CommitThread() {
  stop();
}

void CommitThread::put(node::StoreBatch batch, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    queue_.push_back({std::move(batch), std::move(done)});
  }
  wake_.notify_one();
}

void CommitThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool CommitThread::take(std::vector<Submission>& taken) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return stopping_ || !queue_.empty(); };
  if (unsynced_ && options_.sync == SyncPolicy::interval) {
    // The sync is due also if nothing else comes.
    if (!wake_.wait_for(lock, options_.sync_interval, ready)) return true;
  } else {
    wake_.wait(lock, ready);
  }
  taken.swap(queue_);
  return !taken.empty() || !stopping_;
}

void CommitThread::run() {
  std::vector<Submission> taken;
  auto synced_at = std::chrono::steady_clock::now();
  while (take(taken)) {
    if (!taken.empty()) commit(taken);
    taken.clear();
    const auto now = std::chrono::steady_clock::now();
    if (!unsynced_ || options_.sync != SyncPolicy::interval || now - synced_at < options_.sync_interval)
      continue;
    sync_now();
    synced_at = now;
  }
  sync_now();
  database_.reset();
}

void CommitThread::commit(std::vector<Submission>& taken) {
  batches_.clear();
  for (Submission& submission : taken) batches_.push_back(std::move(submission.batch));
  const bool sync = options_.sync == SyncPolicy::every;
  const Result<void> result = database_->write(batches_, sync ? Sync::yes : Sync::no);
  unsynced_ = unsynced_ || (result && !sync);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    node::StoreOutcome outcome{result, {}};
    if (!result) outcome.unwritten = std::move(batches_[i]);
    if (taken[i].done) taken[i].done(std::move(outcome));
  }
}

void CommitThread::sync_now() {
  unsynced_ = false;
  const Result<void> result = database_->sync();
  if (result) {
    sync_failed_ = false;
  } else if (!std::exchange(sync_failed_, true)) {
    log_.critical("What was written is not safe from a loss of power: {}", result.error().message);
  }
}

}  // namespace meshmq::store
