#pragma once
// Counters of one worker; names as EMQ X 4.3 prints them (cluster-spec 8.2), with underscores for dots.

#include <cstdint>

namespace meshmq::broker {

/// Plain integers: one worker writes them, others get copies by mailbox.
struct Metrics {
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_connect_received = 0;
  std::uint64_t packets_connack_sent = 0;
  std::uint64_t packets_connack_error = 0;
  std::uint64_t packets_connack_auth_error = 0;
  std::uint64_t packets_publish_received = 0;
  std::uint64_t packets_publish_sent = 0;
  std::uint64_t packets_publish_error = 0;
  std::uint64_t packets_publish_auth_error = 0;
  std::uint64_t packets_publish_dropped = 0;
  std::uint64_t packets_publish_inuse = 0;  ///< another message under an id that is taken
  std::uint64_t packets_puback_received = 0;
  std::uint64_t packets_puback_sent = 0;
  std::uint64_t packets_puback_inuse = 0;   ///< an answer that does not fit the state of its id
  std::uint64_t packets_puback_missed = 0;  ///< an answer to what is not in flight
  std::uint64_t packets_pubrec_received = 0;
  std::uint64_t packets_pubrec_sent = 0;
  std::uint64_t packets_pubrec_inuse = 0;
  std::uint64_t packets_pubrec_missed = 0;
  std::uint64_t packets_pubrel_received = 0;
  std::uint64_t packets_pubrel_sent = 0;
  std::uint64_t packets_pubrel_missed = 0;
  std::uint64_t packets_pubcomp_received = 0;
  std::uint64_t packets_pubcomp_sent = 0;
  std::uint64_t packets_pubcomp_inuse = 0;
  std::uint64_t packets_pubcomp_missed = 0;
  std::uint64_t packets_subscribe_received = 0;
  std::uint64_t packets_subscribe_error = 0;
  std::uint64_t packets_subscribe_auth_error = 0;
  std::uint64_t packets_suback_sent = 0;
  std::uint64_t packets_unsubscribe_received = 0;
  std::uint64_t packets_unsubscribe_error = 0;
  std::uint64_t packets_unsuback_sent = 0;
  std::uint64_t packets_pingreq_received = 0;
  std::uint64_t packets_pingresp_sent = 0;
  std::uint64_t packets_disconnect_received = 0;
  std::uint64_t packets_disconnect_sent = 0;
  std::uint64_t packets_auth_received = 0;
  std::uint64_t packets_auth_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_publish = 0;
  std::uint64_t messages_dropped = 0;
  std::uint64_t messages_dropped_no_subscribers = 0;
  std::uint64_t messages_dropped_expired = 0;
  std::uint64_t messages_forward = 0;           ///< copies sent to other nodes
  std::uint64_t messages_forward_received = 0;  ///< copies that came from other nodes
  std::uint64_t messages_forward_dropped = 0;   ///< copies that could not be kept for a node that is away
  std::uint64_t messages_delayed = 0;
  std::uint64_t messages_delivered = 0;
  std::uint64_t messages_acked = 0;
  std::uint64_t messages_retained = 0;
  std::uint64_t messages_qos0_received = 0;
  std::uint64_t messages_qos1_received = 0;
  std::uint64_t messages_qos2_received = 0;
  std::uint64_t messages_qos0_sent = 0;
  std::uint64_t messages_qos1_sent = 0;
  std::uint64_t messages_qos2_sent = 0;
  std::uint64_t delivery_dropped = 0;
  std::uint64_t delivery_dropped_no_local = 0;
  std::uint64_t delivery_dropped_too_large = 0;
  std::uint64_t delivery_dropped_qos0_msg = 0;
  std::uint64_t delivery_dropped_queue_full = 0;
  std::uint64_t delivery_dropped_expired = 0;
  std::uint64_t client_authenticate = 0;    ///< CONNECTs whose credentials were looked at
  std::uint64_t client_auth_anonymous = 0;  ///< ... that came in without
  std::uint64_t client_auth_success = 0;
  std::uint64_t client_auth_failure = 0;
  std::uint64_t client_auth_banned = 0;
  std::uint64_t client_check_acl = 0;
  std::uint64_t client_acl_allow = 0;
  std::uint64_t client_acl_deny = 0;
  std::uint64_t client_connected = 0;
  std::uint64_t client_disconnected = 0;
  std::uint64_t session_created = 0;
  std::uint64_t session_resumed = 0;
  std::uint64_t session_takeovered = 0;
  std::uint64_t subscriptions_exclusive_lost = 0;  ///< another client has had them for longer
  std::uint64_t session_discarded = 0;
  std::uint64_t session_terminated = 0;
};

}  // namespace meshmq::broker
