#include "admin/metrics.hpp"

namespace meshmq::admin {

namespace {

using M = broker::Metrics;

struct Named {
  std::string_view name;
  std::uint64_t M::*field;
};

constexpr Named table[] = {
    {"bytes.received", &M::bytes_received},
    {"bytes.sent", &M::bytes_sent},
    {"client.acl.allow", &M::client_acl_allow},
    {"client.acl.deny", &M::client_acl_deny},
    {"client.auth.anonymous", &M::client_auth_anonymous},
    {"client.auth.banned", &M::client_auth_banned},
    {"client.auth.failure", &M::client_auth_failure},
    {"client.auth.success", &M::client_auth_success},
    {"client.authenticate", &M::client_authenticate},
    {"client.check_acl", &M::client_check_acl},
    {"client.connack", &M::packets_connack_sent},
    {"client.connect", &M::packets_connect_received},
    {"client.connected", &M::client_connected},
    {"client.disconnected", &M::client_disconnected},
    {"client.subscribe", &M::packets_subscribe_received},
    {"client.unsubscribe", &M::packets_unsubscribe_received},
    {"delivery.dropped", &M::delivery_dropped},
    {"delivery.dropped.expired", &M::delivery_dropped_expired},
    {"delivery.dropped.no_local", &M::delivery_dropped_no_local},
    {"delivery.dropped.qos0_msg", &M::delivery_dropped_qos0_msg},
    {"delivery.dropped.queue_full", &M::delivery_dropped_queue_full},
    {"delivery.dropped.too_large", &M::delivery_dropped_too_large},
    {"messages.acked", &M::messages_acked},
    {"messages.delayed", &M::messages_delayed},
    {"messages.delivered", &M::messages_delivered},
    {"messages.dropped", &M::messages_dropped},
    {"messages.dropped.expired", &M::messages_dropped_expired},
    {"messages.dropped.no_subscribers", &M::messages_dropped_no_subscribers},
    {"messages.forward", &M::messages_forward},
    {"messages.forward.dropped", &M::messages_forward_dropped},
    {"messages.forward.received", &M::messages_forward_received},
    {"messages.publish", &M::messages_publish},
    {"messages.qos0.received", &M::messages_qos0_received},
    {"messages.qos0.sent", &M::messages_qos0_sent},
    {"messages.qos1.received", &M::messages_qos1_received},
    {"messages.qos1.sent", &M::messages_qos1_sent},
    {"messages.qos2.received", &M::messages_qos2_received},
    {"messages.qos2.sent", &M::messages_qos2_sent},
    {"messages.received", &M::messages_received},
    {"messages.retained", &M::messages_retained},
    {"messages.sent", &M::messages_sent},
    {"packets.auth.received", &M::packets_auth_received},
    {"packets.auth.sent", &M::packets_auth_sent},
    {"packets.connack.auth_error", &M::packets_connack_auth_error},
    {"packets.connack.error", &M::packets_connack_error},
    {"packets.connack.sent", &M::packets_connack_sent},
    {"packets.connect.received", &M::packets_connect_received},
    {"packets.disconnect.received", &M::packets_disconnect_received},
    {"packets.disconnect.sent", &M::packets_disconnect_sent},
    {"packets.pingreq.received", &M::packets_pingreq_received},
    {"packets.pingresp.sent", &M::packets_pingresp_sent},
    {"packets.puback.inuse", &M::packets_puback_inuse},
    {"packets.puback.missed", &M::packets_puback_missed},
    {"packets.puback.received", &M::packets_puback_received},
    {"packets.puback.sent", &M::packets_puback_sent},
    {"packets.pubcomp.inuse", &M::packets_pubcomp_inuse},
    {"packets.pubcomp.missed", &M::packets_pubcomp_missed},
    {"packets.pubcomp.received", &M::packets_pubcomp_received},
    {"packets.pubcomp.sent", &M::packets_pubcomp_sent},
    {"packets.publish.auth_error", &M::packets_publish_auth_error},
    {"packets.publish.dropped", &M::packets_publish_dropped},
    {"packets.publish.error", &M::packets_publish_error},
    {"packets.publish.inuse", &M::packets_publish_inuse},
    {"packets.publish.received", &M::packets_publish_received},
    {"packets.publish.sent", &M::packets_publish_sent},
    {"packets.pubrec.inuse", &M::packets_pubrec_inuse},
    {"packets.pubrec.missed", &M::packets_pubrec_missed},
    {"packets.pubrec.received", &M::packets_pubrec_received},
    {"packets.pubrec.sent", &M::packets_pubrec_sent},
    {"packets.pubrel.missed", &M::packets_pubrel_missed},
    {"packets.pubrel.received", &M::packets_pubrel_received},
    {"packets.pubrel.sent", &M::packets_pubrel_sent},
    {"packets.received", &M::packets_received},
    {"packets.sent", &M::packets_sent},
    {"packets.suback.sent", &M::packets_suback_sent},
    {"packets.subscribe.auth_error", &M::packets_subscribe_auth_error},
    {"packets.subscribe.error", &M::packets_subscribe_error},
    {"packets.subscribe.received", &M::packets_subscribe_received},
    {"packets.unsuback.sent", &M::packets_unsuback_sent},
    {"packets.unsubscribe.error", &M::packets_unsubscribe_error},
    {"packets.unsubscribe.received", &M::packets_unsubscribe_received},
    {"session.created", &M::session_created},
    {"session.discarded", &M::session_discarded},
    {"session.resumed", &M::session_resumed},
    {"session.takeovered", &M::session_takeovered},
    {"session.terminated", &M::session_terminated},
    {"subscriptions.exclusive.lost", &M::subscriptions_exclusive_lost},
};

}  // namespace

Counters metrics_of(const std::vector<node::QueryReply>& replies) {
  Counters counters;
  for (const Named& named : table) {
    std::uint64_t sum = 0;
    for (const node::QueryReply& reply : replies) sum += reply.metrics.*named.field;
    counters.emplace_back(named.name, sum);
  }
  return counters;
}

Counters stats_of(Desk& desk, const std::vector<node::QueryReply>& replies) {
  broker::Stats sum;
  for (const node::QueryReply& reply : replies) {
    sum.connections += reply.stats.connections;
    sum.sessions += reply.stats.sessions;
    sum.subscriptions += reply.stats.subscriptions;
    sum.shared_subscriptions += reply.stats.shared_subscriptions;
  }
  const node::ControlStats control = desk.control.stats();
  const std::pair<const char*, std::uint64_t> sizes[] = {
      {"channels", sum.sessions},           {"connections", sum.connections},
      {"delayed", control.delayed},         {"retained", control.retained},
      {"routes", control.routes},           {"sessions", sum.sessions},
      {"suboptions", sum.subscriptions},    {"subscribers", sum.subscriptions - sum.shared_subscriptions},
      {"subscriptions", sum.subscriptions}, {"subscriptions.shared", sum.shared_subscriptions},
      {"topics", control.topics},
  };
  Counters counters;
  for (const auto& [name, size] : sizes) {
    counters.emplace_back(std::string(name) + ".count", size);
    counters.emplace_back(std::string(name) + ".max", desk.peak(name, size));
  }
  return counters;
}

void sample(Desk& desk, Now now) {
  desk.query(node::QueryKind::stats, {}, now,
             [&desk](const std::vector<node::QueryReply>& replies) { (void)stats_of(desk, replies); });
}

}  // namespace meshmq::admin
