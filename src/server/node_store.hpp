#pragma once
// The node's store from opening to closing.

#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "node/control.hpp"
#include "store/commit_thread.hpp"

namespace meshmq::server {

/// A damaged store is set aside, with a line for the operator, and a new one begins: with what could be read,
/// and with what the cluster gives. Thread rule: the control thread.
class NodeStore {
 public:
  /// Fails with one line for the operator.
  static Result<std::unique_ptr<NodeStore>> open(const config::Config& config, Logger log);

  /// Everything into the core, which must be new.
  Result<void> load(node::Control& control);
  /// From here on batches are written. After load().
  void begin(const config::Config& config);
  /// `done` is called on the store's thread.
  void put(node::StoreBatch batch, store::CommitThread::Done done);
  /// Writes what was put, and lets go of the disk.
  void close();

 private:
  NodeStore(std::string path, std::string node, Logger log)
      : path_(std::move(path)), node_(std::move(node)), log_(log) {}
  Result<void> open();
  /// Another one in the place of one that is damaged.
  Result<void> begin_anew(const std::string& damage);

  std::string path_;
  std::string node_;
  Logger log_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<store::CommitThread> thread_;
};

}  // namespace meshmq::server
