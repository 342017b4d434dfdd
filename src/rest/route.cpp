#include "rest/route.hpp"

#include <algorithm>

#include "topic/filter.hpp"

namespace meshmq::rest {

namespace {

constexpr std::string_view prefix = "/api/v4";
constexpr auto route_groups = {
    about_routes,    node_routes,    client_routes, subscription_routes, routing_routes, publish_routes,
    listener_routes, counter_routes, alarm_routes,  retained_routes,     cluster_routes, access_routes,
    account_routes,  config_routes,  data_routes,   trace_routes,        watch_routes,   module_routes};

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Nothing if a `%` is not followed by two digits, or if it is no UTF-8: it may come back in an answer.
std::optional<std::string> decode(std::string_view text, bool plus_is_blank) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      result += ' ';
    } else if (text[i] != '%') {
      result += text[i];
    } else {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
      result += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    }
  }
  if (!topic::is_valid_utf8(result)) return std::nullopt;
  return result;
}

/// Takes the next level off.
std::string_view next_level(std::string_view& path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view level = path.substr(0, end);
  path.remove_prefix(end);
  return level;
}

std::optional<Params> match(std::string_view pattern, std::string_view path) {
  Params params;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = next_level(pattern);
    const auto level = decode(next_level(path), false);
    if (!level) return std::nullopt;
    if (wanted.starts_with(':')) {
      if (level->empty()) return std::nullopt;
      params[std::string(wanted.substr(1))] = *level;
    } else if (wanted != *level) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return params;
}

Json code_json(Code code) {
  return Json(static_cast<int>(code));
}

}  // namespace

std::vector<const Route*> all_routes() {
  std::vector<const Route*> all;
  for (const auto group : route_groups) {
    for (const Route& route : group()) all.push_back(&route);
  }
  return all;
}

std::string full_path(const Route& route) {
  std::string path(route.outside ? std::string_view() : prefix);
  if (route.path != "/") path += route.path;
  return path;
}

Found find_route(std::string_view method, std::string_view path) {
  static const auto table = [] {
    std::vector<std::pair<std::string, const Route*>> rows;
    for (const Route* route : all_routes()) rows.emplace_back(full_path(*route), route);
    // A literal level is tried before a parameter: ':' comes last.
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      return std::count(a.first.begin(), a.first.end(), ':') <
             std::count(b.first.begin(), b.first.end(), ':');
    });
    return rows;
  }();
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  Found found;
  for (const auto& [pattern, route] : table) {
    auto params = match(pattern, path);
    if (!params) continue;
    const bool reads = method == "HEAD" && route->method == "GET";
    if (route->method == method || reads) return {route, std::move(*params), false};
    found.other_method = true;
  }
  return found;
}

std::optional<Params> parse_query(std::string_view query) {
  Params params;
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    if (item.empty()) continue;
    const std::size_t equals = std::min(item.find('='), item.size());
    const auto name = decode(item.substr(0, equals), true);
    const auto value = decode(item.substr(std::min(equals + 1, item.size())), true);
    if (!name || !value) return std::nullopt;
    params[*name] = *value;
  }
  return params;
}

// ---------------------------------------------------------------- answers

void Call::ok() const {
  raw(Json::object({{"code", code_json(Code::ok)}}).text());
}

void Call::ok(const Json& data) const {
  ok(data, {});
}

void Call::ok(const Json& data, const Members& meta) const {
  Members members;
  if (!meta.empty()) members.emplace_back("meta", Json::object(meta));
  members.emplace_back("data", data);
  members.emplace_back("code", code_json(Code::ok));
  raw(Json::object(members).text());
}

void Call::fail(Code code, std::string_view message, unsigned status) const {
  raw(Json::object({{"code", code_json(code)}, {"message", message}}).text(), status);
}

void Call::raw(std::string text, unsigned status) const {
  http::Response response{.status = status, .body = std::move(text)};
  if (route != nullptr && !route->media.empty()) response.content_type = route->media;
  respond(std::move(response));
}

}  // namespace meshmq::rest
