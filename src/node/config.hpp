#pragma once
// Settings of a node's pure part; the configuration key stands beside each.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "broker/config.hpp"
#include "cluster/discovery.hpp"
#include "node/alarms.hpp"
#include "node/watch_limits.hpp"
#include "sasl/password_hash.hpp"

namespace meshmq::node {

/// auth.user.<n>.*, auth.client.<n>.*
struct ConfiguredUser {
  bool by_client_id = false;
  std::string name;
  std::string password;

  friend bool operator==(const ConfiguredUser&, const ConfiguredUser&) = default;
};

struct Config {
  std::string name = "meshmq@127.0.0.1";  ///< node.name
  std::uint16_t workers = 1;              ///< node.workers
  broker::Config broker;
  cluster::DiscoverySettings discovery;
  AlarmSettings alarms;
  std::uint64_t client_key_seed = 0;  ///< made from node.cookie: secret, the same on all nodes

  Duration connack_wait = std::chrono::seconds(1);  ///< cluster.connack_wait
  Duration suback_wait = std::chrono::seconds(5);   ///< cluster.suback_wait
  bool forward_ack = true;                          ///< cluster.forward_ack: PUBACK waits for the other nodes
  Duration forward_ack_wait = std::chrono::seconds(5);  ///< cluster.forward_ack_wait
  std::size_t link_bytes_max = 16 * 1024 * 1024;        ///< cluster.link_high_watermark: waiting for one node
  Duration forward_keep = std::chrono::minutes(5);      ///< cluster.forward_keep: for a node that is away
  /// cluster.forward_keep_bytes: for one that is away, by each worker
  std::size_t forward_keep_bytes = 32 * 1024 * 1024;
  Duration redial_min = std::chrono::milliseconds(200);  ///< cluster.redial_min
  Duration redial_max = std::chrono::seconds(5);         ///< cluster.redial_max
  Duration join_wait = std::chrono::seconds(15);         ///< cluster.join_wait: for `cluster join`
  bool autoheal = true;                                  ///< cluster.autoheal
  Duration autoclean = std::chrono::minutes(5);          ///< cluster.autoclean; 0: never
  Duration handover_wait = std::chrono::seconds(20);     ///< cluster.handover_wait: of a node that ends
  std::size_t handover_rate = 1000;                      ///< cluster.handover_rate: sessions per second
  std::size_t evacuation_rate = 100;                     ///< cluster.evacuation_rate: clients per second
  std::size_t rebalance_tolerance = 10;                  ///< cluster.rebalance_tolerance: percent
  std::string server_reference = {};                     ///< cluster.server_reference
  /// cluster.dead_node_wills: how long a node must be silent to be dead; 0: only if that is certain
  Duration dead_node_wills = std::chrono::seconds(60);
  std::size_t wills_bytes = 64 * 1024 * 1024;  ///< cluster.wills_bytes: of this node's wills, for the others
  std::size_t log_entries_max = 100'000;       ///< cluster.log_entries: history kept for deltas
  std::size_t retained_max = 0;                ///< retainer.max_retained_messages; 0 = no limit
  std::size_t delayed_max = 100'000;           ///< module.delayed.max_delayed_messages; 0 = no limit
  bool retained_durable = true;                ///< retainer.storage_type is not ram
  std::size_t retained_payload_bytes_max = 1024 * 1024;  ///< retainer.max_payload_size
  Duration retained_lifetime{};                          ///< retainer.expiry_interval; 0 = no end

  WatchLimits watches;  ///< trace.*, module.topic_metrics.*

  std::vector<ConfiguredUser> users;
  sasl::PasswordHashing password_hashing;            ///< auth.mnesia.password_hash, auth.argon2.*
  std::size_t auth_pending_max = 1000;               ///< auth.max_pending: clients that wait for an answer
  Duration auth_timeout = std::chrono::seconds(10);  ///< auth.timeout: for each of them
  std::uint32_t scram_iterations = 4096;             ///< auth.scram.iterations
};

}  // namespace meshmq::node
