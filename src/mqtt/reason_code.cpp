#include "mqtt/reason_code.hpp"

namespace meshmq::mqtt {

namespace {

struct Name {
  ReasonCode code;
  std::string_view text;
};

constexpr Name names[] = {
    {ReasonCode::success, "success"},
    {ReasonCode::granted_qos_1, "granted_qos_1"},
    {ReasonCode::granted_qos_2, "granted_qos_2"},
    {ReasonCode::disconnect_with_will, "disconnect_with_will"},
    {ReasonCode::no_matching_subscribers, "no_matching_subscribers"},
    {ReasonCode::no_subscription_existed, "no_subscription_existed"},
    {ReasonCode::continue_authentication, "continue_authentication"},
    {ReasonCode::reauthenticate, "reauthenticate"},
    {ReasonCode::unspecified_error, "unspecified_error"},
    {ReasonCode::malformed_packet, "malformed_packet"},
    {ReasonCode::protocol_error, "protocol_error"},
    {ReasonCode::implementation_specific_error, "implementation_specific_error"},
    {ReasonCode::unsupported_protocol_version, "unsupported_protocol_version"},
    {ReasonCode::client_identifier_not_valid, "client_identifier_not_valid"},
    {ReasonCode::bad_user_name_or_password, "bad_username_or_password"},
    {ReasonCode::not_authorized, "not_authorized"},
    {ReasonCode::server_unavailable, "server_unavailable"},
    {ReasonCode::server_busy, "server_busy"},
    {ReasonCode::banned, "banned"},
    {ReasonCode::server_shutting_down, "server_shutting_down"},
    {ReasonCode::bad_authentication_method, "bad_authentication_method"},
    {ReasonCode::keep_alive_timeout, "keepalive_timeout"},
    {ReasonCode::session_taken_over, "session_taken_over"},
    {ReasonCode::topic_filter_invalid, "topic_filter_invalid"},
    {ReasonCode::topic_name_invalid, "topic_name_invalid"},
    {ReasonCode::packet_identifier_in_use, "packet_identifier_inuse"},
    {ReasonCode::packet_identifier_not_found, "packet_identifier_not_found"},
    {ReasonCode::receive_maximum_exceeded, "receive_maximum_exceeded"},
    {ReasonCode::topic_alias_invalid, "topic_alias_invalid"},
    {ReasonCode::packet_too_large, "packet_too_large"},
    {ReasonCode::message_rate_too_high, "message_rate_too_high"},
    {ReasonCode::quota_exceeded, "quota_exceeded"},
    {ReasonCode::administrative_action, "administrative_action"},
    {ReasonCode::payload_format_invalid, "payload_format_invalid"},
    {ReasonCode::retain_not_supported, "retain_not_supported"},
    {ReasonCode::qos_not_supported, "qos_not_supported"},
    {ReasonCode::use_another_server, "use_another_server"},
    {ReasonCode::server_moved, "server_moved"},
    {ReasonCode::shared_subscriptions_not_supported, "shared_subscriptions_not_supported"},
    {ReasonCode::connection_rate_exceeded, "connection_rate_exceeded"},
    {ReasonCode::maximum_connect_time, "maximum_connect_time"},
    {ReasonCode::subscription_identifiers_not_supported, "subscription_identifiers_not_supported"},
    {ReasonCode::wildcard_subscriptions_not_supported, "wildcard_subscriptions_not_supported"},
};

}  // namespace

std::string_view to_string(ReasonCode code) {
  for (const Name& name : names) {
    if (name.code == code) return name.text;
  }
  return "unknown_reason";
}

std::uint8_t to_connack_return_code(ReasonCode code) {
  switch (code) {
    case ReasonCode::success:
      return 0;
    case ReasonCode::unsupported_protocol_version:
      return 1;
    case ReasonCode::client_identifier_not_valid:
      return 2;
    case ReasonCode::bad_user_name_or_password:
      return 4;
    case ReasonCode::not_authorized:
    case ReasonCode::banned:
    case ReasonCode::bad_authentication_method:
      return 5;
    default:
      return 3;
  }
}

bool has_connack_return_code(ReasonCode code) {
  switch (code) {
    case ReasonCode::unsupported_protocol_version:
    case ReasonCode::client_identifier_not_valid:
    case ReasonCode::bad_user_name_or_password:
    case ReasonCode::not_authorized:
    case ReasonCode::banned:
    case ReasonCode::bad_authentication_method:
    case ReasonCode::server_unavailable:
    case ReasonCode::server_busy:
    case ReasonCode::server_shutting_down:
    case ReasonCode::quota_exceeded:
    case ReasonCode::use_another_server:
    case ReasonCode::server_moved:
    case ReasonCode::connection_rate_exceeded:
      return true;
    default:
      return false;
  }
}

ReasonCode from_connack_return_code(std::uint8_t code) {
  switch (code) {
    case 0:
      return ReasonCode::success;
    case 1:
      return ReasonCode::unsupported_protocol_version;
    case 2:
      return ReasonCode::client_identifier_not_valid;
    case 3:
      return ReasonCode::server_unavailable;
    case 4:
      return ReasonCode::bad_user_name_or_password;
    case 5:
      return ReasonCode::not_authorized;
    default:
      return ReasonCode::unspecified_error;
  }
}

}  // namespace meshmq::mqtt
