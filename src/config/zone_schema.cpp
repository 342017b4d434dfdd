// The keys of clients' sessions: mqtt.* for all zones, zone.* for one.

#include <algorithm>
#include <cmath>

#include "config/assign.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void zone(Target& t, const Value& v) {
  assign(t.zone->*Field, v);
}

void qos_max(Target& t, const Value& v) {
  t.zone->qos_max = static_cast<mqtt::QoS>(v.number);
}
void server_keepalive(Target& t, const Value& v) {
  t.zone->server_keepalive_s = static_cast<std::uint16_t>(v.number);
}
void session_expiry_max(Target& t, const Value& v) {
  t.zone->session_expiry_max_s =
      static_cast<std::uint32_t>(std::min<std::int64_t>(v.number / 1000, UINT32_MAX));
}
void queue_priorities(Target& t, const Value& v) {
  const auto priorities = parse_priorities(v.text);
  for (const auto& [topic, priority] : *priorities) {
    t.zone->queue_priorities.set(topic, priority);
  }
}
void queue_default_priority(Target& t, const Value& v) {
  using broker::QueuePriorities;
  t.zone->queue_priorities.set_default(v.text == "highest" ? QueuePriorities::highest
                                                           : QueuePriorities::lowest);
}
void keepalive_backoff(Target& t, const Value& v) {
  t.zone->keepalive_percent = static_cast<std::uint32_t>(std::lround(v.real * 200));
}

using B = broker::Config;
constexpr Range zone_counter{0, UINT32_MAX};
constexpr Range zone_positive_ms{1, INT64_MAX};

constexpr Key zone_table[] = {
    // ---- mqtt
    {"mqtt.max_packet_size",
     Type::bytes,
     "1MB",
     "Largest MQTT packet accepted",
     zone<&B::packet_bytes_max>,
     {64, 268435460}},
    {"mqtt.max_clientid_len",
     Type::integer,
     "65535",
     "Longest client id, in bytes",
     zone<&B::client_id_bytes_max>,
     {1, 65535}},
    {"mqtt.max_topic_levels",
     Type::integer,
     "128",
     "Most levels of a topic or filter; 0: no limit",
     zone<&B::topic_levels_max>,
     {0, 65535}},
    {"mqtt.max_qos_allowed", Type::integer, "2", "Highest QoS of a PUBLISH", qos_max, {0, 2}},
    {"mqtt.max_topic_alias",
     Type::integer,
     "65535",
     "MQTT 5 topic aliases that a client may use; 0: none",
     zone<&B::topic_alias_max>,
     {0, 65535}},
    {"mqtt.retain_available", Type::boolean, "true", "Whether messages can be retained",
     zone<&B::retain_available>},
    {"mqtt.wildcard_subscription", Type::boolean, "true", "Whether filters may hold + and #",
     zone<&B::wildcard_subscription>},
    {"mqtt.shared_subscription", Type::boolean, "true",
     "Whether $share/<group>/<filter> and $queue/<filter> may be subscribed to",
     zone<&B::shared_subscription>},
    {"mqtt.exclusive_subscription", Type::boolean, "false",
     "Whether $exclusive/<filter> may be subscribed to, by one client at a time",
     zone<&B::exclusive_subscription>},

    {"mqtt.max_topic_alias_broker",
     Type::integer,
     "32",
     "Topic aliases used towards an MQTT 5 client that takes some; 0: none",
     zone<&B::topic_alias_max_out>,
     {0, 65535}},
    {"mqtt.subscription_identifier", Type::boolean, "true",
     "Whether MQTT 5 clients may give their subscriptions identifiers", zone<&B::subscription_identifier>},
    {"mqtt.strict_mode", Type::boolean, "true",
     "Whether every deviation from the specification ends the connection. false lets pass what harms nobody; "
     "see docs/mqtt.md",
     zone<&B::strict>},
    {"mqtt.ignore_loop_deliver", Type::boolean, "false",
     "Whether clients of MQTT 3 do not get what they publish themselves, as No Local in MQTT 5",
     zone<&B::ignore_loop_deliver>},
    {"mqtt.check_payload_format", Type::boolean, "false",
     "Whether payloads that their sender calls UTF-8 are checked", zone<&B::check_payload_format>},
    {"mqtt.response_information", Type::text, "",
     "What MQTT 5 clients that ask for response information are told", zone<&B::response_information>},

    // ---- zone
    {"zone.*.idle_timeout", Type::duration_ms, "15s", "Time from connection to CONNECT",
     zone<&B::idle_timeout>, zone_positive_ms},
    {"zone.*.max_packet_size",
     Type::bytes,
     "",
     "As mqtt.max_packet_size, for this zone",
     zone<&B::packet_bytes_max>,
     {64, 268435460}},
    {"zone.*.max_clientid_len",
     Type::integer,
     "",
     "As mqtt.max_clientid_len",
     zone<&B::client_id_bytes_max>,
     {1, 65535}},
    {"zone.*.max_topic_levels",
     Type::integer,
     "",
     "As mqtt.max_topic_levels",
     zone<&B::topic_levels_max>,
     {0, 65535}},
    {"zone.*.max_qos_allowed", Type::integer, "", "As mqtt.max_qos_allowed", qos_max, {0, 2}},
    {"zone.*.max_topic_alias",
     Type::integer,
     "",
     "As mqtt.max_topic_alias",
     zone<&B::topic_alias_max>,
     {0, 65535}},
    {"zone.*.retain_available", Type::boolean, "", "As mqtt.retain_available", zone<&B::retain_available>},
    {"zone.*.exclusive_subscription", Type::boolean, "", "As mqtt.exclusive_subscription",
     zone<&B::exclusive_subscription>},
    {"zone.*.wildcard_subscription", Type::boolean, "", "As mqtt.wildcard_subscription",
     zone<&B::wildcard_subscription>},
    {"zone.*.shared_subscription", Type::boolean, "", "As mqtt.shared_subscription",
     zone<&B::shared_subscription>},
    {"zone.*.max_topic_alias_broker",
     Type::integer,
     "",
     "As mqtt.max_topic_alias_broker",
     zone<&B::topic_alias_max_out>,
     {0, 65535}},
    {"zone.*.subscription_identifier", Type::boolean, "", "As mqtt.subscription_identifier",
     zone<&B::subscription_identifier>},
    {"zone.*.strict_mode", Type::boolean, "", "As mqtt.strict_mode", zone<&B::strict>},
    {"zone.*.ignore_loop_deliver", Type::boolean, "", "As mqtt.ignore_loop_deliver",
     zone<&B::ignore_loop_deliver>},
    {"zone.*.check_payload_format", Type::boolean, "", "As mqtt.check_payload_format",
     zone<&B::check_payload_format>},
    {"zone.*.response_information", Type::text, "", "As mqtt.response_information",
     zone<&B::response_information>},
    {"zone.*.server_keepalive",
     Type::integer,
     "",
     "Keep-alive in seconds that MQTT 5 clients are told to use",
     server_keepalive,
     {1, 65535}},
    {"zone.*.keepalive_backoff",
     Type::real,
     "0.75",
     "A client is closed after twice this part of its keep-alive without a packet",
     keepalive_backoff,
     {0, 10}},
    {"zone.*.max_subscriptions", Type::integer, "0", "Subscriptions of one client; 0: no limit",
     zone<&B::subscriptions_max>, zone_counter},
    {"zone.*.max_inflight",
     Type::integer,
     "32",
     "QoS 1 and 2 messages on their way to one client",
     zone<&B::inflight_max>,
     {1, 65535}},
    {"zone.*.retry_interval", Type::duration_or_integer, "30s",
     "MQTT 3: unacknowledged messages are sent again after this; 0: only when a client comes back",
     zone<&B::retry_interval>},
    {"zone.*.max_awaiting_rel", Type::integer, "100", "QoS 2 messages of one client that wait for its PUBREL",
     zone<&B::awaiting_rel_max>, zone_counter},
    {"zone.*.await_rel_timeout", Type::duration_s, "300s", "How long they wait", zone<&B::await_rel_timeout>,
     zone_positive_ms},
    {"zone.*.session_expiry_interval", Type::duration_s, "2h",
     "Life of a persistent session without connection (MQTT 3; MQTT 5 clients say it themselves)",
     zone<&B::session_expiry_interval>, zone_positive_ms},
    {"zone.*.max_session_expiry_interval", Type::duration_s, "",
     "The longest that an MQTT 5 client may ask for; it is told. Unset: no limit", session_expiry_max,
     zone_positive_ms},
    {"zone.*.upgrade_qos", Type::flag, "off",
     "Whether a subscription with a higher QoS than the message's raises it, against the specification",
     zone<&B::upgrade_qos>},
    {"zone.*.use_username_as_clientid", Type::boolean, "false",
     "Whether a client's user name, if it has one, is its client id", zone<&B::use_username_as_clientid>},
    {"zone.*.max_mqueue_len", Type::integer, "1000", "Messages waiting in one session; 0: no limit",
     zone<&B::queue_messages_max>, zone_counter},
    {"zone.*.mqueue_priorities", Type::priorities, "none",
     "Topics whose messages leave the queue before others, the highest first", queue_priorities},
    {"zone.*.mqueue_default_priority",
     Type::word,
     "highest",
     "Where all other topics stand if there are such",
     queue_default_priority,
     {},
     "lowest highest"},
    {"zone.*.mountpoint", Type::mountpoint, "",
     "What stands before all topics and filters of a client, unseen by it; %c: its id, %u: its user name",
     zone<&B::mountpoint>},
    {"zone.*.mqueue_store_qos0", Type::boolean, "true", "Whether QoS 0 messages wait too",
     zone<&B::queue_store_qos0>},
};

}  // namespace

std::span<const Key> zone_keys() {
  return zone_table;
}

}  // namespace meshmq::config
