#pragma once
// Discovery and the cluster machine: what one finds out, the other does.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/cluster.hpp"
#include "cluster/discovery.hpp"
#include "node/config.hpp"
#include "node/ports.hpp"

namespace meshmq::node {

/// Everything happens in tick(): what the cluster machine has to say meanwhile waits for the next one. Thread
/// rule: one owner.
class DiscoveryDriver final : public cluster::DiscoveryPorts {
 public:
  /// Joins that no operator asked for; operators' commands count from 1.
  static constexpr OperationId operation{UINT64_MAX};

  DiscoveryDriver(const Config& config, ControlPorts& ports, cluster::Cluster& cluster, Logger log,
                  std::uint64_t seed)
      : ports_(ports),
        cluster_(cluster),
        discovery_(config.discovery, cluster.membership(), *this, log, seed) {}

  /// The end of `operation`.
  void joined(Result<void> result) { join_result_ = std::move(result); }
  void met(const std::string& node, const cluster::Meeting& meeting) {
    meetings_.emplace_back(node, meeting);
  }
  void answer(const Result<cluster::Discovered>& found, Now now) { discovery_.answer(found, now); }
  cluster::DiscoveryStatus status() const { return discovery_.status(); }
  void tick(Now now) {
    tick_ = now;
    for (const auto& [node, meeting] : std::exchange(meetings_, {})) discovery_.met(node, meeting, now);
    if (const auto result = std::exchange(join_result_, std::nullopt)) discovery_.joined(*result, now);
    discovery_.tick(now);
  }

 private:
  void ask_provider() override { ports_.ask_provider(); }
  void settled() override { ports_.discovery_settled(); }
  void withdraw() override { ports_.discovery_withdraw(); }
  void probe(const std::string& node) override { cluster_.probe(node, tick_); }
  void join(const std::string& node) override { cluster_.join(operation, node, tick_); }
  void stay_out() override { cluster_.stay_out(); }

  ControlPorts& ports_;
  cluster::Cluster& cluster_;
  cluster::Discovery discovery_;
  std::vector<std::pair<std::string, cluster::Meeting>> meetings_;
  std::optional<Result<void>> join_result_;
  Now tick_{};  ///< the tick that runs
};

}  // namespace meshmq::node
