#pragma once
// Limits and habits of a broker. Every limit has the configuration key that sets it beside it (EMQ X 4.3's
// names).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "broker/auto_subscription.hpp"
#include "broker/flapping.hpp"
#include "broker/queue_priorities.hpp"
#include "broker/shared_pick.hpp"
#include "broker/slow_subscribers.hpp"
#include "mqtt/types.hpp"
#include "topic/rewrite.hpp"

namespace meshmq::broker {

/// A listener names the zone of its clients, and they keep to that zone's limits. The settings themselves are
/// those of zone 0; what is marked "node" counts there only.
struct Config {
  std::uint16_t worker_count = 1;  ///< node: node.workers; a client id's home is hash(id) % worker_count

  std::uint32_t packet_bytes_max = 1024 * 1024;             ///< mqtt.max_packet_size
  std::uint16_t client_id_bytes_max = 65535;                ///< mqtt.max_clientid_len
  std::uint16_t topic_levels_max = 128;                     ///< mqtt.max_topic_levels; 0 = no limit
  mqtt::QoS qos_max = mqtt::QoS::exactly_once;              ///< mqtt.max_qos_allowed
  std::uint16_t topic_alias_max = 65535;                    ///< mqtt.max_topic_alias
  std::uint16_t topic_alias_max_out = 32;                   ///< mqtt.max_topic_alias_broker
  bool subscription_identifier = true;                      ///< mqtt.subscription_identifier
  bool strict = true;                                       ///< mqtt.strict_mode
  bool ignore_loop_deliver = false;                         ///< mqtt.ignore_loop_deliver (3.x clients)
  bool check_payload_format = false;                        ///< mqtt.check_payload_format
  std::string response_information = {};                    ///< mqtt.response_information
  bool retain_available = true;                             ///< mqtt.retain_available
  bool wildcard_subscription = true;                        ///< mqtt.wildcard_subscription
  bool shared_subscription = true;                          ///< mqtt.shared_subscription
  bool exclusive_subscription = false;                      ///< mqtt.exclusive_subscription
  SharedStrategy shared_strategy = SharedStrategy::random;  ///< broker.shared_subscription_strategy
  bool stop_publish_clear = false;                          ///< retainer.stop_publish_clear_msg
  bool shared_dispatch_ack = false;                         ///< broker.shared_dispatch_ack_enabled
  std::uint16_t server_keepalive_s = 0;                     ///< zone.*.server_keepalive; 0 = the client's own
  Duration idle_timeout = std::chrono::seconds(15);         ///< zone.*.idle_timeout: from accept to CONNECT
  std::uint32_t keepalive_percent = 150;                    ///< zone.*.keepalive_backoff x 2
  std::size_t subscriptions_max = 0;                        ///< zone.*.max_subscriptions; 0 = no limit
  std::uint16_t inflight_max = 32;                          ///< zone.*.max_inflight
  Duration retry_interval = std::chrono::seconds(30);       ///< zone.*.retry_interval (3.1.1 clients)
  std::size_t awaiting_rel_max = 100;                       ///< zone.*.max_awaiting_rel
  Duration await_rel_timeout = std::chrono::seconds(300);   ///< zone.*.await_rel_timeout
  Duration session_expiry_interval = std::chrono::hours(2);  ///< zone.*.session_expiry_interval (3.1.1)
  std::uint32_t session_expiry_max_s = 0xFFFFFFFF;           ///< zone.*.max_session_expiry_interval
  bool upgrade_qos = false;                                  ///< zone.*.upgrade_qos
  bool use_username_as_clientid = false;                     ///< zone.*.use_username_as_clientid
  std::size_t queue_messages_max = 1000;                     ///< zone.*.max_mqueue_len; 0 = no limit
  bool queue_store_qos0 = true;                              ///< zone.*.mqueue_store_qos0
  bool allow_anonymous = true;                               ///< zone.*.allow_anonymous
  bool enable_ban = true;                                    ///< zone.*.enable_ban
  bool enable_flapping_detect = false;                       ///< zone.*.enable_flapping_detect
  bool bypass_auth = false;                                  ///< zone.*.bypass_auth_plugins
  bool enable_acl = true;                                    ///< zone.*.enable_acl
  bool acl_nomatch_allow = true;                             ///< zone.*.acl_nomatch
  bool acl_deny_disconnect = false;                          ///< zone.*.acl_deny_action
  QueuePriorities queue_priorities = {};                     ///< zone.*.mqueue_priorities
  std::string mountpoint = {};                 ///< zone.*.mountpoint; %c client id, %u user name
  std::size_t output_bytes_max = 1024 * 1024;  ///< node: listener.*.high_watermark, waiting for a slow client
  std::string node_name = {};                  ///< node: node.name; set by its owner
  std::string server_reference = {};           ///< node: cluster.server_reference; set by its owner
  bool presence = false;                       ///< node: module.presence
  mqtt::QoS presence_qos = mqtt::QoS::at_least_once;        ///< node: module.presence.qos
  bool delayed = true;                                      ///< node: module.delayed
  topic::RewritesPtr rewrite_publish = {};                  ///< node: module.rewrite.pub.rule.*
  topic::RewritesPtr rewrite_subscribe = {};                ///< node: module.rewrite.sub.rule.*
  std::vector<AutoSubscription> auto_subscriptions = {};    ///< node: module.subscription.*
  FlappingPolicy flapping = {};                             ///< node: flapping_detect_policy
  SlowSettings slow_subscribers = {};                       ///< node: slow_subs.*
  Duration tick_interval = std::chrono::milliseconds(200);  ///< node
  Duration late_messages_max =
      std::chrono::seconds(60);         ///< node: cluster.forward_keep, how late one may come
  std::vector<Config> more_zones = {};  ///< node: zone 1, 2, ...

  /// Zone 0 if there is no such zone.
  const Config& zone(std::size_t index) const {
    return index == 0 || index > more_zones.size() ? *this : more_zones[index - 1];
  }
  /// Whether `has(zone)` for one of them.
  template <class Predicate>
  bool in_any_zone(Predicate&& has) const {
    return has(*this) || std::any_of(more_zones.begin(), more_zones.end(), has);
  }
};

}  // namespace meshmq::broker
