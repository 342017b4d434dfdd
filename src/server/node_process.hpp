#pragma once
// One node: all rooms wired together, from start to a clean stop.

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"
#include "config/layers.hpp"
#include "server/data_dir.hpp"
#include "server/log_output.hpp"
#include "server/process_records.hpp"

namespace meshmq::server {

struct NodeOptions {
  config::Config config;
  config::Request request;  ///< where it came from
  config::Merged settings;  ///< the same, by key
  std::string ports_file;   ///< where the real ports are written once all listeners accept; empty: nowhere
  /// A line for the operator's console: what starts and stops.
  std::function<void(const std::string&)> say;
};

/// The calling thread becomes the control thread. `data`, `log` and `records` must outlive it.
class NodeProcess {
 public:
  NodeProcess(NodeOptions options, const DataDir& data, LogOutput& log, ProcessRecords& records);
  ~NodeProcess();

  /// Everything until clients are accepted. Fails with one line for the operator; destroy it then.
  Result<void> start();
  /// Until SIGTERM, SIGINT or the end of its terminal has led to a clean stop; a second signal ends the
  /// process at once.
  void run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshmq::server
