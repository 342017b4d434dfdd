#include "cluster/link_error.hpp"

namespace meshmq::cluster {

std::string_view to_string(LinkError error) {
  switch (error) {
    case LinkError::unknown_host:
      return "unknown host";
    case LinkError::unreachable:
      return "unreachable";
    case LinkError::not_registered:
      return "no such node registered there";
    case LinkError::tls_failed:
      return "TLS failed";
    case LinkError::cookie_refused:
      return "cookie refused";
    case LinkError::duplicate_name:
      return "duplicate node name";
    case LinkError::not_allowed:
      return "not allowed";
    case LinkError::version_mismatch:
      return "no common protocol version";
    case LinkError::timed_out:
      return "timed out";
    case LinkError::closed:
      return "connection closed";
    case LinkError::malformed:
      return "malformed data";
  }
  return "unknown";
}

}  // namespace meshmq::cluster
