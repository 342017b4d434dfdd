#include "broker/presence.hpp"

#include <string>
#include <utility>
#include <vector>

#include "broker/system_topic.hpp"
#include "topic/filter.hpp"

namespace meshmq::broker {

namespace {

/// `10.0.0.1:1234` and `[::1]:1234` without the port; whoever has none is on this machine.
std::string_view address_of(std::string_view peername) {
  const std::size_t colon = peername.rfind(':');
  if (colon == std::string_view::npos) return "127.0.0.1";
  std::string_view address = peername.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return address;
}

std::vector<std::pair<std::string, Json>> common(const Session& session, const Channel& channel, Now now) {
  return {{"clientid", session.client_id},
          {"ipaddress", address_of(session.peername)},
          {"proto_name", channel.version == mqtt::Version::v3_1 ? "MQIsdp" : "MQTT"},
          {"proto_ver", static_cast<int>(channel.version)},
          {"sockport", channel.listener_port},
          {"ts", now.wall},
          {"username", session.username.empty() ? std::string("undefined") : session.username}};
}

}  // namespace

void Presence::connected(const Channel& channel, Now now) {
  const Session& session = *channel.session;
  auto fields = common(session, channel, now);
  fields.emplace_back("clean_start", session.clean_start);
  fields.emplace_back("connack", 0);
  fields.emplace_back("connected_at", session.connected_at);
  fields.emplace_back("expiry_interval", session.expiry_s);
  fields.emplace_back("keepalive", session.keepalive_s);
  say(session, "connected", Json::object(fields), now);
}

void Presence::disconnected(const Session& session, const Channel& channel, Now now) {
  auto fields = common(session, channel, now);
  fields.emplace_back("disconnected_at", session.disconnected_at);
  fields.emplace_back("reason", channel.end);
  say(session, "disconnected", Json::object(fields), now);
}

void Presence::say(const Session& session, std::string_view what, const Json& fields, Now now) {
  const std::string rest = "clients/" + session.client_id + "/" + std::string(what);
  const std::string topic = system_topic(world_.config.node_name, rest);
  if (!topic::is_valid_name(topic)) return;
  publishing_.publish_system(mqtt::Message::make({.topic = topic,
                                                  .payload = fields.text(),
                                                  .qos = world_.config.presence_qos,
                                                  .created_at = now.wall,
                                                  .id = world_.next_message_id()}),
                             now);
}

}  // namespace meshmq::broker
