#include "broker/acl_rule.hpp"

#include <algorithm>

namespace meshmq::broker {

bool AclWho::means(const AclClient& client) const {
  const auto meant = [&](const AclWho& part) { return part.means(client); };
  switch (kind) {
    case Kind::everybody:
      return true;
    case Kind::client_id:
      return client.client_id == text;
    case Kind::username:
      return !client.username.empty() && client.username == text;
    case Kind::client_id_pattern:
      return pattern->matches(client.client_id);
    case Kind::username_pattern:
      return !client.username.empty() && pattern->matches(client.username);
    case Kind::address:
      return range.contains(client.address);
    case Kind::all_of:
      return std::all_of(parts.begin(), parts.end(), meant);
    case Kind::one_of:
      return std::any_of(parts.begin(), parts.end(), meant);
  }
  return false;
}

}  // namespace meshmq::broker
