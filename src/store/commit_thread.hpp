#pragma once
// The thread that writes to the disk, so that no other waits for it.

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "node/store.hpp"
#include "store/database.hpp"

namespace meshmq::store {

/// node.store_sync
enum class SyncPolicy : std::uint8_t {
  every,     ///< a batch is confirmed when the medium has it
  interval,  ///< when the system has it; the medium gets it at intervals
  never,     ///< the same, the medium when the system likes
};

struct CommitOptions {
  SyncPolicy sync = SyncPolicy::every;
  Duration sync_interval = std::chrono::milliseconds(100);
};

/// Group commit: whatever came while a write was under way is the next one. Thread rule: put() from any
/// thread; made and stopped by its owner.
class CommitThread {
 public:
  /// Called on this thread, in the order of put(), once for each batch. Must not block.
  using Done = std::function<void(node::StoreOutcome outcome)>;

  CommitThread(std::unique_ptr<Database> database, CommitOptions options, Logger log);
  ~CommitThread();

  void put(node::StoreBatch batch, Done done);
  /// Writes what is left, syncs, closes the database and ends. What is put later is forgotten.
  void stop();

 private:
  struct Submission {
    node::StoreBatch batch;
    Done done;
  };

  void run();
  /// False: stopped, and nothing is left.
  bool take(std::vector<Submission>& taken);
  void commit(std::vector<Submission>& taken);
  void sync_now();

  std::unique_ptr<Database> database_;
  const CommitOptions options_;
  Logger log_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Submission> queue_;
  bool stopping_ = false;
  bool unsynced_ = false;  ///< of the thread
  bool sync_failed_ = false;
  std::vector<node::StoreBatch> batches_;  ///< scratch
  std::thread thread_;
};

}  // namespace meshmq::store
