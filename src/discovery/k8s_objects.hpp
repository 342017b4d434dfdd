#pragma once
// Kubernetes' answers as values: Endpoints and EndpointSlices, lists of them and what a watch tells.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace meshmq::discovery {

/// One pod behind a service, ready or not.
struct K8sEndpoint {
  std::string ip;
  std::string hostname;  ///< empty: it has none

  friend bool operator==(const K8sEndpoint&, const K8sEndpoint&) = default;
};

/// One Endpoints, or one of the EndpointSlices of a service.
struct K8sObject {
  std::string name;
  std::string version;  ///< resourceVersion
  std::vector<K8sEndpoint> endpoints;
};

struct K8sList {
  std::string version;  ///< a watch begins here
  std::vector<K8sObject> objects;
};

struct K8sEvent {
  enum class Kind : std::uint8_t {
    changed,  ///< or added
    deleted,
    bookmark,  ///< nothing but a newer version
    error,     ///< `code` and `message`; the watch is over
  };
  Kind kind = Kind::error;
  K8sObject object{};
  int code = 0;
  std::string message{};
};

/// A list, or a single object. Pods that are shutting down are left out, those that are not ready are not:
/// they may become so only in a cluster.
Result<K8sList> parse_k8s_list(std::string_view body);
/// A line of a watch.
Result<K8sEvent> parse_k8s_event(std::string_view line);
/// What a Status object says; the beginning of the body if it is none.
std::string k8s_message(std::string_view body);

/// How names of nodes are made (cluster.k8s.*).
struct K8sNaming {
  std::string app;
  std::string address_type;  ///< ip, dns, hostname
  std::string service;
  std::string ns;
  std::string suffix;
};

/// `app@10.1.2.3`, `app@10-1-2-3.<ns>.<suffix>`, `app@<hostname>.<service>.<ns>.<suffix>`; without a suffix
/// what is before the first dot of the host is all. Empty if the pod has no such field.
std::string k8s_node_name(const K8sNaming& naming, const K8sEndpoint& endpoint);

}  // namespace meshmq::discovery
