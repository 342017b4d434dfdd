#include "rest/client_filter.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>

namespace meshmq::rest {

namespace {

constexpr std::string_view conditions[] = {"clientid",          "username",         "zone",
                                           "ip_address",        "conn_state",       "clean_start",
                                           "proto_name",        "proto_ver",        "_like_clientid",
                                           "_like_username",    "_gte_created_at",  "_lte_created_at",
                                           "_gte_connected_at", "_lte_connected_at"};

std::optional<std::string> text(const Params& params, std::string_view name) {
  const auto found = params.find(name);
  return found == params.end() ? std::nullopt : std::optional(found->second);
}

/// In the words of EMQ X.
Error not_a(std::string_view value, std::string_view type) {
  return {Errc::invalid_argument, fmt::format("Can't convert <<\"{}\">> to {} type", value, type)};
}

/// A moment: seconds since 1970, or milliseconds if that many would lie far ahead.
Result<void> moment(const Params& params, std::string_view name, WallMillis& to) {
  const auto value = text(params, name);
  if (!value) return {};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size())
    return tl::unexpected<Error>(not_a(*value, "integer"));
  constexpr std::int64_t seconds_max = 100'000'000'000;
  to = number < seconds_max ? number * 1000 : number;
  return {};
}

Result<std::shared_ptr<re2::RE2>> pattern(const Params& params, std::string_view name) {
  const auto value = text(params, name);
  if (!value) return std::shared_ptr<re2::RE2>();
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<re2::RE2>(*value, options);
  if (!compiled->ok())
    return fail(Errc::invalid_argument, fmt::format("{} is not a regular expression: {}", name, *value));
  return compiled;
}

template <class Wanted, class Given>
bool differs(const std::optional<Wanted>& wanted, const Given& given) {
  return wanted && *wanted != given;
}

}  // namespace

std::string_view protocol_name(mqtt::Version version) {
  return version == mqtt::Version::v3_1 ? "MQIsdp" : "MQTT";
}

int protocol_level(mqtt::Version version) {
  return static_cast<int>(version);
}

std::pair<std::string, int> split_peer(const std::string& peername) {
  const std::size_t colon = peername.rfind(':');
  if (colon == std::string::npos) return {peername, 0};
  std::string host = peername.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  int port = 0;
  std::from_chars(peername.data() + colon + 1, peername.data() + peername.size(), port);
  return {std::move(host), port};
}

bool ClientFilter::any(const Params& params) {
  return std::any_of(std::begin(conditions), std::end(conditions),
                     [&](std::string_view name) { return params.contains(name); });
}

Result<ClientFilter> ClientFilter::of(const Params& params, std::span<const std::string> zones) {
  ClientFilter filter;
  filter.zones_ = zones;
  filter.client_id_ = text(params, "clientid");
  filter.username_ = text(params, "username");
  filter.zone_ = text(params, "zone");
  filter.ip_address_ = text(params, "ip_address");
  filter.state_ = text(params, "conn_state");
  filter.proto_name_ = text(params, "proto_name");
  filter.lasting_ = params.contains("_lasting");
  if (const auto clean = text(params, "clean_start")) {
    if (*clean != "true" && *clean != "false") return tl::unexpected<Error>(not_a(*clean, "atom"));
    filter.clean_start_ = *clean == "true";
  }
  if (const auto level = text(params, "proto_ver")) {
    if (level->size() != 1 || (*level)[0] < '0' || (*level)[0] > '9')
      return tl::unexpected<Error>(not_a(*level, "integer"));
    filter.proto_ver_ = (*level)[0] - '0';
  }
  auto like_client_id = pattern(params, "_like_clientid");
  if (!like_client_id) return tl::unexpected<Error>(like_client_id.error());
  filter.like_client_id_ = std::move(*like_client_id);
  auto like_username = pattern(params, "_like_username");
  if (!like_username) return tl::unexpected<Error>(like_username.error());
  filter.like_username_ = std::move(*like_username);
  for (const auto& [name, to] : {std::pair("_gte_created_at", &filter.created_min_),
                                 std::pair("_lte_created_at", &filter.created_max_),
                                 std::pair("_gte_connected_at", &filter.connected_min_),
                                 std::pair("_lte_connected_at", &filter.connected_max_)}) {
    if (auto read = moment(params, name, *to); !read) return tl::unexpected<Error>(read.error());
  }
  return filter;
}

bool ClientFilter::fits(const broker::ClientInfo& client) const {
  const std::string_view zone = client.zone < zones_.size() ? std::string_view(zones_[client.zone]) : "";
  if (differs(client_id_, client.client_id) || differs(username_, client.username) || differs(zone_, zone) ||
      differs(clean_start_, client.clean_start) || differs(proto_ver_, protocol_level(client.version)) ||
      differs(proto_name_, protocol_name(client.version)))
    return false;
  if (state_ && *state_ != (client.connected ? "connected" : "disconnected")) return false;
  if (lasting_ && client.session_expiry_interval_s == 0) return false;
  if (client.created_at < created_min_ || client.created_at > created_max_) return false;
  if (client.connected_at < connected_min_ || client.connected_at > connected_max_) return false;
  if (like_client_id_ && !re2::RE2::PartialMatch(client.client_id, *like_client_id_)) return false;
  if (like_username_ && !re2::RE2::PartialMatch(client.username, *like_username_)) return false;
  return !ip_address_ || split_peer(client.peername).first == *ip_address_;
}

}  // namespace meshmq::rest
