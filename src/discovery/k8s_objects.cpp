#include "discovery/k8s_objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace meshmq::discovery {

namespace json = boost::json;
using boost::system::error_code;

namespace {

constexpr std::size_t message_chars_max = 200;

/// An object without anything where there is none.
const json::object& object_at(const json::value& value, std::string_view key) {
  static const json::object none;
  const json::object* whole = value.if_object();
  const json::value* found = whole == nullptr ? nullptr : whole->if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : none;
}
const json::array& array_at(const json::value& value, std::string_view key) {
  static const json::array none;
  const json::object* whole = value.if_object();
  const json::value* found = whole == nullptr ? nullptr : whole->if_contains(key);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}
std::string text_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}
std::string text_at(const json::value& value, std::string_view key) {
  return value.is_object() ? text_at(value.get_object(), key) : std::string();
}
bool is_true(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

void add(std::vector<K8sEndpoint>& endpoints, K8sEndpoint endpoint) {
  if (std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end())
    endpoints.push_back(std::move(endpoint));
}

/// EndpointSlice: endpoints[].{addresses, hostname, conditions}.
void read_slice(const json::value& value, K8sObject& to) {
  for (const json::value& endpoint : array_at(value, "endpoints")) {
    const bool terminating = is_true(object_at(endpoint, "conditions"), "terminating");
    const json::array& addresses = array_at(endpoint, "addresses");
    // Further addresses, if there are any, are the same pod's.
    if (terminating || addresses.empty() || !addresses.front().is_string()) continue;
    add(to.endpoints, {std::string(addresses.front().get_string()), text_at(endpoint, "hostname")});
  }
}

/// Endpoints: subsets[].{addresses, notReadyAddresses}[].{ip, hostname}.
void read_subsets(const json::value& value, K8sObject& to) {
  for (const json::value& subset : array_at(value, "subsets")) {
    for (const std::string_view kind : {"addresses", "notReadyAddresses"}) {
      for (const json::value& address : array_at(subset, kind)) {
        if (std::string ip = text_at(address, "ip"); !ip.empty())
          add(to.endpoints, {std::move(ip), text_at(address, "hostname")});
      }
    }
  }
}

K8sObject read_object(const json::value& value) {
  const json::object& metadata = object_at(value, "metadata");
  K8sObject result{
      .name = text_at(metadata, "name"), .version = text_at(metadata, "resourceVersion"), .endpoints = {}};
  read_slice(value, result);
  read_subsets(value, result);
  return result;
}

tl::unexpected<Error> no_json() {
  return fail(Errc::malformed, "the answer is not that of a Kubernetes API server");
}

}  // namespace

Result<K8sList> parse_k8s_list(std::string_view body) {
  error_code error;
  const json::value value = json::parse(json::string_view(body.data(), body.size()), error);
  if (error || !value.is_object()) return no_json();
  K8sList result{.version = text_at(object_at(value, "metadata"), "resourceVersion"), .objects = {}};
  if (!value.get_object().contains("items")) {
    if (text_at(value, "kind") == "Status" || !value.get_object().contains("metadata")) return no_json();
    result.objects.push_back(read_object(value));
    return result;
  }
  for (const json::value& item : array_at(value, "items")) result.objects.push_back(read_object(item));
  return result;
}

Result<K8sEvent> parse_k8s_event(std::string_view line) {
  error_code error;
  const json::value value = json::parse(json::string_view(line.data(), line.size()), error);
  if (error || !value.is_object()) return no_json();
  const std::string type = text_at(value, "type");
  const json::value object(object_at(value, "object"));
  K8sEvent event{.kind = K8sEvent::Kind::error, .object = read_object(object)};
  if (type == "ADDED" || type == "MODIFIED") {
    event.kind = K8sEvent::Kind::changed;
  } else if (type == "DELETED") {
    event.kind = K8sEvent::Kind::deleted;
  } else if (type == "BOOKMARK") {
    event.kind = K8sEvent::Kind::bookmark;
  } else if (type != "ERROR") {
    return no_json();
  }
  const json::value* code = object.get_object().if_contains("code");
  if (code != nullptr && code->is_int64())
    event.code = static_cast<int>(std::clamp<std::int64_t>(code->get_int64(), 0, 999));
  event.message = text_at(object, "message");
  return event;
}

std::string k8s_message(std::string_view body) {
  error_code error;
  const json::value value = json::parse(json::string_view(body.data(), body.size()), error);
  std::string message = error ? std::string() : text_at(value, "message");
  if (message.empty()) message = body;
  message = message.substr(0, message_chars_max);
  std::replace_if(
      message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return message;
}

std::string k8s_node_name(const K8sNaming& naming, const K8sEndpoint& endpoint) {
  const bool long_name = !naming.suffix.empty();
  if (naming.address_type == "ip") return endpoint.ip.empty() ? "" : naming.app + "@" + endpoint.ip;
  if (naming.address_type == "dns") {
    std::string host = endpoint.ip;
    // As Kubernetes names pods, of IPv6 too.
    std::replace_if(
        host.begin(), host.end(), [](char c) { return c == '.' || c == ':'; }, '-');
    if (host.empty()) return {};
    return long_name ? fmt::format("{}@{}.{}.{}", naming.app, host, naming.ns, naming.suffix)
                     : naming.app + "@" + host;
  }
  if (endpoint.hostname.empty()) return {};
  if (!long_name) return naming.app + "@" + endpoint.hostname;
  return fmt::format("{}@{}.{}.{}.{}", naming.app, endpoint.hostname, naming.service, naming.ns,
                     naming.suffix);
}

}  // namespace meshmq::discovery
