#pragma once
// Questions to all workers of this node, and their answers.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "node/config.hpp"
#include "node/messages.hpp"
#include "node/ports.hpp"

namespace meshmq::node {

/// Ends in ControlPorts::query_done(), with fewer replies if a worker did not answer in time. Thread rule:
/// one owner.
class WorkerQueries {
 public:
  static constexpr Duration answer_wait = std::chrono::seconds(3);

  WorkerQueries(const Config& config, ControlPorts& ports) : config_(config), ports_(ports) {}

  /// The number of `query` is given here.
  void ask(OperationId operation, Query query, Now now);
  void handle(QueryReply reply);
  void tick(Now now);

 private:
  struct Running {
    OperationId operation;
    TimePoint deadline;
    std::vector<QueryReply> replies;
  };
  void finish(std::map<QueryId, Running>::iterator it);

  const Config& config_;
  ControlPorts& ports_;
  std::map<QueryId, Running> running_;
  std::uint64_t last_ = 0;
};

}  // namespace meshmq::node
