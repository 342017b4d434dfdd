#pragma once
// The wills of this node's clients go to the other nodes, and theirs come here.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/time.hpp"
#include "cluster/cluster.hpp"
#include "node/config.hpp"
#include "node/dead_wills.hpp"
#include "node/messages.hpp"
#include "node/session_moves.hpp"
#include "node/will_rows.hpp"

namespace meshmq::node {

/// Joins WillRows and DeadWills to the node. Clients without a will cost nothing. Thread rule: one owner.
/// Limit: cluster.wills_bytes of this node's own; what is more stays with this node alone.
class Wills final : private DeadWillsPorts {
 public:
  using Publish = std::function<void(const mqtt::MessagePtr&)>;

  /// Everything must outlive it. Before any peer is up.
  Wills(const Config& config, std::uint64_t incarnation, cluster::Cluster& cluster, SessionMoves& moves,
        Publish publish, Logger log);

  void handle(const WillLeft& m);
  void handle(const WillDropped& m);
  DeadWills& dead() { return dead_; }

 private:
  // --- DeadWillsPorts
  bool running(const std::string& node) const override { return cluster_.running(node); }
  bool seen_by_others(const std::string& node) const override { return cluster_.seen_by_others(node); }
  bool in_sync_with(const std::string& node) const override {
    return cluster_.replicator().in_sync_with(node);
  }
  std::uint64_t position_in(const std::string& node, std::uint64_t incarnation) const override {
    const cluster::wire::OwnerState at = cluster_.replicator().position_of(node);
    return at.incarnation == incarnation ? at.seq : 0;
  }
  cluster::ClusterId cluster_id() const override { return cluster_.membership().id(); }
  ClientKey key_of(std::string_view client_id) const override { return moves_.key_of(client_id); }
  bool lives(std::string_view client_id) const override {
    return moves_.holds(client_id) || !moves_.holder(client_id).empty();
  }
  void publish(const mqtt::MessagePtr& will) override { publish_(will); }
  void broadcast(const std::string& bytes) override;
  void send(const std::string& node, const std::string& bytes) override {
    (void)cluster_.send_message(node, bytes);
  }

  /// Of this client's row; 0: there is none.
  std::size_t bytes_of(const std::string& client_id) const;
  void write(const std::string& client_id, std::string value);

  const Config& config_;
  cluster::Cluster& cluster_;
  SessionMoves& moves_;
  const Publish publish_;
  Logger log_;
  WillRows rows_;
  DeadWills dead_;
  std::size_t own_bytes_ = 0;
  bool full_ = false;  ///< said in the log
};

}  // namespace meshmq::node
