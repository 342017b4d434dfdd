#include "admin/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "erldist/term.hpp"

namespace meshmq::admin {

std::string format_usage(std::span<const UsageLine> lines) {
  std::string text;
  for (const UsageLine& line : lines) text += fmt::format("{:<70}# {}\n", line.form, line.meaning);
  return text;
}

std::string format_client(const broker::ClientInfo& c) {
  std::string text = fmt::format(
      "Client({}, username={}, peername={}, clean_start={}, keepalive={}, session_expiry_interval={}, "
      "subscriptions={}, "
      "inflight={}, awaiting_rel={}, delivered_msgs={}, enqueued_msgs={}, dropped_msgs={}, connected={}, "
      "created_at={}, "
      "connected_at={}",
      c.client_id, c.username.empty() ? "undefined" : c.username, c.peername, c.clean_start, c.keepalive_s,
      c.session_expiry_interval_s, c.subscriptions, c.inflight, c.awaiting_rel, c.traffic.publishes_sent,
      c.enqueued_msgs, c.dropped_msgs, c.connected, c.created_at, c.connected_at);
  if (c.disconnected_at != 0) text += fmt::format(", disconnected_at={}", c.disconnected_at);
  return text + ")\n";
}

std::vector<std::pair<std::string, Json>> traffic_members(const broker::ClientInfo& c) {
  std::vector<std::pair<std::string, Json>> members = {{"recv_pkt", c.traffic.packets_received},
                                                       {"recv_msg", c.traffic.publishes_received},
                                                       {"send_pkt", c.traffic.packets_sent()},
                                                       {"send_msg", c.traffic.publishes_sent}};
  if (!c.socket) return members;
  members.emplace_back("recv_oct", c.socket->bytes_received);
  members.emplace_back("recv_cnt", c.socket->reads);
  members.emplace_back("send_oct", c.socket->bytes_sent);
  members.emplace_back("send_cnt", c.socket->writes);
  return members;
}

Json client_json(const broker::ClientInfo& c) {
  std::vector<std::pair<std::string, Json>> members = {
      {"clientid", c.client_id},          {"username", c.username.empty() ? Json() : Json(c.username)},
      {"peername", c.peername},           {"clean_start", c.clean_start},
      {"keepalive", c.keepalive_s},       {"session_expiry_interval", c.session_expiry_interval_s},
      {"subscriptions", c.subscriptions}, {"inflight", c.inflight},
      {"awaiting_rel", c.awaiting_rel},   {"delivered_msgs", c.traffic.publishes_sent},
      {"enqueued_msgs", c.enqueued_msgs}, {"dropped_msgs", c.dropped_msgs},
      {"connected", c.connected},         {"created_at", c.created_at},
      {"connected_at", c.connected_at},
  };
  if (c.disconnected_at != 0) members.emplace_back("disconnected_at", c.disconnected_at);
  const auto traffic = traffic_members(c);
  members.insert(members.end(), traffic.begin(), traffic.end());
  return Json::object(members);
}

std::string format_field(std::string_view name, std::string_view value, std::size_t width) {
  return fmt::format("{:<{}}: {}\n", name.substr(0, width), width, value);
}

std::string format_counters(Counters counters) {
  std::sort(counters.begin(), counters.end());
  std::string text;
  for (const auto& [name, value] : counters) text += format_field(name, std::to_string(value), 30);
  return text;
}

Json counters_json(Counters counters) {
  std::sort(counters.begin(), counters.end());
  std::vector<std::pair<std::string, Json>> members;
  for (const auto& [name, value] : counters) members.emplace_back(name, value);
  return Json::object(members);
}

std::string format_uptime(Duration uptime) {
  const auto seconds = uptime.count() / 1000;
  std::string text = fmt::format("{} seconds", seconds % 60);
  if (seconds >= 60) text = fmt::format("{} minutes, {}", seconds / 60 % 60, text);
  if (seconds >= 3600) text = fmt::format("{} hours, {}", seconds / 3600 % 24, text);
  if (seconds >= 86400) text = fmt::format("{} days, {}", seconds / 86400, text);
  return text;
}

std::string format_datetime(WallMillis wall) {
  const std::time_t seconds = wall / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1,
                     local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
}

std::string_view action_word(broker::AclAction action) {
  return action == broker::AclAction::publish     ? "pub"
         : action == broker::AclAction::subscribe ? "sub"
                                                  : "pubsub";
}

std::optional<broker::AclAction> action_of(std::string_view word) {
  for (const broker::AclAction action :
       {broker::AclAction::publish, broker::AclAction::subscribe, broker::AclAction::pubsub}) {
    if (word == action_word(action)) return action;
  }
  return std::nullopt;
}

std::string format_listener(const ListenerInfo& listener) {
  std::string counts;
  for (const auto& [reason, count] : listener.shutdown_counts) {
    if (!counts.empty()) counts += ',';
    counts += fmt::format("{{{},{}}}", erldist::print_atom(reason), count);
  }
  const auto line = [](std::string_view name, const std::string& value) {
    return "  " + format_field(name, value, 16);
  };
  return listener.id + "\n" + line("listen_on", listener.listen_on) +
         line("acceptors", std::to_string(listener.acceptors)) +
         line("max_conns", std::to_string(listener.connections_max)) +
         line("current_conn", std::to_string(listener.connections)) +
         line("shutdown_count", "[" + counts + "]");
}

Json listener_json(const ListenerInfo& listener) {
  std::vector<std::pair<std::string, Json>> counts;
  for (const auto& [reason, count] : listener.shutdown_counts) counts.emplace_back(reason, count);
  return Json::object({{"identifier", listener.id},
                       {"listen_on", listener.listen_on},
                       {"acceptors", listener.acceptors},
                       {"max_conns", listener.connections_max},
                       {"current_conns", listener.connections},
                       {"shutdown_count", Json::object(counts)}});
}

}  // namespace meshmq::admin
